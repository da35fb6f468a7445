/* The whole way out: a real store, real HTTP on loopback, a clock that only
 * moves when a test says so. */
#include "tests/unit/flow/rig.h"
#include "tests/unit/shipped.h"
#include "tests/unit/stand_in.h"

#include "relay/base/metrics.h"
#include "relay/base/sign.h"
#include "relay/flow/deliver.h"
#include "relay/runtime/httpc.h"
#include "relay/store/events.h"
#include "relay/store/queue.h"
#include "sinks/sink.h"

#define T0 INT64_C(1700000000000)
#define KEY "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define TASK_KEY "run-task-key"

struct world {
	struct rig rig;
	struct httpc *httpc;
	struct deliver *deliver;
	struct stand_in in;
	struct conf *conf;
	struct timer *look;
	bool callbacks_refused; /* the next config allows no host of ours */
	bool (*condition)(struct world *);
	int64_t base[METRIC_COUNT];
	enum metric awaited;
	int64_t awaited_count;
	int drained;
};

/* ---- running the loop until something is so ---- */

static void
on_look(void *arg)
{
	struct world *w = arg;

	if (w->condition(w))
		loop_stop(w->rig.loop);
	else
		timer_in(w->look, 1);
}

static void
until(struct world *w, bool (*condition)(struct world *))
{
	w->condition = condition;
	timer_in(w->look, 0);
	rig_run(&w->rig);
}

static bool
counted(struct world *w)
{
	return metric_get(w->awaited) - w->base[w->awaited] >= w->awaited_count;
}

/* Until so many more outcomes of this sort are written down. */
static void
until_settled(struct world *w, enum metric metric, int64_t count)
{
	w->awaited = metric;
	w->awaited_count = count;
	until(w, counted);
	assert_int_equal(metric_get(metric) - w->base[metric], count);
	w->base[metric] += count;
}

static bool
is_drained(struct world *w)
{
	return w->drained > 0;
}

static size_t awaited_requests;

static bool
requests_came(struct world *w)
{
	return w->in.got_count >= awaited_requests;
}

static void
until_requests(struct world *w, size_t count)
{
	awaited_requests = count;
	until(w, requests_came);
	assert_int_equal(w->in.got_count, count);
}

/* ---- the store ---- */

static int
add(struct db *db, void *arg, struct err *err)
{
	return queue_add(db, arg, clock_now, err);
}

/* The destination of the sink of this name. */
static char *
destination_of(const struct world *w, const char *name)
{
	const struct conf_sink *sink = conf_sink_named(w->conf, name);

	return sink_kind_named(sink->kind->name)->destination(sink->options, NULL);
}

static void
owe(struct world *w, const char *sink, const char *notification, int64_t revision)
{
	const struct sink_kind *kind = sink_kind_named(conf_sink_named(w->conf, sink)->kind->name);
	char *destination = destination_of(w, sink);
	struct delivery_plan plan = {
		.notification_id = notification,
		.revision = revision,
		.document =
			"{\"reason\":null,\"incident\":{\"kind\":\"image.revocation\"},\"title\":\"Image "
			"revoked\",\"summary\":\"core-debian v7\"}",
		.destination = destination,
		.sink = sink,
		.sink_kind = kind->conf.name,
		.every_revision = kind->every_revision,
		.severity = SEVERITY_WARNING,
		.not_before = clock_now,
		.incident_id = "inc_1",
	};

	rig_in_store(&w->rig, add, &plan);
	free(destination);
}

static void
owe_and_wake(struct world *w, const char *sink, const char *notification)
{
	owe(w, sink, notification, 1);
	deliver_wake(w->deliver);
}

/* What is due goes in one claim: when this one, owed last and to another
 * destination, has come and gone, everything else that may go is on its way. */
static void
nothing_else_goes(struct world *w, const char *path, size_t so_far)
{
	static int marks;
	char *notification = mem_fmt("ntf_mark%d", marks++);

	owe_and_wake(w, "mark", notification);
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	assert_int_equal(stand_in_count(&w->in, path), so_far);
	free(notification);
}

/* ---- the world ---- */

static void
load(struct world *w, const char *sinks)
{
	const char *host = httpd_address(w->in.httpd);
	/* What is told of failing sinks is another test's: it waits for ever. */
	char *text = mem_fmt(
		"sources:\n"
		"- name: task\n"
		"  hcp_run_task: {hmac_key_file: task.key, allow_private: true, allowed_hosts: [%s]}\n"
		"sinks:\n"
		"- name: mark\n"
		"  webhook: {url: \"http://%s/mark\", secret_file: hook.key, allow_private: true}\n"
		"%s"
		"routes: [{name: own, match: {kinds: [\"relay.*\"]}, to: [mark], wait: 3000d}]\n",
		w->callbacks_refused ? "elsewhere.example.com" : "127.0.0.1", host, sinks);

	conf_release(w->conf);
	w->conf = rig_conf(&w->rig, text);
	free(text);
}

static void
configure(struct world *w, const char *sinks)
{
	load(w, sinks);
	deliver_configure(w->deliver, w->conf, shipped);
}

/* A sink "hook" and a sink "chat" in the words of the config; from T0 on. */
static char *
usual_sinks(const struct world *w)
{
	const char *host = httpd_address(w->in.httpd);
	char *chat = mem_fmt("http://%s/chat\n", host);
	char *sinks;

	rig_put_file(&w->rig, "chat.url", chat);
	sinks = mem_fmt(
		"- name: hook\n"
		"  webhook: {url: \"http://%s/hook\", secret_file: hook.key, allow_private: true}\n"
		"- name: chat\n"
		"  slack: {webhook_url_file: chat.url, allow_private: true}\n",
		host);
	free(chat);
	return sinks;
}

static void
configure_usual(struct world *w)
{
	char *sinks = usual_sinks(w);

	configure(w, sinks);
	free(sinks);
}

static int
open_world(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));
	struct err err = {0};

	rig_open(&w->rig, T0);
	rig_put_file(&w->rig, "hook.key", KEY "\n");
	rig_put_file(&w->rig, "task.key", TASK_KEY "\n");
	w->httpc = httpc_new(w->rig.loop);
	w->look = timer_new(w->rig.loop, on_look, w);
	stand_in_open(&w->in, w->rig.loop);
	if (deliver_new(&w->deliver, w->rig.loop, w->rig.store, w->httpc, NULL, virtual_now, &err) <
	    0)
		fail_msg("%s", err.text);
	for (int i = 0; i < METRIC_COUNT; i++)
		w->base[i] = metric_get((enum metric)i);
	*state = w;
	return 0;
}

static int
close_world(void **state)
{
	struct world *w = *state;

	deliver_drain(w->deliver, NULL, NULL);
	rig_close_store(&w->rig);
	deliver_free(w->deliver);
	stand_in_close(&w->in);
	httpc_free(w->httpc);
	timer_free(w->look);
	conf_release(w->conf);
	rig_remove(&w->rig);
	free(w);
	return 0;
}

/* ---- the tests ---- */

static void
what_is_owed_is_sent_and_told_once(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	owe(w, "hook", "ntf_1", 1);
	owe_and_wake(w, "chat", "ntf_1");
	until_settled(w, METRIC_DELIVERIES_SENT, 2);
	assert_int_equal(stand_in_count(&w->in, "/chat"), 1);
	assert_string_equal(w->in.got[0].id ? w->in.got[0].id : w->in.got[1].id, "ntf_1_1");
	nothing_else_goes(w, "/hook", 1);
	assert_int_equal(stand_in_count(&w->in, "/chat"), 1);
}

static void
owed_before_the_start_is_sent_after_it(void **state)
{
	struct world *w = *state;
	char *sinks = usual_sinks(w);

	load(w, sinks);
	owe_and_wake(w, "hook", "ntf_1"); /* not configured yet: nothing happens */
	configure(w, sinks);
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	free(sinks);
}

static int
claim_as_if_killed(struct db *db, void *arg, struct err *err)
{
	const struct claim_want want = {arg, 1, MINUTE_MS};
	struct claimed claimed;
	int64_t next;

	if (queue_claim(db, &want, clock_now, &claimed, &next, err) != 1)
		return -1;
	claimed_fini(&claimed);
	return 0;
}

static void
what_a_killed_relay_had_in_flight_goes_out_again(void **state)
{
	struct world *w = *state;
	char *sinks = usual_sinks(w);

	load(w, sinks);
	owe(w, "hook", "ntf_1", 1);
	char *destination = destination_of(w, "hook");
	rig_in_store(&w->rig, claim_as_if_killed, destination);
	configure(w, sinks);
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	assert_string_equal(w->in.got[0].id, "ntf_1_1");
	free(destination);
	free(sinks);
}

static void
retry_after_pauses_the_whole_destination(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	stand_in_script(&w->in, (struct stand_in_answer){"/hook", 429, "later", "60", false});
	owe_and_wake(w, "hook", "ntf_1");
	until_settled(w, METRIC_DELIVERIES_RETRY, 1);
	owe_and_wake(w, "hook", "ntf_2"); /* another lane of it */
	clock_now = T0 + 59999;
	nothing_else_goes(w, "/hook", 1);
	clock_now = T0 + 60000;
	deliver_wake(w->deliver);
	until_settled(w, METRIC_DELIVERIES_SENT, 2);
	assert_int_equal(stand_in_count(&w->in, "/hook"), 3);
}

static void
failures_back_off_each_time_twice_as_long(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	for (int i = 0; i < 3; i++)
		stand_in_script(&w->in,
		                (struct stand_in_answer){"/hook", 500 + i, "down", NULL, false});
	owe_and_wake(w, "hook", "ntf_1");
	until_settled(w, METRIC_DELIVERIES_RETRY, 1);
	static const int64_t delays[] = {5000, 10000, 20000};
	for (size_t i = 0; i < COUNT(delays); i++) {
		int64_t failed_at = clock_now;
		clock_now = failed_at + delays[i] * 8 / 10 - 1;
		nothing_else_goes(w, "/hook", i + 1);
		clock_now = failed_at + delays[i] * 12 / 10;
		deliver_wake(w->deliver);
		until_settled(w, i < 2 ? METRIC_DELIVERIES_RETRY : METRIC_DELIVERIES_SENT, 1);
	}
	/* The same id each time, signed anew each time. */
	size_t last = w->in.got_count - 1;
	assert_string_equal(w->in.got[0].id, w->in.got[last].id);
	assert_string_not_equal(w->in.got[0].signature, w->in.got[last].signature);
}

static void
a_slow_destination_delays_no_other(void **state)
{
	struct world *w = *state;
	static const char *const lanes[] = {"ntf_1", "ntf_2", "ntf_3", "ntf_4", "ntf_5", "ntf_6"};

	configure_usual(w);
	for (size_t i = 0; i < COUNT(lanes); i++)
		stand_in_script(&w->in, (struct stand_in_answer){"/hook", 200, "ok", NULL, true});
	for (size_t i = 0; i < COUNT(lanes); i++)
		owe(w, "hook", lanes[i], 1);
	deliver_wake(w->deliver);
	until_requests(w, 4); /* its slots, and no more */
	owe_and_wake(w, "chat", "ntf_1");
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	assert_int_equal(stand_in_count(&w->in, "/chat"), 1);
	nothing_else_goes(w, "/hook", 4);
	w->in.answer_count = 0;
	stand_in_let_go(&w->in);
	until_settled(w, METRIC_DELIVERIES_SENT, 6);
	assert_int_equal(stand_in_count(&w->in, "/hook"), 6);
}

static void
a_chat_gets_one_message_a_second(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	owe(w, "chat", "ntf_1", 1);
	owe_and_wake(w, "chat", "ntf_2");
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	clock_now = T0 + 999;
	nothing_else_goes(w, "/chat", 1);
	clock_now = T0 + 1000;
	deliver_wake(w->deliver);
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	assert_int_equal(stand_in_count(&w->in, "/chat"), 2);
}

static void
the_pace_needs_nobody_to_wake_it(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	owe(w, "chat", "ntf_1", 1);
	owe_and_wake(w, "chat", "ntf_2");
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	clock_now = T0 + 5000; /* the timer is real: it was armed for one second */
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
}

static void
a_rejected_message_goes_again_as_plain_text(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	stand_in_script(&w->in,
	                (struct stand_in_answer){"/chat", 400, "invalid_blocks", NULL, false});
	owe_and_wake(w, "chat", "ntf_1");
	until_settled(w, METRIC_DELIVERIES_REJECTED, 1);
	clock_now = T0 + 1000;
	deliver_wake(w->deliver);
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	assert_non_null(strstr(w->in.got[0].body, "\"blocks\""));
	assert_null(strstr(w->in.got[1].body, "\"blocks\""));
	assert_non_null(strstr(w->in.got[1].body, "Image revoked"));
}

static void
rejected_twice_is_given_up(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	for (int i = 0; i < 2; i++)
		stand_in_script(&w->in, (struct stand_in_answer){"/chat", 400, "invalid_payload",
		                                                 NULL, false});
	owe_and_wake(w, "chat", "ntf_1");
	until_settled(w, METRIC_DELIVERIES_REJECTED, 1);
	clock_now = T0 + 1000;
	deliver_wake(w->deliver);
	until_settled(w, METRIC_DELIVERIES_DEAD, 1);
	clock_now = T0 + DAY_MS;
	nothing_else_goes(w, "/chat", 2);
}

static void
a_blocked_destination_is_probed_each_hour_and_opens_again(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	stand_in_script(&w->in, (struct stand_in_answer){"/hook", 403, "no", NULL, false});
	stand_in_script(&w->in, (struct stand_in_answer){"/hook", 404, "no", NULL, false});
	owe_and_wake(w, "hook", "ntf_1");
	until_settled(w, METRIC_DELIVERIES_BLOCKED, 1);
	owe(w, "hook", "ntf_2", 1);
	owe(w, "hook", "ntf_3", 1);
	clock_now = T0 + HOUR_MS - 1;
	nothing_else_goes(w, "/hook", 1);
	clock_now = T0 + HOUR_MS;
	deliver_wake(w->deliver);
	until_settled(w, METRIC_DELIVERIES_BLOCKED, 1); /* the probe, one of three */
	nothing_else_goes(w, "/hook", 2);
	clock_now = T0 + 2 * HOUR_MS;
	deliver_wake(w->deliver);
	until_settled(w, METRIC_DELIVERIES_SENT, 3); /* the probe, and then the others */
}

static void
a_reload_probes_a_blocked_destination_once(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	stand_in_script(&w->in, (struct stand_in_answer){"/hook", 401, "no", NULL, false});
	stand_in_script(&w->in, (struct stand_in_answer){"/hook", 410, "no", NULL, false});
	owe_and_wake(w, "hook", "ntf_1");
	until_settled(w, METRIC_DELIVERIES_BLOCKED, 1);
	owe(w, "hook", "ntf_2", 1);
	configure_usual(w);
	until_settled(w, METRIC_DELIVERIES_BLOCKED, 1);
	nothing_else_goes(w, "/hook", 2);
	configure_usual(w);
	until_settled(w, METRIC_DELIVERIES_SENT, 2);
}

static void
a_sink_taken_out_of_the_config_finishes_and_waits(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	char *destination = destination_of(w, "hook");
	assert_true(deliver_knows(w->deliver, destination));
	stand_in_script(&w->in, (struct stand_in_answer){"/hook", 200, "ok", NULL, true});
	owe_and_wake(w, "hook", "ntf_1");
	until_requests(w, 1);
	owe(w, "hook", "ntf_2", 1);
	configure(w, "");
	assert_false(deliver_knows(w->deliver, destination));
	stand_in_let_go(&w->in);
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	nothing_else_goes(w, "/hook", 1);
	configure_usual(w);
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	assert_int_equal(stand_in_count(&w->in, "/hook"), 2);
	free(destination);
}

static void
a_blocked_sink_mended_by_another_address_says_what_waited(void **state)
{
	struct world *w = *state;
	const char *host = httpd_address(w->in.httpd);
	char *mended = mem_fmt("- name: hook\n"
	                       "  webhook: {url: \"http://%s/mended\", secret_file: hook.key,"
	                       " allow_private: true}\n",
	                       host);

	configure_usual(w);
	owe_and_wake(w, "hook", "ntf_1");
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	clock_now = T0 + MINUTE_MS;
	stand_in_script(&w->in, (struct stand_in_answer){"/hook", 410, "gone", NULL, false});
	owe(w, "hook", "ntf_1", 2);
	deliver_wake(w->deliver);
	until_settled(w, METRIC_DELIVERIES_BLOCKED, 1);
	owe(w, "hook", "ntf_2", 1);
	configure(w, mended);
	until_settled(w, METRIC_DELIVERIES_SENT, 2);
	assert_int_equal(stand_in_count(&w->in, "/hook"), 2);
	assert_int_equal(stand_in_count(&w->in, "/mended"), 2);
	for (size_t i = 2; i < w->in.got_count; i++) {
		bool known = strcmp(w->in.got[i].id, "ntf_1_2") == 0;
		assert_non_null(strstr(w->in.got[i].body, known ? "\"changed\"" : "\"opened\""));
	}
	free(mended);
}

static void
let_go_with(struct world *w, int code)
{
	assert_int_equal(w->in.held_count, 1);
	w->in.held_count = 0;
	httpd_reply(w->in.held[0], code, "text/plain", "no", 2);
}

/* Nobody's clock moves here: an hour until the next look would be too late. */
static void
under_way_while_the_address_changes_it_goes_to_the_new_one(void **state)
{
	struct world *w = *state;
	const char *host = httpd_address(w->in.httpd);
	char *mended = mem_fmt("- name: hook\n"
	                       "  webhook: {url: \"http://%s/mended\", secret_file: hook.key,"
	                       " allow_private: true}\n",
	                       host);

	configure_usual(w);
	stand_in_script(&w->in, (struct stand_in_answer){.path = "/hook", .hold = true});
	owe_and_wake(w, "hook", "ntf_1");
	until_requests(w, 1);
	configure(w, mended);
	nothing_else_goes(w, "/mended", 0); /* what the reload does was done */
	let_go_with(w, 503);
	until_settled(w, METRIC_DELIVERIES_RETRY, 1);
	clock_now = T0 + 7000;
	deliver_wake(w->deliver);
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	assert_int_equal(stand_in_count(&w->in, "/mended"), 1);
	free(mended);
}

static void
blocked_under_the_config_before_blocks_nothing(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	stand_in_script(&w->in, (struct stand_in_answer){.path = "/hook", .hold = true});
	owe_and_wake(w, "hook", "ntf_1");
	until_requests(w, 1);
	configure_usual(w); /* with the right key now */
	nothing_else_goes(w, "/hook", 1);
	let_go_with(w, 401);
	until_settled(w, METRIC_DELIVERIES_BLOCKED, 1);
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	assert_int_equal(stand_in_count(&w->in, "/hook"), 2);
}

static int
accept_task(struct db *db, void *arg, struct err *err)
{
	const struct new_event event = {
		.id = "evt_1",
		.key = "0123456789abcdef0123456789abcdef",
		.source = "task",
		.source_kind = "hcp_run_task",
		.body = "{}",
		.body_len = 2,
		.sealed = arg,
		.received_at = clock_now,
	};
	char first[32];

	return event_insert(db, &event, first, err) == 1 ? 0 : -1;
}

static int
read_sealed(struct db *db, void *arg, struct err *err)
{
	*(char **)arg = event_sealed(db, "evt_1", err);
	return 0;
}

static void
owe_callback_of(struct world *w, const char *key, const char *document)
{
	char *sealed = seal_text(key, "run task token", "token-of-the-run");
	char *url = stand_in_url(&w->in, "/callback");
	char *destination = mem_fmt("task_callback %s", httpd_address(w->in.httpd));
	struct delivery_plan plan = {
		.notification_id = "taskrs-1",
		.revision = 1,
		.document = document,
		.destination = destination,
		.sink_kind = "task_callback",
		.every_revision = true,
		.target = url,
		.event_id = "evt_1",
	};

	rig_in_store(&w->rig, accept_task, sealed);
	rig_in_store(&w->rig, add, &plan);
	deliver_wake(w->deliver);
	free(destination);
	free(url);
	free(sealed);
}

static void
owe_callback(struct world *w, const char *key)
{
	owe_callback_of(w, key, "{\"status\":\"passed\",\"message\":\"fine\"}");
}

static void
expect_token_gone(struct world *w)
{
	char *sealed = NULL;

	rig_in_store(&w->rig, read_sealed, &sealed);
	assert_null(sealed);
}

static void
a_run_task_is_answered_and_its_token_dropped(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	owe_callback(w, TASK_KEY);
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	assert_string_equal(w->in.got[0].path, "/callback");
	assert_string_equal(w->in.got[0].authorization, "Bearer token-of-the-run");
	expect_token_gone(w);
}

static void
the_token_is_kept_until_the_final_callback(void **state)
{
	struct world *w = *state;
	char *sealed = NULL;

	configure_usual(w);
	owe_callback_of(w, TASK_KEY, "{\"status\":\"running\",\"message\":\"reads\"}");
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	rig_in_store(&w->rig, read_sealed, &sealed);
	assert_non_null(sealed);
	free(sealed);
}

static void
a_host_taken_out_of_the_config_gets_no_token(void **state)
{
	struct world *w = *state;

	w->callbacks_refused = true;
	configure_usual(w);
	owe_callback(w, TASK_KEY);
	until_settled(w, METRIC_DELIVERIES_DEAD, 1);
	assert_int_equal(w->in.got_count, 0);
	expect_token_gone(w);
}

static void
a_token_nobody_can_open_is_given_up(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	owe_callback(w, "a key of yesterday");
	until_settled(w, METRIC_DELIVERIES_DEAD, 1);
	assert_int_equal(w->in.got_count, 0);
	expect_token_gone(w);
}

static void
on_drained(void *arg)
{
	struct world *w = arg;

	w->drained++;
}

static void
a_drain_waits_for_what_is_in_flight_and_claims_nothing_more(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	stand_in_script(&w->in, (struct stand_in_answer){"/hook", 200, "ok", NULL, true});
	owe_and_wake(w, "hook", "ntf_1");
	until_requests(w, 1);
	owe(w, "hook", "ntf_2", 1);
	deliver_drain(w->deliver, on_drained, w);
	deliver_wake(w->deliver);
	rig_in_store(&w->rig, read_sealed, &(char *){NULL}); /* a turn of the loop and the store */
	assert_int_equal(w->drained, 0);
	stand_in_let_go(&w->in);
	until(w, is_drained);
	until_settled(w, METRIC_DELIVERIES_SENT, 1);
	assert_int_equal(stand_in_count(&w->in, "/hook"), 1);
	assert_int_equal(w->drained, 1);
}

static void
an_idle_one_drains_at_once(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	deliver_drain(w->deliver, on_drained, w);
	assert_int_equal(w->drained, 0); /* never before it returns */
	until(w, is_drained);
}

static void
the_end_cancels_what_is_still_in_flight(void **state)
{
	struct world *w = *state;

	configure_usual(w);
	stand_in_script(&w->in, (struct stand_in_answer){"/hook", 200, "ok", NULL, true});
	owe_and_wake(w, "hook", "ntf_1");
	until_requests(w, 1); /* the teardown frees the rest */
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(what_is_owed_is_sent_and_told_once),
		WORLD_TEST(owed_before_the_start_is_sent_after_it),
		WORLD_TEST(what_a_killed_relay_had_in_flight_goes_out_again),
		WORLD_TEST(retry_after_pauses_the_whole_destination),
		WORLD_TEST(failures_back_off_each_time_twice_as_long),
		WORLD_TEST(a_slow_destination_delays_no_other),
		WORLD_TEST(a_chat_gets_one_message_a_second),
		WORLD_TEST(the_pace_needs_nobody_to_wake_it),
		WORLD_TEST(a_rejected_message_goes_again_as_plain_text),
		WORLD_TEST(rejected_twice_is_given_up),
		WORLD_TEST(a_blocked_destination_is_probed_each_hour_and_opens_again),
		WORLD_TEST(a_reload_probes_a_blocked_destination_once),
		WORLD_TEST(a_sink_taken_out_of_the_config_finishes_and_waits),
		WORLD_TEST(a_blocked_sink_mended_by_another_address_says_what_waited),
		WORLD_TEST(under_way_while_the_address_changes_it_goes_to_the_new_one),
		WORLD_TEST(blocked_under_the_config_before_blocks_nothing),
		WORLD_TEST(a_run_task_is_answered_and_its_token_dropped),
		WORLD_TEST(a_token_nobody_can_open_is_given_up),
		WORLD_TEST(the_token_is_kept_until_the_final_callback),
		WORLD_TEST(a_host_taken_out_of_the_config_gets_no_token),
		WORLD_TEST(a_drain_waits_for_what_is_in_flight_and_claims_nothing_more),
		WORLD_TEST(an_idle_one_drains_at_once),
		WORLD_TEST(the_end_cancels_what_is_still_in_flight),
	};
	return cmocka_run_group_tests(tests, shipped_load, shipped_release);
}
