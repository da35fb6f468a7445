#include "relay/store/db_sqlite.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "relay/base/mem.h"

static _Noreturn void
die(enum statement id, const char *why)
{
	char *line = mem_fmt("statement %s %s", statement_names[id], why);

	mem_die(line);
}

static void
find_parameters(struct db_row *row)
{
	row->parameters = sqlite3_bind_parameter_count(row->stmt);
	if (row->parameters > DB_PARAMETERS_MAX)
		die(row->id, "has too many parameters");
	for (int i = 0; i < row->parameters; i++) {
		char name[16];

		snprintf(name, sizeof(name), "$%d", i + 1);
		row->slot[i] = sqlite3_bind_parameter_index(row->stmt, name);
		if (row->slot[i] == 0)
			die(row->id, "leaves out a parameter");
	}
}

static int
prepare(struct db *db, struct db_row *row)
{
	int rc = sqlite3_prepare_v3(db->sql, statement_texts[row->id], -1,
	                            SQLITE_PREPARE_PERSISTENT, &row->stmt, NULL);

	if (rc != SQLITE_OK)
		return db_sqlite_fault(db, rc, statement_names[row->id], &db->refusal);
	find_parameters(row);
	return 0;
}

/* Borrowed bytes, bound as they are; a NULL pointer is NULL. */
static int
bind_text(struct db_row *row, int at, const char *text, size_t len)
{
	if (!text)
		return sqlite3_bind_null(row->stmt, at);
	return sqlite3_bind_text64(row->stmt, at, text, len, SQLITE_STATIC, SQLITE_UTF8);
}

static void
bind_all(struct db_row *row, const char *types, va_list args)
{
	for (int i = 0; types[i]; i++) {
		int at = row->slot[i], rc;
		const char *text;
		int64_t number;

		switch (types[i]) {
		case 't':
			text = va_arg(args, const char *);
			rc = bind_text(row, at, text, text ? strlen(text) : 0);
			break;
		case 'b':
			text = va_arg(args, const void *);
			rc = bind_text(row, at, text, va_arg(args, size_t));
			break;
		case 'i':
			rc = sqlite3_bind_int64(row->stmt, at, va_arg(args, int64_t));
			break;
		case 'z':
			number = va_arg(args, int64_t);
			rc = number ? sqlite3_bind_int64(row->stmt, at, number)
			            : sqlite3_bind_null(row->stmt, at);
			break;
		default:
			die(row->id, "is bound with an unknown type");
		}
		if (rc != SQLITE_OK)
			die(row->id, "cannot be bound");
	}
}

static struct db_row *
bind_statement(struct db *db, enum statement id, const char *types, va_list args)
{
	struct db_row *row = &db->rows[id];

	row->db = db;
	row->id = id;
	if (row->bound)
		die(id, "is in use already");
	row->bound = true;
	row->ended = false;
	row->refused = !row->stmt && prepare(db, row) != 0;
	if (row->refused)
		return row;
	if (strlen(types) != (size_t)row->parameters)
		die(id, "is bound with the wrong number of parameters");
	bind_all(row, types, args);
	return row;
}

struct db_row *
db_bind(struct db *db, enum statement id, const char *types, ...)
{
	va_list args;

	va_start(args, types);
	struct db_row *row = bind_statement(db, id, types, args);
	va_end(args);
	return row;
}

int
db_step(struct db_row *row, struct err *err)
{
	struct db *db = row->db;

	if (row->refused) {
		*err = db->refusal;
		return -1;
	}
	if (row->ended)
		return 0;
	if (db->in_transaction && sqlite3_get_autocommit(db->sql)) {
		*err = db->trouble_text;
		return -1;
	}

	int rc = atomic_load(&db->interrupted) ? SQLITE_INTERRUPT : sqlite3_step(row->stmt);
	if (rc == SQLITE_ROW)
		return 1;
	row->ended = true;
	if (rc == SQLITE_DONE)
		return 0;
	if (rc == SQLITE_INTERRUPT)
		return err_set(err, "store %s is being closed", db->file);
	return db_sqlite_fault(db, rc, statement_names[row->id], err);
}

void
db_end(struct db_row *row)
{
	if (!row)
		return;
	if (row->stmt) {
		sqlite3_reset(row->stmt);
		sqlite3_clear_bindings(row->stmt);
	}
	row->bound = false;
}

const char *
db_text(struct db_row *row, int column)
{
	return (const char *)sqlite3_column_text(row->stmt, column);
}

const char *
db_bytes(struct db_row *row, int column, size_t *len)
{
	const char *bytes = (const char *)sqlite3_column_text(row->stmt, column);

	*len = (size_t)sqlite3_column_bytes(row->stmt, column);
	return bytes;
}

int64_t
db_int(struct db_row *row, int column)
{
	return sqlite3_column_int64(row->stmt, column);
}

int64_t
db_run(struct db *db, struct err *err, enum statement id, const char *types, ...)
{
	int64_t before = sqlite3_total_changes64(db->sql);
	va_list args;

	va_start(args, types);
	struct db_row *row = bind_statement(db, id, types, args);
	va_end(args);

	int got;
	while ((got = db_step(row, err)) == 1)
		;
	db_end(row);
	return got < 0 ? -1 : sqlite3_total_changes64(db->sql) - before;
}

int64_t
db_number(struct db *db, struct err *err, int64_t fallback, enum statement id, const char *types,
          ...)
{
	va_list args;

	va_start(args, types);
	struct db_row *row = bind_statement(db, id, types, args);
	va_end(args);

	int got = db_step(row, err);
	int64_t number = got == 1 ? db_int(row, 0) : got == 0 ? fallback : -1;
	db_end(row);
	return number;
}
