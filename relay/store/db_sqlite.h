/*
 * db_sqlite.h - what the files of the SQLite driver share.
 *
 * db_sqlite.c        transactions, what went wrong, room and tidying
 * db_sqlite_open.c   opening: the file, its owner, pragmas, migrations
 * db_sqlite_log.c    its log in one write a commit
 * db_sqlite_copy.c   a copy of a store that may be in use
 * db_sqlite_row.c    statements: bind, step, columns
 *
 * SQLite may end a transaction by itself (a full disk, an I/O error); what
 * ran after that would be committed alone, statement by statement.  So each
 * step asks whether the transaction it belongs to is still there.
 */
#ifndef RELAY_STORE_DB_SQLITE_H
#define RELAY_STORE_DB_SQLITE_H

#include <sqlite3.h>
#include <stdatomic.h>

#include "relay/store/arrivals.h"
#include "relay/store/db.h"
#include "relay/store/indexed.h"
#include "relay/store/unplanned.h"

#define DB_PARAMETERS_MAX 32

struct db_row {
	struct db *db;
	enum statement id;
	sqlite3_stmt *stmt; /* prepared at first use, kept */
	int parameters;
	int slot[DB_PARAMETERS_MAX]; /* "$1" is a named parameter to SQLite: [0] is where $1 is */
	bool bound, ended;
	bool refused; /* could not be prepared; why is in db->refusal */
};

/* The fixed texts around our statements. */
enum control { C_BEGIN, C_COMMIT, C_ROLLBACK, C_MARK, C_RELEASE, C_UNDO, C_COUNT };

struct counts {
	int64_t n[METRIC_COUNT];
};

struct db {
	sqlite3 *sql;
	enum db_mode mode;
	char *file, *reserve;
	int owner; /* descriptor of the lock, -1 for DB_READ */

	atomic_bool interrupted;

	bool in_transaction;
	enum db_trouble trouble;
	struct err trouble_text, refusal;
	struct unplanned unplanned;
	struct indexed indexed;
	struct arrivals arrivals;
	struct counts counts, marked; /* of this transaction, and as they were at db_mark() */

	int log_pages, log_moved; /* pages in the log; how many of them are in their places */
	sqlite3_stmt *control[C_COUNT];
	struct db_row rows[ST_COUNT];
};

/* The path in "sqlite:PATH", or NULL: another kind of store, or none is named. */
const char *db_sqlite_path(const char *url, struct err *);

/* The name of the VFS that collects what is written to the log; NULL when
 * SQLite does not take it. */
const char *db_sqlite_log_vfs(void);

/* Fills err from the connection and remembers trouble.  Returns -1. */
int db_sqlite_fault(struct db *, int rc, const char *what, struct err *);

#endif
