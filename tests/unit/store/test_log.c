/* What a commit leaves on the disk, whatever is collected on the way there. */
#include "scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"

#define NOW (INT64_C(20000) * DAY_MS)
#define COUNT_SQL "SELECT count(*) FROM events"

static void
insert(struct db *db, int number, size_t size)
{
	char id[32], key[40], first[32];
	char *body = mem_alloc(size);
	struct err err;

	snprintf(id, sizeof(id), "evt_%026d", number);
	snprintf(key, sizeof(key), "%032d", number);
	memset(body, 'x', size);
	const struct new_event event = {
		.id = id,
		.key = key,
		.source = "estate",
		.source_kind = "hcp_packer",
		.body = body,
		.body_len = size,
		.received_at = NOW,
	};
	if (event_insert(db, &event, first, &err) != 1)
		fail_msg("%s", err.text);
	free(body);
}

static void
copy(const char *from, const char *to)
{
	char chunk[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, chunk, sizeof(chunk))) > 0)
		assert_int_equal(write(out, chunk, (size_t)n), n);
	assert_int_equal(n, 0);
	close(in);
	close(out);
}

/* What the next start would find if the process ended now. */
static int64_t
found_by_another(const struct scratch *s)
{
	struct scratch other;
	char *from = mem_fmt("%s-wal", s->path), *to;
	int64_t count;

	scratch_make(&other);
	to = mem_fmt("%s-wal", other.path);
	copy(s->path, other.path);
	copy(from, to);
	count = scratch_ask(&other, COUNT_SQL);
	scratch_remove(&other);
	free(from);
	free(to);
	return count;
}

static void
a_commit_is_on_the_disk_and_nothing_before_it(void **state)
{
	struct scratch s;
	struct db *db, *reader;
	struct err err;

	(void)state;
	scratch_make(&s);
	db = scratch_db(&s, DB_WRITE);
	reader = scratch_db(&s, DB_READ);
	for (int round = 0; round < 3; round++) {
		int64_t before = (int64_t)round * 300;

		assert_int_equal(db_begin(db, &err), 0);
		for (int i = 0; i < 300; i++)
			insert(db, round * 300 + i, 3000);
		assert_int_equal(found_by_another(&s), before);
		assert_int_equal(scratch_ask(&s, COUNT_SQL), before);
		assert_int_equal(db_commit(db, &err), 0);
		assert_int_equal(found_by_another(&s), before + 300);
		assert_int_equal(scratch_ask(&s, COUNT_SQL), before + 300);
	}
	db_close(reader);
	db_close(db);
	scratch_remove(&s);
}

/* More than the page cache holds: the log is written and read before the commit. */
static void
a_transaction_may_be_larger_than_memory(void **state)
{
	enum { EVENTS = 60, SIZE = 1024 * 1024 };
	struct scratch s;
	struct db *db;
	struct err err;
	int64_t sum;

	(void)state;
	scratch_make(&s);
	db = scratch_db(&s, DB_WRITE);
	assert_int_equal(db_begin(db, &err), 0);
	for (int i = 0; i < EVENTS; i++)
		insert(db, i, SIZE);
	for (int i = 0; i < EVENTS; i++) {
		char id[32];
		size_t len;
		snprintf(id, sizeof(id), "evt_%026d", i);
		struct db_row *row = db_bind(db, ST_EVENT_LOAD, "t", id);
		assert_int_equal(db_step(row, &err), 1);
		assert_non_null(db_bytes(row, 4, &len));
		assert_int_equal(len, SIZE);
		db_end(row);
	}
	assert_int_equal(db_commit(db, &err), 0);
	db_tidy(db);
	sum = scratch_ask(&s, "SELECT sum(length(body)) FROM events");
	assert_int_equal(sum, (int64_t)EVENTS * SIZE);
	assert_int_equal(scratch_ask(&s, "SELECT count(*) FROM pragma_integrity_check"
	                                 " WHERE integrity_check = 'ok'"),
	                 1);
	db_close(db);
	scratch_remove(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_is_on_the_disk_and_nothing_before_it),
		cmocka_unit_test(a_transaction_may_be_larger_than_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
