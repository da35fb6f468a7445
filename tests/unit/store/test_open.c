/* Opening a store: what it makes, whom it keeps out, what it refuses and how. */
#include "scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/store/schema.h"

static int
setup(void **state)
{
	struct scratch *s = calloc(1, sizeof(*s));

	scratch_make(s);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	scratch_remove(*state);
	free(*state);
	return 0;
}

static void
expect_refusal(const char *url, enum db_mode mode, const char *path, const char *why)
{
	struct err err = {""};
	struct db *db = NULL;

	assert_int_equal(db_open(&db, url, mode, &err), -1);
	assert_null(db);
	if (!strstr(err.text, path) || !strstr(err.text, why))
		fail_msg("\"%s\" names not both \"%s\" and \"%s\"", err.text, path, why);
}

static void
change(const struct scratch *s, const char *sql_text)
{
	sqlite3 *sql = NULL;
	char *why = NULL;

	assert_int_equal(sqlite3_open(s->path, &sql), SQLITE_OK);
	if (sqlite3_exec(sql, sql_text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(sql);
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
test_makes_private_file_with_schema(void **state)
{
	struct scratch *s = *state;
	struct stat st;

	db_close(scratch_db(s, DB_WRITE));
	assert_int_equal(stat(s->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(scratch_ask(s, "SELECT value FROM meta WHERE key = 'schema'"),
	                 schema_version);
	assert_int_equal(scratch_ask(s, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	db_close(scratch_db(s, DB_WRITE)); /* and opens what is there */
}

static void
test_log_is_private_too(void **state)
{
	struct scratch *s = *state;
	struct db *db = scratch_db(s, DB_WRITE);
	struct err err;

	/* The log and its index are as private as the file. */
	char path[128];
	struct stat st;
	assert_int_equal(db_begin(db, &err), 0);
	assert_int_equal(db_run(db, &err, ST_META_PUT, "tt", "a", "b"), 1);
	assert_int_equal(db_commit(db, &err), 0);
	snprintf(path, sizeof(path), "%s-wal", s->path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(st.st_size > 0);
	db_close(db);
}

static void
test_refuses_second_owner_in_this_process(void **state)
{
	struct scratch *s = *state;
	struct db *db = scratch_db(s, DB_WRITE);

	expect_refusal(s->url, DB_WRITE, s->path, "another driftbell (process ");
	db_close(db);
	db_close(scratch_db(s, DB_WRITE));
}

static void
test_refuses_second_owner_under_another_name(void **state)
{
	struct scratch *s = *state;
	struct db *db = scratch_db(s, DB_WRITE);
	char link_path[128], url[160];

	snprintf(link_path, sizeof(link_path), "%s/other.db", s->dir);
	snprintf(url, sizeof(url), "sqlite:%s", link_path);
	assert_int_equal(symlink(s->path, link_path), 0);
	expect_refusal(url, DB_WRITE, s->path, "another driftbell");
	db_close(db);
}

/* A process in the middle of a transaction keeps the others out, and one that
 * is killed there leaves nothing behind. */
static void
test_owner_killed_in_transaction_frees_the_store(void **state)
{
	struct scratch *s = *state;
	struct err err = {""};
	int ready[2], status;
	char byte = 0;

	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct db *db;
		if (db_open(&db, s->url, DB_WRITE, &err) != 0 || db_begin(db, &err) != 0 ||
		    db_run(db, &err, ST_META_PUT, "tt", "half", "done") != 1 ||
		    write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	expect_refusal(s->url, DB_WRITE, s->path, "another driftbell (process ");
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	close(ready[0]);
	close(ready[1]);

	struct db *db = scratch_db(s, DB_WRITE);
	struct db_row *row = db_bind(db, ST_META_GET, "t", "half");
	assert_int_equal(db_step(row, &err), 0);
	db_end(row);
	db_close(db);
}

static void
test_reader_reads_and_cannot_write(void **state)
{
	struct scratch *s = *state;
	struct err err = {""};
	struct db *writer = scratch_db(s, DB_WRITE), *reader = scratch_db(s, DB_READ);

	assert_int_equal(db_begin(reader, &err), 0);
	assert_int_equal(db_number(reader, &err, -1, ST_META_GET, "t", "schema"), schema_version);
	assert_int_equal(db_run(reader, &err, ST_META_PUT, "tt", "a", "b"), -1);
	db_rollback(reader);
	db_close(reader);
	db_close(writer);
}

static void
test_reader_refuses_what_is_not_there(void **state)
{
	struct scratch *s = *state;

	expect_refusal(s->url, DB_READ, s->path, "unable to open");
}

static void
test_refuses_a_file_that_is_no_database(void **state)
{
	struct scratch *s = *state;

	write_file(s->path, "listen:\n  ingest: 127.0.0.1:8080 # the wrong file, and long enough\n",
	           0600);
	expect_refusal(s->url, DB_WRITE, s->path, "not a database");
}

static void
test_refuses_a_database_of_something_else(void **state)
{
	struct scratch *s = *state;

	change(s, "CREATE TABLE songs (name TEXT)");
	expect_refusal(s->url, DB_WRITE, s->path, "something else");
	assert_int_equal(scratch_ask(s, "SELECT COUNT(*) FROM sqlite_master"), 1);
}

static void
test_refuses_a_newer_schema(void **state)
{
	struct scratch *s = *state;

	db_close(scratch_db(s, DB_WRITE));
	change(s, "UPDATE meta SET value = '9000' WHERE key = 'schema'");
	expect_refusal(s->url, DB_WRITE, s->path, "newer driftbell (schema 9000");
	expect_refusal(s->url, DB_READ, s->path, "newer driftbell (schema 9000");
}

static void
test_refuses_a_folder(void **state)
{
	struct scratch *s = *state;
	char url[112];

	snprintf(url, sizeof(url), "sqlite:%s", s->dir);
	expect_refusal(url, DB_WRITE, s->dir, "is a directory");
}

static void
test_refuses_a_missing_folder(void **state)
{
	struct scratch *s = *state;
	char url[128], path[112];

	snprintf(path, sizeof(path), "%s/none/store.db", s->dir);
	snprintf(url, sizeof(url), "sqlite:%s", path);
	expect_refusal(url, DB_WRITE, path, "folder: No such file");
}

static void
test_refuses_other_urls_without_repeating_them(void **state)
{
	struct err err = {""};
	struct db *db = NULL;

	(void)state;
	assert_int_equal(db_open(&db, "mysql://me:hunter2@db/x", DB_WRITE, &err), -1);
	assert_non_null(strstr(err.text, "\"mysql\""));
	assert_null(strstr(err.text, "hunter2"));
	assert_int_equal(db_open(&db, "sqlite:", DB_WRITE, &err), -1);
}

/* As somebody who is not root, in a process of its own. */
static int
refusal_as_nobody(const struct scratch *s)
{
	struct err err = {""};
	struct db *db = NULL;
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (geteuid() == 0 && (setegid(65534) != 0 || seteuid(65534) != 0))
			_exit(2);
		_exit(db_open(&db, s->url, DB_WRITE, &err) == -1 && strstr(err.text, s->path) &&
		                      strstr(err.text, "Permission denied")
		              ? 0
		              : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_refuses_without_permission(void **state)
{
	struct scratch *s = *state;

	assert_int_equal(chmod(s->dir, 0555), 0);
	assert_int_equal(refusal_as_nobody(s), 0); /* cannot make it */
	assert_int_equal(chmod(s->dir, 0700), 0);

	db_close(scratch_db(s, DB_WRITE));
	assert_int_equal(chmod(s->dir, 0777), 0);
	assert_int_equal(chmod(s->path, 0400), 0);
	char lock[128];
	snprintf(lock, sizeof(lock), "%s.lock", s->path);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(refusal_as_nobody(s), 0); /* cannot write it */
	assert_int_equal(chmod(s->dir, 0700), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(makes_private_file_with_schema),
		TEST(log_is_private_too),
		TEST(refuses_second_owner_in_this_process),
		TEST(refuses_second_owner_under_another_name),
		TEST(owner_killed_in_transaction_frees_the_store),
		TEST(reader_reads_and_cannot_write),
		TEST(reader_refuses_what_is_not_there),
		TEST(refuses_a_file_that_is_no_database),
		TEST(refuses_a_database_of_something_else),
		TEST(refuses_a_newer_schema),
		TEST(refuses_a_folder),
		TEST(refuses_a_missing_folder),
		TEST(refuses_other_urls_without_repeating_them),
		TEST(refuses_without_permission),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
