/*
 * db.h - the driver border: one connection, prepared statements by id.
 *
 * One SQL text serves every driver (statements.h).  What differs between
 * databases (DDL details, locking clauses, error codes) stays below this
 * border.  A db belongs to one thread at a time.
 */
#ifndef RELAY_STORE_DB_H
#define RELAY_STORE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/base/err.h"
#include "relay/base/metrics.h"
#include "relay/store/statements.h"

struct db;
struct db_row; /* a bound statement and, after db_step(), its current row */

enum db_mode { DB_WRITE, DB_READ };

/* Opens "sqlite:PATH" and, for DB_WRITE, takes the store for this process
 * alone, migrates it and refuses one that a newer version wrote. */
int db_open(struct db **, const char *url, enum db_mode, struct err *) MUST_CHECK;
void db_close(struct db *);

/*
 * A copy as of one moment, also of a store that its owner uses meanwhile.
 * Neither takes the store nor writes into it or beside it.  `to` is in a folder of
 * the caller's, and there is nothing yet.  1: copied; 0: there is no store to copy; -1.
 */
int db_copy(const char *from_url, const char *to_url, struct err *) MUST_CHECK;

/* From any thread, on a DB_READ one: what it reads now fails soon, and
 * whatever it reads later at once. */
void db_interrupt(struct db *);

int db_begin(struct db *, struct err *) MUST_CHECK;
int db_commit(struct db *, struct err *) MUST_CHECK; /* on -1 it is rolled back */
void db_rollback(struct db *);
/* Savepoints: one level, inside a transaction. */
int db_mark(struct db *, struct err *) MUST_CHECK;
int db_mark_release(struct db *, struct err *) MUST_CHECK;
void db_mark_rollback(struct db *);

/*
 * Whether, since db_begin(), the database itself failed: then nothing that
 * ran is to blame, all of the transaction is lost and it cannot be committed.
 * A statement that is refused (a constraint) is no trouble.
 */
enum db_trouble { DB_FINE, DB_NO_ROOM, DB_BROKEN };
enum db_trouble db_trouble(const struct db *);

/* The keys of accepted events that are not in their index yet (unplanned.h), and which
 * may be in it (indexed.h); DB_WRITE only. */
struct unplanned;
struct unplanned *db_unplanned(struct db *);
struct indexed;
struct indexed *db_indexed(struct db *);
/* Accepted events without rows of their own (arrivals.h); DB_WRITE only. */
struct arrivals;
struct arrivals *db_arrivals(struct db *);

/* Adds to a metric once this transaction has committed: what is rolled back,
 * alone or with the rest, is not counted. */
void db_count(struct db *, enum metric, int64_t);

/*
 * Room put aside for what must not wait for a full disk to be emptied.  keep
 * puts it aside (false: there is no room for it); give hands it to the
 * database (false: there was nothing to give).  Outside a transaction.
 */
bool db_room_keep(struct db *);
bool db_room_give(struct db *);

/* Work that commits leave behind (SQLite: pages of the log, to be moved to
 * their places): how much there is, and doing it, outside a transaction. */
int64_t db_untidy(const struct db *);
void db_tidy(struct db *);

/*
 * Bind a statement's $1, $2, ... by `types`, one letter each:
 *	t  const char *   text, NULL becomes NULL
 *	b  const void *, size_t   bytes as they are
 *	i  int64_t
 *	z  int64_t        0 becomes NULL (times)
 * Text and bytes are borrowed until db_end().  A statement is bound once at a
 * time: nesting two uses of one id is a bug and dies.
 */
struct db_row *db_bind(struct db *, enum statement, const char *types, ...);
/* 1: there is a row; 0: no more; -1: failed. */
int db_step(struct db_row *, struct err *) MUST_CHECK;
void db_end(struct db_row *); /* NULL is fine */

/* Columns from 0; text borrowed until the next step or end; NULL and 0 for NULL. */
const char *db_text(struct db_row *, int column);
const char *db_bytes(struct db_row *, int column, size_t *len);
int64_t db_int(struct db_row *, int column);

/* Bind, step to the end, end.  Returns the number of rows changed, or -1. */
int64_t db_run(struct db *, struct err *, enum statement, const char *types, ...) MUST_CHECK;
/* The first column of the first row as a number; `fallback` when there is no row; -1. */
int64_t db_number(struct db *, struct err *, int64_t fallback, enum statement, const char *types,
                  ...);

#endif
