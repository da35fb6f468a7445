#include "relay/store/arrivals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/store/unplanned.h"

/* Copying a larger body costs more than its trees; and a row stays a row. */
#define BODY_MOST ((size_t)64 * 1024)
#define ROW_MOST ((size_t)1024 * 1024)

/* An event is seven of these: a length, ":", as many bytes, ","; NULL is "-,". */
static void
put_field(struct buf *text, const char *bytes, size_t len)
{
	if (bytes) {
		buf_number(text, len);
		buf_putc(text, ':');
		buf_add(text, bytes, len);
	} else {
		buf_putc(text, '-');
	}
	buf_putc(text, ',');
}

static void
put_text(struct buf *text, const char *value)
{
	put_field(text, value, value ? strlen(value) : 0);
}

struct field {
	const char *bytes; /* NULL: it was */
	size_t len;
};

struct cursor {
	const char *at, *end;
};

static bool
take_char(struct cursor *c, char wanted)
{
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static bool
take_length(struct cursor *c, size_t *len)
{
	const char *from = c->at;

	for (*len = 0; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
		*len = *len * 10 + (size_t)(*c->at - '0');
	return c->at > from && c->at - from <= 9;
}

static bool
take_field(struct cursor *c, struct field *f)
{
	*f = (struct field){0};
	if (take_char(c, '-'))
		return take_char(c, ',');
	if (!take_length(c, &f->len) || !take_char(c, ':') || (size_t)(c->end - c->at) < f->len)
		return false;
	f->bytes = c->at;
	c->at += f->len;
	return take_char(c, ',');
}

enum { ID, KEY, SOURCE, SOURCE_KIND, RECEIVED_AT, SEALED, BODY, FIELDS };

static bool
take_event(struct cursor *c, struct field fields[FIELDS])
{
	for (int i = 0; i < FIELDS; i++)
		if (!take_field(c, &fields[i]) || (!fields[i].bytes && i != SEALED))
			return false;
	return true;
}

void
arrivals_fini(struct arrivals *a)
{
	buf_fini(&a->text);
	*a = (struct arrivals){0};
}

bool
arrivals_take(struct arrivals *a, const struct new_event *e)
{
	char received_at[24];

	if (!a->crowd || e->state != EVENT_ACCEPTED || e->body_len > BODY_MOST ||
	    a->text.len > ROW_MOST)
		return false;
	put_text(&a->text, e->id);
	put_text(&a->text, e->key);
	put_text(&a->text, e->source);
	put_text(&a->text, e->source_kind);
	snprintf(received_at, sizeof(received_at), "%" PRId64, e->received_at);
	put_text(&a->text, received_at);
	put_text(&a->text, e->sealed);
	put_field(&a->text, e->body, e->body_len);
	return true;
}

int
arrivals_write(struct db *db, struct arrivals *a, struct err *err)
{
	if (a->text.len == 0)
		return 0;
	if (db_run(db, err, ST_ARRIVALS_ADD, "ib", a->first_row + a->rows, a->text.data,
	           a->text.len) < 0)
		return -1;
	a->rows++;
	buf_reset(&a->text);
	return 0;
}

typedef int each_event(struct db *, const struct field fields[FIELDS], struct err *);

static int
for_each(struct db *db, const char *text, size_t len, each_event *each, struct err *err)
{
	struct cursor c = {text, text + len};
	struct field fields[FIELDS];

	while (c.at < c.end) {
		if (!take_event(&c, fields))
			return err_set(err, "a row of arrivals cannot be read");
		if (each(db, fields, err) != 0)
			return -1;
	}
	return 0;
}

static int
give_row(struct db *db, const struct field f[FIELDS], struct err *err)
{
	int64_t received_at = strtoll(f[RECEIVED_AT].bytes, NULL, 10);

	return db_run(db, err, ST_EVENT_ADD, "bbbbitbb", f[ID].bytes, f[ID].len, f[KEY].bytes,
	              f[KEY].len, f[SOURCE].bytes, f[SOURCE].len, f[SOURCE_KIND].bytes,
	              f[SOURCE_KIND].len, received_at, event_state_names[EVENT_ACCEPTED],
	              f[SEALED].bytes, f[SEALED].len, f[BODY].bytes, f[BODY].len) < 0
	               ? -1
	               : 0;
}

int
arrivals_settle(struct db *db, struct arrivals *a, struct err *err)
{
	struct db_row *row;
	const char *text;
	size_t len;
	int rc;

	if (a->rows == 0)
		return 0;
	row = db_bind(db, ST_ARRIVALS_FIRST, "i", a->first_row);
	rc = db_step(row, err);
	if (rc == 0)
		rc = err_set(err, "row %" PRId64 " of arrivals is gone", a->first_row);
	if (rc == 1) {
		text = db_bytes(row, 0, &len);
		rc = for_each(db, text, len, give_row, err);
	}
	db_end(row);
	if (rc != 0 || db_run(db, err, ST_ARRIVALS_DROP, "i", a->first_row) < 0)
		return -1;
	a->first_row++;
	a->rows--;
	return 1;
}

static void
copy(char *to, size_t room, const struct field *f)
{
	size_t len = f->len < room ? f->len : room - 1;

	memcpy(to, f->bytes, len);
	to[len] = '\0';
}

static int
tell_key(struct db *db, const struct field f[FIELDS], struct err *err)
{
	char key[UNPLANNED_KEY_SIZE], id[ID_SIZE];

	(void)err;
	copy(key, sizeof(key), &f[KEY]);
	copy(id, sizeof(id), &f[ID]);
	unplanned_add(db_unplanned(db), key, id);
	return 0;
}

int
arrivals_load(struct db *db, struct arrivals *a, struct err *err)
{
	struct db_row *row = db_bind(db, ST_ARRIVALS_ALL, "");
	int got, rc = 0;

	while (rc == 0 && (got = db_step(row, err)) == 1) {
		size_t len;
		const char *text = db_bytes(row, 1, &len);

		if (a->rows++ == 0)
			a->first_row = db_int(row, 0);
		rc = for_each(db, text, len, tell_key, err);
	}
	db_end(row);
	arrivals_commit(a);
	return rc == 0 ? got : rc;
}

void
arrivals_commit(struct arrivals *a)
{
	if (a->rows == 0)
		a->first_row = 0;
	a->rows_before = a->rows;
	a->first_before = a->first_row;
	a->mark = 0;
}

void
arrivals_rollback(struct arrivals *a)
{
	a->rows = a->rows_before;
	a->first_row = a->first_before;
	a->mark = 0;
	buf_reset(&a->text);
}

void
arrivals_set_mark(struct arrivals *a)
{
	a->mark = a->text.len;
}

void
arrivals_undo_mark(struct arrivals *a)
{
	if (a->text.len <= a->mark)
		return;
	a->text.len = a->mark;
	a->text.data[a->mark] = '\0';
}
