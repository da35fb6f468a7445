#include "tests/unit/flow/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "relay/base/mem.h"
#include "relay/model/kind.h"
#include "relay/source/source.h"
#include "sinks/sink.h"

#define LIMIT_MS 20000 /* of real time, for any one thing that is waited for */

_Atomic(int64_t) clock_now;

int64_t
virtual_now(void)
{
	return clock_now;
}

static void
on_limit(void *arg)
{
	(void)arg;
	fail_msg("what the test waits for does not come");
}

void
rig_open(struct rig *rig, int64_t now_ms)
{
	struct err err = {""};
	char *url;

	clock_now = now_ms;
	snprintf(rig->folder, sizeof(rig->folder), "/tmp/flow-test-XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	rig->loop = loop_new();
	rig->inbox = inbox_new(rig->loop);
	rig->limit = timer_new(rig->loop, on_limit, NULL);
	url = mem_fmt("sqlite:%s/store.db", rig->folder);
	if (store_open(&rig->store, url, rig->inbox, NULL, virtual_now, &err) < 0)
		fail_msg("%s", err.text);
	free(url);
}

void
rig_close_store(struct rig *rig)
{
	store_close(rig->store);
	inbox_free(rig->inbox);
}

void
rig_remove(struct rig *rig)
{
	char *command = mem_fmt("rm -r %s", rig->folder);

	timer_free(rig->limit);
	loop_free(rig->loop);
	assert_int_equal(system(command), 0);
	free(command);
}

void
rig_run(struct rig *rig)
{
	timer_in(rig->limit, LIMIT_MS);
	loop_run(rig->loop);
	timer_off(rig->limit);
}

struct rig_job {
	struct store_job job; /* first */
	struct rig *rig;
	rig_work_fn *fn;
	void *arg;
	bool done;
};

static int
job_run(struct store_job *base, struct db *db, struct err *err)
{
	struct rig_job *job = (struct rig_job *)base;

	return job->fn(db, job->arg, err);
}

static void
job_done(struct store_job *base, int rc)
{
	struct rig_job *job = (struct rig_job *)base;

	if (rc < 0)
		fail_msg("%s", base->failure.text);
	job->done = true;
	loop_stop(job->rig->loop);
}

void
rig_in_store(struct rig *rig, rig_work_fn *fn, void *arg)
{
	struct rig_job job = {
		.job = {.run = job_run, .done = job_done}, .rig = rig, .fn = fn, .arg = arg};

	store_submit(rig->store, &job.job);
	while (!job.done)
		rig_run(rig);
}

void
rig_put_file(const struct rig *rig, const char *name, const char *text)
{
	char *path = mem_fmt("%s/%s", rig->folder, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
	free(path);
}

struct conf *
rig_conf(const struct rig *rig, const char *text)
{
	static const struct conf_kinds kinds = {source_conf_kinds, sink_conf_kinds,
	                                        incident_kind_names};
	char *path = mem_fmt("%s/driftbell.yaml", rig->folder);
	struct buf report = {0};
	struct conf *conf;

	if (conf_parse(&conf, path, text, strlen(text), &kinds, &report) != 0)
		fail_msg("%s", buf_text(&report));
	buf_fini(&report);
	free(path);
	return conf;
}
