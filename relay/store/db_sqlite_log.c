/*
 * SQLite's log in one write a commit.
 *
 * SQLite writes each page of its log in two pieces, a head of 24 bytes and the
 * page, with a system call for each.  This file system layer ("VFS",
 * sqlite.org/vfs.html) lies over the default one and changes nothing but the
 * log of the one who writes: pieces that follow each other are collected, and
 * written before anything else is done with the file.  With synchronous=FULL
 * SQLite syncs the log before it tells readers of a commit, so nobody looks
 * for a page that is still here.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/store/db_sqlite.h"

/* Below 128 KB: more at once the default VFS does not write. */
#define COLLECT_MAX ((size_t)96 * 1024)

struct log_file {
	sqlite3_file base; /* first */
	sqlite3_int64 at;  /* where in the file what was collected begins */
	size_t len;
	char *data;
	sqlite3_file *real; /* in the same memory, behind this struct */
};

static sqlite3_vfs vfs;

static sqlite3_vfs *
below(void)
{
	return vfs.pAppData;
}

/* What cannot be written is forgotten: SQLite gives up the transaction it is of. */
static int
flush(struct log_file *log)
{
	int rc = SQLITE_OK;

	if (log->len)
		rc = log->real->pMethods->xWrite(log->real, log->data, (int)log->len, log->at);
	log->len = 0;
	return rc;
}

static int
log_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
	struct log_file *log = (struct log_file *)file;
	size_t len = (size_t)size;
	int rc = SQLITE_OK;

	if (log->len + len > COLLECT_MAX || at != log->at + (sqlite3_int64)log->len)
		rc = flush(log);
	if (rc != SQLITE_OK)
		return rc;
	if (len > COLLECT_MAX)
		return log->real->pMethods->xWrite(log->real, data, size, at);
	if (log->len == 0)
		log->at = at;
	memcpy(log->data + log->len, data, len);
	log->len += len;
	return SQLITE_OK;
}

static int
log_read(sqlite3_file *file, void *data, int size, sqlite3_int64 at)
{
	struct log_file *log = (struct log_file *)file;
	int rc = flush(log);

	return rc == SQLITE_OK ? log->real->pMethods->xRead(log->real, data, size, at) : rc;
}

static int
log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct log_file *log = (struct log_file *)file;
	int rc = flush(log);

	return rc == SQLITE_OK ? log->real->pMethods->xTruncate(log->real, size) : rc;
}

static int
log_sync(sqlite3_file *file, int flags)
{
	struct log_file *log = (struct log_file *)file;
	int rc = flush(log);

	return rc == SQLITE_OK ? log->real->pMethods->xSync(log->real, flags) : rc;
}

static int
log_size(sqlite3_file *file, sqlite3_int64 *size)
{
	struct log_file *log = (struct log_file *)file;
	int rc = flush(log);

	return rc == SQLITE_OK ? log->real->pMethods->xFileSize(log->real, size) : rc;
}

static int
log_close(sqlite3_file *file)
{
	struct log_file *log = (struct log_file *)file;
	int flushed = flush(log);
	int rc = log->real->pMethods->xClose(log->real);

	free(log->data);
	return flushed == SQLITE_OK ? rc : flushed;
}

static int
log_lock(sqlite3_file *file, int level)
{
	struct log_file *log = (struct log_file *)file;

	return log->real->pMethods->xLock(log->real, level);
}

static int
log_unlock(sqlite3_file *file, int level)
{
	struct log_file *log = (struct log_file *)file;

	return log->real->pMethods->xUnlock(log->real, level);
}

static int
log_is_reserved(sqlite3_file *file, int *out)
{
	struct log_file *log = (struct log_file *)file;

	return log->real->pMethods->xCheckReservedLock(log->real, out);
}

static int
log_control(sqlite3_file *file, int what, void *arg)
{
	struct log_file *log = (struct log_file *)file;

	return log->real->pMethods->xFileControl(log->real, what, arg);
}

static int
log_sector(sqlite3_file *file)
{
	struct log_file *log = (struct log_file *)file;

	return log->real->pMethods->xSectorSize(log->real);
}

static int
log_device(sqlite3_file *file)
{
	struct log_file *log = (struct log_file *)file;

	return log->real->pMethods->xDeviceCharacteristics(log->real);
}

static const sqlite3_io_methods methods = {
	.iVersion = 1, /* shared memory and mapping are the database file's */
	.xClose = log_close,
	.xRead = log_read,
	.xWrite = log_write,
	.xTruncate = log_truncate,
	.xSync = log_sync,
	.xFileSize = log_size,
	.xLock = log_lock,
	.xUnlock = log_unlock,
	.xCheckReservedLock = log_is_reserved,
	.xFileControl = log_control,
	.xSectorSize = log_sector,
	.xDeviceCharacteristics = log_device,
};

static int
open_file(sqlite3_vfs *own, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	struct log_file *log = (struct log_file *)file;
	int rc;

	(void)own;
	if (!(flags & SQLITE_OPEN_WAL))
		return below()->xOpen(below(), name, file, flags, out_flags);
	*log = (struct log_file){.real = (sqlite3_file *)(log + 1)};
	rc = below()->xOpen(below(), name, log->real, flags, out_flags);
	if (rc != SQLITE_OK)
		return rc; /* without methods: SQLite does not close it */
	log->data = mem_alloc(COLLECT_MAX);
	log->base.pMethods = &methods;
	return SQLITE_OK;
}

const char *
db_sqlite_log_vfs(void)
{
	if (vfs.zName)
		return vfs.zName;
	vfs = *sqlite3_vfs_find(NULL);
	vfs.pAppData = sqlite3_vfs_find(NULL);
	vfs.szOsFile += (int)sizeof(struct log_file);
	vfs.zName = "driftbell-log";
	vfs.xOpen = open_file;
	return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK ? vfs.zName : NULL;
}
