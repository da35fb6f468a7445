#include "relay/store/db_sqlite.h"

#include <string.h>

#include "relay/store/reserve.h"

static const char *const control_texts[C_COUNT] = {
	[C_BEGIN] = "BEGIN IMMEDIATE", [C_COMMIT] = "COMMIT",     [C_ROLLBACK] = "ROLLBACK",
	[C_MARK] = "SAVEPOINT m",      [C_RELEASE] = "RELEASE m", [C_UNDO] = "ROLLBACK TO m",
};

static enum db_trouble
classify(int rc)
{
	/* A quota or a file size limit is a failed write to SQLite. */
	if ((rc & 0xff) == SQLITE_FULL || rc == SQLITE_IOERR_WRITE)
		return DB_NO_ROOM;
	switch (rc & 0xff) {
	case SQLITE_IOERR:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_CANTOPEN:
	case SQLITE_PROTOCOL:
	case SQLITE_READONLY:
	case SQLITE_NOMEM:
	case SQLITE_PERM:
		return DB_BROKEN;
	default:
		return DB_FINE;
	}
}

int
db_sqlite_fault(struct db *db, int rc, const char *what, struct err *err)
{
	enum db_trouble trouble = classify(rc);

	if ((rc & 0xff) == SQLITE_FULL)
		err_set(err, "store %s: no room left on its disk", db->file);
	else if (trouble == DB_NO_ROOM)
		err_set(err,
		        "store %s: its disk refuses to be written (no room, a quota or a fault)",
		        db->file);
	else if (trouble == DB_BROKEN)
		err_set(err, "store %s: %s", db->file, sqlite3_errmsg(db->sql));
	else
		err_set(err, "%s: %s", what, sqlite3_errmsg(db->sql));
	if (trouble != DB_FINE && db->trouble == DB_FINE) {
		db->trouble = trouble;
		db->trouble_text = *err;
	}
	return -1;
}

static int
control(struct db *db, enum control which, struct err *err)
{
	const char *text = control_texts[which];
	sqlite3_stmt **stmt = &db->control[which];

	if (which == C_BEGIN && db->mode == DB_READ)
		text = "BEGIN";
	if (!*stmt) {
		int rc = sqlite3_prepare_v3(db->sql, text, -1, SQLITE_PREPARE_PERSISTENT, stmt,
		                            NULL);
		if (rc != SQLITE_OK)
			return db_sqlite_fault(db, rc, text, err);
	}

	int rc = sqlite3_step(*stmt);
	int status = rc == SQLITE_DONE ? 0 : db_sqlite_fault(db, rc, text, err);
	sqlite3_reset(*stmt);
	return status;
}

int
db_begin(struct db *db, struct err *err)
{
	db->trouble = DB_FINE;
	memset(&db->counts, 0, sizeof(db->counts));
	if (control(db, C_BEGIN, err) != 0) {
		if (db->mode == DB_WRITE)
			metric_add(METRIC_STORE_COMMIT_FAILURES, 1);
		return -1;
	}
	db->in_transaction = true;
	return 0;
}

void
db_rollback(struct db *db)
{
	struct err ignored;

	db->in_transaction = false;
	unplanned_rollback(&db->unplanned);
	arrivals_rollback(&db->arrivals);
	if (!sqlite3_get_autocommit(db->sql) && control(db, C_ROLLBACK, &ignored) != 0)
		return; /* only when SQLite has rolled back by itself meanwhile */
}

static int
commit(struct db *db, struct err *err)
{
	if (db->trouble != DB_FINE) {
		*err = db->trouble_text;
		return -1;
	}
	if (sqlite3_get_autocommit(db->sql))
		return err_set(err, "store %s: the transaction was lost", db->file);
	if (arrivals_write(db, &db->arrivals, err) != 0)
		return -1;
	return control(db, C_COMMIT, err);
}

int
db_commit(struct db *db, struct err *err)
{
	if (commit(db, err) != 0) {
		db_rollback(db);
		if (db->mode == DB_WRITE)
			metric_add(METRIC_STORE_COMMIT_FAILURES, 1);
		return -1;
	}
	db->in_transaction = false;
	if (db->mode == DB_READ)
		return 0;
	unplanned_commit(&db->unplanned);
	arrivals_commit(&db->arrivals);
	metric_add(METRIC_STORE_COMMITS, 1);
	for (int m = 0; m < METRIC_COUNT; m++)
		if (db->counts.n[m] != 0)
			metric_add(m, db->counts.n[m]);
	return 0;
}

int
db_mark(struct db *db, struct err *err)
{
	if (sqlite3_get_autocommit(db->sql))
		return err_set(err, "store %s: the transaction was lost", db->file);
	db->marked = db->counts;
	unplanned_set_mark(&db->unplanned);
	arrivals_set_mark(&db->arrivals);
	return control(db, C_MARK, err);
}

int
db_mark_release(struct db *db, struct err *err)
{
	return control(db, C_RELEASE, err);
}

void
db_mark_rollback(struct db *db)
{
	struct err ignored;

	db->counts = db->marked;
	unplanned_undo_mark(&db->unplanned);
	arrivals_undo_mark(&db->arrivals);
	/* Where the transaction is gone there is nothing to undo; otherwise a
	 * failure is trouble, which the commit will not overlook. */
	if (sqlite3_get_autocommit(db->sql))
		return;
	if (control(db, C_UNDO, &ignored) != 0 || control(db, C_RELEASE, &ignored) != 0)
		return;
}

void
db_interrupt(struct db *db)
{
	atomic_store(&db->interrupted, true);
}

struct unplanned *
db_unplanned(struct db *db)
{
	return &db->unplanned;
}

struct indexed *
db_indexed(struct db *db)
{
	return &db->indexed;
}

struct arrivals *
db_arrivals(struct db *db)
{
	return &db->arrivals;
}

enum db_trouble
db_trouble(const struct db *db)
{
	return db->trouble;
}

void
db_count(struct db *db, enum metric m, int64_t n)
{
	db->counts.n[m] += n;
}

bool
db_room_keep(struct db *db)
{
	return reserve_keep(db->reserve);
}

/* Moving the log's pages home lets the log start again from its beginning:
 * that is room as well, and mostly of pages that have a place already. */
bool
db_room_give(struct db *db)
{
	bool given = reserve_give(db->reserve);

	db_tidy(db);
	return given;
}

int64_t
db_untidy(const struct db *db)
{
	return db->log_pages > db->log_moved ? db->log_pages - db->log_moved : 0;
}

void
db_tidy(struct db *db)
{
	int pages = 0, moved = 0;

	if (db->log_pages == 0)
		return;
	/* What cannot be moved now (a reader's snapshot, a full disk) is left for
	 * when as much again has been written: no attempt after each commit. */
	db->log_moved = db->log_pages;
	if (sqlite3_wal_checkpoint_v2(db->sql, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved) ==
	            SQLITE_OK &&
	    pages == moved)
		db->log_pages = db->log_moved = 0;
}
