#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"
#include "relay/store/db_sqlite.h"

#define BUSY_MS 5000
#define TRIES 3

/*
 * A store nobody uses has no log beside it, and an ordinary reader would make
 * one, owned by whoever reads: the relay may then not be able to open its own
 * store.  Taken as immutable nothing is made and nothing is locked.  That holds
 * only while nobody writes: a log that is there afterwards means to copy again.
 */
static bool
has_log(const char *file)
{
	char *log = mem_fmt("%s-wal", file);
	bool has = access(log, F_OK) == 0;

	free(log);
	return has;
}

static char *
uri_of(const char *file, bool still)
{
	struct buf uri = {0};

	buf_puts(&uri, "file:");
	for (const char *c = file; *c; c++)
		if (strchr("%?#", *c))
			buf_printf(&uri, "%%%02x", (unsigned char)*c);
		else
			buf_putc(&uri, *c);
	buf_puts(&uri, still ? "?immutable=1" : "?mode=ro");
	return buf_take(&uri);
}

static int
open_source(sqlite3 **out, const char *file, bool still, struct err *err)
{
	char *uri = uri_of(file, still);
	int rc = sqlite3_open_v2(uri, out, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);

	free(uri);
	if (rc != SQLITE_OK)
		return err_set(err, "%s", *out ? sqlite3_errmsg(*out) : "out of memory");
	sqlite3_busy_timeout(*out, BUSY_MS);
	sqlite3_db_config(*out, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return 0;
}

/* As private as a store is; what was left by a try before is emptied. */
static int
open_target(sqlite3 **out, const char *file, struct err *err)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_errno(err, "%s", file);
	close(fd);
	if (sqlite3_open_v2(file, out, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		return err_set(err, "%s", *out ? sqlite3_errmsg(*out) : "out of memory");
	return sqlite3_exec(*out, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF", NULL, NULL,
	                    NULL) == SQLITE_OK
	               ? 0
	               : err_set(err, "%s", sqlite3_errmsg(*out));
}

/* All in one step: it is of one moment. */
static int
copy_once(const char *from, const char *to, bool still, struct err *err)
{
	sqlite3 *source = NULL, *target = NULL;
	sqlite3_backup *backup = NULL;
	int rc = -1;

	if (open_source(&source, from, still, err) != 0 || open_target(&target, to, err) != 0)
		goto out;
	backup = sqlite3_backup_init(target, "main", source, "main");
	if (backup)
		sqlite3_backup_step(backup, -1);
	if (backup && sqlite3_backup_finish(backup) == SQLITE_OK)
		rc = 0;
	else
		err_set(err, "%s", sqlite3_errmsg(target));
out:
	sqlite3_close(target);
	sqlite3_close(source);
	return rc;
}

int
db_copy(const char *from_url, const char *to_url, struct err *err)
{
	const char *from = db_sqlite_path(from_url, err);
	const char *to = from ? db_sqlite_path(to_url, err) : NULL;

	if (!to)
		return -1;
	if (access(from, F_OK) != 0 && errno == ENOENT)
		return 0;
	for (int i = 0; i < TRIES; i++) {
		bool still = !has_log(from);

		if (copy_once(from, to, still, err) != 0)
			return err_prefix(err, "store %s cannot be copied", from);
		if (!still || !has_log(from))
			return 1;
	}
	return err_set(err, "store %s cannot be copied: it changes all the time", from);
}
