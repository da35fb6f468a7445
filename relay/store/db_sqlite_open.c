#include "relay/store/db_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"
#include "relay/store/owner.h"
#include "relay/store/schema.h"

#define SCHEME "sqlite:"

/*
 * synchronous=FULL: with NORMAL a power cut takes back what was acknowledged.
 * The log is moved by db_tidy(), not inside a commit, so that nobody waits
 * for it with an answer in hand; it is cut back when a burst has left it long.
 */
static const char settings[] =
	"PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF;"
	"PRAGMA mmap_size = 0; PRAGMA cache_size = -32768; PRAGMA trusted_schema = OFF;"
	"PRAGMA secure_delete = FAST; PRAGMA journal_size_limit = 67108864;"
	"PRAGMA wal_autocheckpoint = 0;";

#define BUSY_MS 5000
#define LOOK_UP_OPS 10000 /* some tenths of a millisecond */

const char *
db_sqlite_path(const char *url, struct err *err)
{
	if (strncmp(url, SCHEME, strlen(SCHEME)) == 0 && url[strlen(SCHEME)])
		return url + strlen(SCHEME);
	err_set(err, "a store is \"sqlite:PATH\"; \"%.*s\" is not known", (int)strcspn(url, ":/?@"),
	        url);
	return NULL;
}

/* The file by its one name, whether it is there or not: two names (a link)
 * must not make two owners. */
static char *
real_path(const char *path, struct err *err)
{
	char *real = realpath(path, NULL);

	if (real || errno != ENOENT) {
		if (!real)
			err_errno(err, "store %s", path);
		return real;
	}

	char *one = mem_str(path), *two = mem_str(path);
	char *folder = realpath(dirname(one), NULL);
	if (folder)
		real = mem_fmt("%s/%s", strcmp(folder, "/") == 0 ? "" : folder, basename(two));
	else
		err_errno(err, "store %s: its folder", path);
	free(folder);
	free(two);
	free(one);
	return real;
}

static int
check_kind(const char *file, struct err *err)
{
	struct stat st;

	if (stat(file, &st) != 0)
		return errno == ENOENT ? 0 : err_errno(err, "store %s", file);
	if (S_ISDIR(st.st_mode))
		return err_set(err, "store %s is a directory", file);
	if (!S_ISREG(st.st_mode))
		return err_set(err, "store %s is not a regular file", file);
	return 0;
}

/* SQLite would make it readable by all, and would open one that we may not
 * write for reading only.  Closing drops our locks on the file: there are
 * none before the first connection is opened. */
static int
make_file(const char *file, struct err *err)
{
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(err, "store %s", file);
	close(fd);
	return 0;
}

static int
take_file(struct db *db, struct err *err)
{
	db->owner = owner_take(db->file, err);
	if (db->owner < 0)
		return err_prefix(err, "store %s", db->file);
	return make_file(db->file, err);
}

static int
run_script(struct db *db, const char *script, struct err *err)
{
	int rc = sqlite3_exec(db->sql, script, NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		return 0;
	err_set(err, "store %s: %s", db->file, sqlite3_errmsg(db->sql));
	return -1;
}

static int
count_log(void *arg, sqlite3 *sql, const char *name, int pages)
{
	struct db *db = arg;

	(void)sql;
	(void)name;
	if (pages < db->log_moved) /* the log has started again */
		db->log_moved = 0;
	db->log_pages = pages;
	return SQLITE_OK;
}

/* sqlite3_interrupt() is forgotten when it comes between two statements. */
static int
is_interrupted(void *arg)
{
	struct db *db = arg;

	return atomic_load(&db->interrupted);
}

/* The first row's number of a fixed query, or -1. */
static int
ask(struct db *db, const char *query, int *number, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db->sql, query, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*number = sqlite3_column_int(stmt, 0);
	else
		err_set(err, "store %s: %s", db->file, sqlite3_errmsg(db->sql));
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? 0 : -1;
}

static int
open_sqlite(struct db *db, struct err *err)
{
	int is_wal = 0;

	if (sqlite3_open_v2(db->file, &db->sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
	                    db->mode == DB_WRITE ? db_sqlite_log_vfs() : NULL) != SQLITE_OK)
		return err_set(err, "store %s: %s", db->file,
		               db->sql ? sqlite3_errmsg(db->sql) : "out of memory");
	sqlite3_extended_result_codes(db->sql, 1);
	sqlite3_busy_timeout(db->sql, BUSY_MS);
	if (db->mode == DB_WRITE && run_script(db, "PRAGMA journal_mode = WAL", err) != 0)
		return -1;
	if (run_script(db, settings, err) != 0 ||
	    ask(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode", &is_wal, err) != 0)
		return -1;
	if (!is_wal)
		return err_set(err, "store %s: its file system cannot hold a write-ahead log",
		               db->file);
	if (db->mode == DB_READ) {
		sqlite3_progress_handler(db->sql, LOOK_UP_OPS, is_interrupted, db);
		return run_script(db, "PRAGMA query_only = ON", err);
	}
	sqlite3_wal_hook(db->sql, count_log, db);
	return 0;
}

static char *
for_sqlite(const char *script)
{
	static const char placeholder[] = "@ROWLESS@";
	struct buf out = {0};
	const char *at;

	while ((at = strstr(script, placeholder)) != NULL) {
		buf_add(&out, script, (size_t)(at - script));
		buf_puts(&out, "WITHOUT ROWID");
		script = at + strlen(placeholder);
	}
	buf_puts(&out, script);
	return buf_take(&out);
}

static int
run_migration(struct db *db, const char *migration, struct err *err)
{
	char *script = for_sqlite(migration);
	int rc = run_script(db, script, err);

	free(script);
	return rc;
}

/* 0 for an empty file; refuses what is not ours or is newer than we are. */
static int
read_version(struct db *db, int *version, struct err *err)
{
	int tables = 0, ours = 0;

	*version = 0;
	if (ask(db, "SELECT COUNT(*) FROM sqlite_master", &tables, err) != 0 ||
	    ask(db, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'meta'", &ours, err) != 0)
		return -1;
	if (tables == 0)
		return 0;
	if (!ours)
		return err_set(err, "store %s is a database of something else", db->file);
	*version = (int)db_number(db, err, 0, ST_META_GET, "t", "schema");
	if (*version < 0)
		return -1;
	if (*version == 0)
		return err_set(err, "store %s does not say its version", db->file);
	if (*version > schema_version)
		return err_set(
			err,
			"store %s was written by a newer driftbell (schema %d; this one knows %d)",
			db->file, *version, schema_version);
	return 0;
}

static int
upgrade(struct db *db, int version, struct err *err)
{
	char text[16];

	if (version == 0 && run_migration(db, schema_meta, err) != 0)
		return -1;
	for (int i = version; i < schema_version; i++)
		if (run_migration(db, schema_migrations[i], err) != 0)
			return err_prefix(err, "migration %d", i + 1);
	snprintf(text, sizeof(text), "%d", schema_version);
	return db_run(db, err, ST_META_PUT, "tt", "schema", text) < 0 ? -1 : 0;
}

static int
migrate(struct db *db, struct err *err)
{
	int version;

	if (db_begin(db, err) != 0)
		return -1;
	if (read_version(db, &version, err) != 0 ||
	    (version < schema_version && upgrade(db, version, err) != 0)) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, err);
}

/* What of the events is kept in memory. */
static int
load_keys(struct db *db, struct err *err)
{
	struct db_row *row = db_bind(db, ST_EVENTS_UNPLANNED, "");
	int got;

	while ((got = db_step(row, err)) == 1)
		unplanned_add(&db->unplanned, db_text(row, 0), db_text(row, 1));
	db_end(row);
	if (got == 0)
		got = arrivals_load(db, &db->arrivals, err);
	unplanned_commit(&db->unplanned);
	return got == 0 ? indexed_load(db, &db->indexed, err) : got;
}

static int
check_version(struct db *db, struct err *err)
{
	int version;

	if (read_version(db, &version, err) != 0)
		return -1;
	if (version < schema_version)
		return err_set(err, "store %s is of an older version: start driftbell on it first",
		               db->file);
	return 0;
}

/* Without its own accounting SQLite allocates without a global lock. */
static void
configure(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int
db_open(struct db **out, const char *url, enum db_mode mode, struct err *err)
{
	const char *path = db_sqlite_path(url, err);
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct db *db;

	if (!path)
		return -1;
	pthread_once(&once, configure);
	db = mem_alloc(sizeof(*db));
	db->mode = mode;
	db->owner = -1;
	db->file = real_path(path, err);
	if (!db->file || check_kind(db->file, err) != 0)
		goto fail;
	db->reserve = mem_fmt("%s.reserve", db->file);
	if (mode == DB_WRITE && take_file(db, err) != 0)
		goto fail;
	if (open_sqlite(db, err) != 0)
		goto fail;
	if ((mode == DB_WRITE ? migrate(db, err) : check_version(db, err)) != 0)
		goto fail;
	if (mode == DB_WRITE && load_keys(db, err) != 0)
		goto fail;
	*out = db;
	return 0;
fail:
	db_close(db);
	return -1;
}

void
db_close(struct db *db)
{
	if (!db)
		return;
	for (int i = 0; i < ST_COUNT; i++)
		sqlite3_finalize(db->rows[i].stmt);
	for (int i = 0; i < C_COUNT; i++)
		sqlite3_finalize(db->control[i]);
	sqlite3_close(db->sql);
	owner_release(db->owner);
	unplanned_fini(&db->unplanned);
	indexed_fini(&db->indexed);
	arrivals_fini(&db->arrivals);
	free(db->reserve);
	free(db->file);
	free(db);
}
