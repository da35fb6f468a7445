#include "scratch.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/runtime/loop.h"

void
scratch_make(struct scratch *s)
{
	const char *base = getenv("TMPDIR");

	snprintf(s->dir, sizeof(s->dir), "%.40s/store-test-XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/store.db", s->dir);
	snprintf(s->url, sizeof(s->url), "sqlite:%s", s->path);
}

void
scratch_remove(struct scratch *s)
{
	DIR *dir = opendir(s->dir);
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	assert_int_equal(rmdir(s->dir), 0);
}

struct db *
scratch_db(const struct scratch *s, enum db_mode mode)
{
	struct err err = {""};
	struct db *db = NULL;

	if (db_open(&db, s->url, mode, &err) != 0)
		fail_msg("%s", err.text);
	return db;
}

int64_t
scratch_ask(const struct scratch *s, const char *query)
{
	sqlite3 *sql = NULL;
	sqlite3_stmt *stmt = NULL;

	assert_int_equal(sqlite3_open_v2(s->path, &sql, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(sql, query, -1, &stmt, NULL) != SQLITE_OK ||
	    sqlite3_step(stmt) != SQLITE_ROW)
		fail_msg("%s: %s", query, sqlite3_errmsg(sql));
	int64_t number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(sql);
	return number;
}

void
scratch_run(const struct scratch *s, const char *script)
{
	sqlite3 *sql = NULL;

	assert_int_equal(sqlite3_open_v2(s->path, &sql, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_exec(sql, script, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", script, sqlite3_errmsg(sql));
	sqlite3_close(sql);
}

void
rig_make(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	scratch_make(&rig->scratch);
	rig->loop = loop_new();
	rig->inbox = inbox_new(rig->loop);
}

void
rig_open(struct rig *rig, const struct planner *planner)
{
	struct err err = {""};

	if (store_open(&rig->store, rig->scratch.url, rig->inbox, planner, NULL, &err) != 0)
		fail_msg("%s", err.text);
}

void
rig_close(struct rig *rig)
{
	store_close(rig->store);
	rig->store = NULL;
}

void
rig_remove(struct rig *rig)
{
	rig_close(rig);
	inbox_free(rig->inbox);
	loop_free(rig->loop);
	scratch_remove(&rig->scratch);
}

struct waiting {
	struct rig *rig;
	struct timer *timer;
	bool (*holds)(void *);
	void *arg;
	int64_t until_ms;
	bool held;
};

static void
look(void *arg)
{
	struct waiting *w = arg;

	w->held = w->holds(w->arg);
	if (w->held || clock_mono_ms() > w->until_ms)
		loop_stop(w->rig->loop);
	else
		timer_in(w->timer, 1);
}

void
rig_until(struct rig *rig, bool (*holds)(void *), void *arg)
{
	struct waiting w = {.rig = rig, .holds = holds, .arg = arg};

	w.until_ms = clock_mono_ms() + 30 * SECOND_MS;
	w.timer = timer_new(rig->loop, look, &w);
	timer_in(w.timer, 0);
	loop_run(rig->loop);
	timer_free(w.timer);
	assert_true(w.held);
}

static int
run_accept(struct store_job *job, struct db *db, struct err *err)
{
	struct accept_job *a = (struct accept_job *)job;

	a->added = event_insert(db, &a->event, a->first_id, err);
	return a->added < 0 ? -1 : 0;
}

static void
accept_done(struct store_job *job, int rc)
{
	struct accept_job *a = (struct accept_job *)job;

	if (rc == 0)
		(*a->answered)++;
	else
		(*a->failed)++;
	free((char *)a->event.body);
	free(a);
}

void
rig_accept(struct rig *rig, const char *name, const char *body, size_t len, int *answered,
           int *failed)
{
	struct accept_job *a = mem_alloc(sizeof(*a));

	snprintf(a->id, sizeof(a->id), "evt_%s", name);
	snprintf(a->key, sizeof(a->key), "key_%s", name);
	a->event = (struct new_event){
		.id = a->id,
		.key = a->key,
		.source = "estate",
		.source_kind = "hcp_packer",
		.body = mem_strn(body, len),
		.body_len = len,
		.received_at = clock_wall_ms(),
	};
	a->job.run = run_accept;
	a->job.done = accept_done;
	a->job.single = true;
	a->answered = answered;
	a->failed = failed;
	store_submit(rig->store, &a->job);
}

bool
at_least(void *arg)
{
	struct at_least *a = arg;

	return *a->count >= a->want;
}
