/*
 * A disk without room: what was acknowledged stays, what may not be lost
 * waits, and everything goes on by itself when there is room.
 *
 * One test on a real small file system, where one can be mounted (as root or
 * in a user namespace); the others under a limit of this process.
 */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"

#define BODY_BYTES 100000

struct disk {
	struct rig rig;
	char *body;
	int accepted, refused, names;
};

static int
setup(void **state)
{
	struct disk *d = calloc(1, sizeof(*d));

	rig_make(&d->rig);
	d->body = mem_alloc(BODY_BYTES + 1);
	memset(d->body, 'x', BODY_BYTES);
	*state = d;
	return 0;
}

static int
teardown(void **state)
{
	struct disk *d = *state;

	rig_remove(&d->rig);
	free(d->body);
	free(d);
	return 0;
}

static bool
answered(void *arg)
{
	struct disk *d = arg;

	return d->accepted + d->refused == d->names;
}

/* One event; true when it was acknowledged. */
static bool
accept_one(struct disk *d)
{
	int before = d->accepted;
	char name[16];

	snprintf(name, sizeof(name), "%05d", ++d->names);
	rig_accept(&d->rig, name, d->body, BODY_BYTES, &d->accepted, &d->refused);
	rig_until(&d->rig, answered, d);
	return d->accepted > before;
}

static void
accept_until_refused(struct disk *d)
{
	for (int i = 0; i < 1000; i++)
		if (!accept_one(d))
			return;
	fail_msg("the disk is never full");
}

static bool
accepts_again(void *arg)
{
	struct disk *d = arg;
	struct err why;

	return !store_failing(d->rig.store, &why);
}

static void
expect_failing(struct disk *d, bool failing, const char *words)
{
	struct err why = {""};

	assert_int_equal(store_failing(d->rig.store, &why), failing);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" says nothing of \"%s\"", why.text, words);
}

static void
expect_all_there(struct disk *d)
{
	assert_int_equal(scratch_ask(&d->rig.scratch, "SELECT COUNT(*) FROM events"), d->accepted);
	assert_int_equal(scratch_ask(&d->rig.scratch, "SELECT COUNT(DISTINCT key) FROM events"),
	                 d->accepted);
	assert_int_equal(scratch_ask(&d->rig.scratch,
	                             "SELECT 'ok' = (SELECT * FROM pragma_integrity_check)"),
	                 1);
}

/* An outcome that must not be lost. */
struct settle_job {
	struct store_job job;
	const char *text;
	char key[16];
	int *settled, *lost;
};

static int
settle_run(struct store_job *job, struct db *db, struct err *err)
{
	struct settle_job *s = (struct settle_job *)job;

	return db_run(db, err, ST_META_PUT, "tt", s->key, s->text) == 1 ? 0 : -1;
}

static void
settle_done(struct store_job *job, int rc)
{
	struct settle_job *s = (struct settle_job *)job;

	(*(rc == 0 ? s->settled : s->lost))++;
	free(s);
}

static void
settle(struct disk *d, int number, const char *text, int *settled, int *lost)
{
	struct settle_job *s = mem_alloc(sizeof(*s));

	s->job.run = settle_run;
	s->job.done = settle_done;
	s->job.keep = true;
	s->text = text;
	s->settled = settled;
	s->lost = lost;
	snprintf(s->key, sizeof(s->key), "settle%05d", number);
	store_submit(d->rig.store, &s->job);
}

static void
wait_for(struct disk *d, const int *count, int want)
{
	struct at_least a = {count, want};

	rig_until(&d->rig, at_least, &a);
}

static bool
exists(const struct scratch *s, const char *suffix)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s", s->path, suffix);
	return access(path, F_OK) == 0;
}

/* --- under a limit ------------------------------------------------------- */

/* Files cannot grow beyond where the largest of the store's is now. */
static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
test_a_full_disk_refuses_then_takes_again(void **state)
{
	struct disk *d = *state;
	int settled = 0, lost = 0;

	rig_open(&d->rig, NULL);
	assert_true(accept_one(d));
	limit_files(3 << 20);
	accept_until_refused(d);
	expect_failing(d, true, "no room");
	expect_all_there(d);

	/* Nobody asks any more, as behind a load balancer: it finds out by itself. */
	limit_files(RLIM_INFINITY);
	rig_until(&d->rig, accepts_again, d);
	limit_files(3 << 20);
	accept_until_refused(d);

	/* More of them than room for them is left. */
	for (int i = 0; i < 60; i++)
		settle(d, i, d->body, &settled, &lost);
	assert_false(accept_one(d));
	expect_failing(d, true, "");
	assert_true(settled < 60);

	limit_files(RLIM_INFINITY);
	wait_for(d, &settled, 60);
	rig_until(&d->rig, accepts_again, d);
	assert_true(accept_one(d));
	assert_int_equal(lost, 0);
	expect_all_there(d);
	assert_int_equal(
		scratch_ask(&d->rig.scratch, "SELECT COUNT(*) FROM meta WHERE key LIKE 'settle%'"),
		60);
}

static int
plan(void *arg, struct db *db, const struct stored_event *e, int64_t now_ms, struct err *err)
{
	struct disk *d = arg;

	(void)now_ms;
	/* What follows from it is far larger than the room left. */
	for (int i = 0; i < 40; i++) {
		char key[48];

		snprintf(key, sizeof(key), "%s.%d", e->id, i);
		if (db_run(db, err, ST_META_PUT, "tt", key, d->body) < 0)
			return -1;
	}
	return event_move(db, e->id, EVENT_PROCESSED, "noted", NULL, err);
}

static bool
nothing_pending(void *arg)
{
	return store_backlog(arg) == 0;
}

static void
test_a_full_disk_is_no_try_of_an_event(void **state)
{
	struct disk *d = *state;
	struct planner planner = {.plan = plan, .arg = d};
	struct err why;

	rig_open(&d->rig, NULL);
	assert_true(accept_one(d));
	rig_close(&d->rig);
	limit_files(2 << 20);
	rig_open(&d->rig, &planner);
	int64_t until = clock_mono_ms() + 20 * SECOND_MS;
	while (!store_failing(d->rig.store, &why) && clock_mono_ms() < until)
		sched_yield();
	expect_failing(d, true, "no room");
	assert_int_equal(scratch_ask(&d->rig.scratch,
	                             "SELECT COUNT(*) FROM events WHERE state = 'accepted'"
	                             " AND tries <= 1"),
	                 1);
	limit_files(RLIM_INFINITY);
	rig_until(&d->rig, nothing_pending, d->rig.store);
	assert_int_equal(scratch_ask(&d->rig.scratch,
	                             "SELECT COUNT(*) FROM events WHERE state = 'processed'"
	                             " AND tries <= 1"),
	                 1);
	assert_int_equal(
		scratch_ask(&d->rig.scratch, "SELECT COUNT(*) FROM meta WHERE key LIKE 'evt%'"),
		40);
}

/* --- on a small file system ---------------------------------------------- */

#define CANNOT_MOUNT 77

static void
fill_disk(const char *path)
{
	static char block[4096];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static void
live_through_a_full_disk(struct disk *d)
{
	char filler[96];
	int settled = 0, lost = 0, number = 0;

	snprintf(filler, sizeof(filler), "%s/filler", d->rig.scratch.dir);
	rig_open(&d->rig, NULL);
	assert_true(exists(&d->rig.scratch, ".reserve"));
	assert_true(accept_one(d));
	fill_disk(filler);
	accept_until_refused(d);
	expect_failing(d, true, "no room");

	/* What was put aside is theirs, and only theirs. */
	for (; exists(&d->rig.scratch, ".reserve"); number++) {
		assert_true(number < 100);
		settle(d, number, d->body, &settled, &lost);
		wait_for(d, &settled, number + 1);
	}
	assert_true(number > 0);
	assert_false(accept_one(d));
	expect_failing(d, true, "nearly full");

	/* Until that is used up as well: then they wait. */
	for (int i = 0; i < 60; i++)
		settle(d, number++, d->body, &settled, &lost);
	assert_false(accept_one(d));
	assert_true(settled < number);
	assert_int_equal(lost, 0);

	assert_int_equal(unlink(filler), 0);
	wait_for(d, &settled, number);
	rig_until(&d->rig, accepts_again, d);
	assert_true(exists(&d->rig.scratch, ".reserve"));
	assert_true(accept_one(d));
	assert_int_equal(lost, 0);
	expect_all_there(d);
	rig_close(&d->rig);
	assert_int_equal(
		scratch_ask(&d->rig.scratch, "SELECT COUNT(*) FROM meta WHERE key LIKE 'settle%'"),
		number);
}

static bool
mount_small(const char *dir)
{
	if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return false;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("small", dir, "tmpfs", 0, "size=16m") == 0;
}

static void
test_small_disk(void **state)
{
	live_through_a_full_disk(*state);
}

/* In a process of its own, for the sake of the mount. */
static int
run_on_small_disk(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_small_disk, setup, teardown),
	};
	char dir[] = "/tmp/store-disk-XXXXXX";

	if (!mkdtemp(dir))
		return 1;
	pid_t child = fork();
	if (child == 0) {
		if (!mount_small(dir))
			_exit(CANNOT_MOUNT);
		setenv("TMPDIR", dir, 1);
		_exit(cmocka_run_group_tests_name("on a small disk", tests, NULL, NULL) ? 1 : 0);
	}
	int status = 0;
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	rmdir(dir);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_full_disk_refuses_then_takes_again, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(test_a_full_disk_is_no_try_of_an_event, setup,
	                                        teardown),
	};

	signal(SIGXFSZ, SIG_IGN);
	int small = run_on_small_disk();
	if (small == CANNOT_MOUNT) {
		print_message("no small disk can be mounted here: that test is left out\n");
		small = 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL) || small;
}
