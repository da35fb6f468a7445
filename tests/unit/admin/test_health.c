#include "world.h"

#include <unistd.h>

static void
readiness_tells_the_reason(void **state)
{
	struct answer answer = rig_get(rig, "/readyz");

	(void)state;
	assert_int_equal(answer.status, 200);
	must_say(answer.json, "status", "ready");
	answer_fini(&answer);
	rig_not_ready(rig, "the ingest listener is not up");
	answer = rig_get(rig, "/readyz");
	assert_int_equal(answer.status, 503);
	must_say(answer.json, "status", "unready");
	must_say(answer.json, "reason", "the ingest listener is not up");
	answer_fini(&answer);
	answer = rig_get(rig, "/healthz");
	assert_int_equal(answer.status, 200);
	answer_fini(&answer);
	rig_not_ready(rig, NULL);
}

static void
metrics_are_prometheus_text(void **state)
{
	struct answer answer = rig_get(rig, "/metrics");
	char out[256];

	(void)state;
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer_header(&answer, "Content-Type", out),
	                    "text/plain; version=0.0.4; charset=utf-8");
	assert_non_null(strstr(answer.body, "# TYPE driftbell_"));
	answer_fini(&answer);
}

static void
head_has_no_body(void **state)
{
	struct answer answer = rig_say(rig, "HEAD", "/healthz", "Host: localhost\r\n", "");

	(void)state;
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body, "");
	answer_fini(&answer);
}

static void
the_status_counts_everything(void **state)
{
	struct answer answer = rig_get(rig, "/api/v1/status");
	const json_t *status = answer.json;

	(void)state;
	must_say(status, "version", DRIFTBELL_VERSION);
	must_count(status, "incidents.open", 2);
	assert_int_equal(json_integer_value(json_object_get(must_have(status, "incidents.kinds"),
	                                                    "workspace.drift")),
	                 1);
	must_count(status, "queue.pending", 1);
	must_count(status, "queue.blocked", 1);
	must_count(status, "queue.dead", 1);
	must_count(status, "events.pending", 0);
	must_count(status, "events.unknown", 2);
	must_count(status, "events.parked", 1);
	must_say(status, "sinks.0.name", "archive");
	must_say(status, "sinks.0.kind", "webhook");
	must_say(status, "sinks.0.state", "ok");
	must_say(status, "sources.0.name", "builds");
	must_say(status, "sources.0.last_event_at", "2026-03-01T00:01:00Z");
	must_count(status, "unmatched.buckets.count", 1);
	must_say(status, "unmatched.buckets.items.0.bucket", "base-os");
	must_count(status, "unmatched.workspaces.count", 2);
	must_say(status, "unmatched.workspaces.items.0.name", "bank-core");
	answer_fini(&answer);
}

static void
requests_may_still_be_out_when_it_stops(void **state)
{
	struct rig *busy = rig_start("127.0.0.1:0", "", fill_world);
	int sockets[40];

	(void)state;
	for (size_t i = 0; i < COUNT(sockets); i++)
		sockets[i] = rig_say_only(busy, "/api/v1/incidents");
	rig_stop(busy);
	for (size_t i = 0; i < COUNT(sockets); i++)
		close(sockets[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readiness_tells_the_reason),
		cmocka_unit_test(metrics_are_prometheus_text),
		cmocka_unit_test(head_has_no_body),
		cmocka_unit_test(the_status_counts_everything),
		cmocka_unit_test(requests_may_still_be_out_when_it_stops),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
