/* Deliveries and events: what is listed, and what retry and replay do. */
#include "world.h"

static struct answer
post(const char *fmt, const char *id)
{
	char *path = mem_fmt("%s%s%s", fmt, id, strstr(fmt, "events") ? "/replay" : "/retry");
	struct answer answer = rig_post(rig, path);

	free(path);
	return answer;
}

static struct answer
get_event(const char *id)
{
	char *path = mem_fmt("/api/v1/events/%s", id);
	struct answer answer = rig_get(rig, path);

	free(path);
	return answer;
}

static void
must_list_one(const char *path, const char *id)
{
	struct answer answer = rig_get(rig, path);

	if (answer.status != 200 || json_array_size(must_have(answer.json, "items")) != 1)
		fail_msg("%s: %s", path, answer.body);
	must_say(answer.json, "items.0.id", id);
	answer_fini(&answer);
}

static void
deliveries_are_found_by_what_became_of_them(void **state)
{
	struct answer answer = rig_get(rig, "/api/v1/deliveries?sink=archive");

	(void)state;
	assert_int_equal(json_array_size(must_have(answer.json, "items")), 4);
	answer_fini(&answer);
	must_list_one("/api/v1/deliveries?state=dead", world.dead);
	must_list_one("/api/v1/deliveries?state=sent", world.sent);
	must_list_one("/api/v1/deliveries?state=blocked", world.blocked);
	must_list_one("/api/v1/deliveries?state=pending", world.claimed);
	answer = rig_get(rig, "/api/v1/deliveries?sink=nobody");
	assert_int_equal(json_array_size(must_have(answer.json, "items")), 0);
	answer_fini(&answer);
	answer = rig_get(rig, "/api/v1/deliveries?state=claimed");
	assert_int_equal(answer.status, 400);
	answer_fini(&answer);
}

static void
deliveries_of_one_incident(void **state)
{
	char *path = mem_fmt("/api/v1/deliveries?incident=%s", world.revocation);
	char *sent = mem_fmt("%s&state=sent", path);
	struct answer answer = rig_get(rig, path);

	(void)state;
	assert_int_equal(json_array_size(must_have(answer.json, "items")), 2);
	answer_fini(&answer);
	must_list_one(sent, world.sent);
	free(path);
	free(sent);
}

static void
a_delivery_tells_its_attempts_in_order(void **state)
{
	struct answer answer = rig_get(rig, "/api/v1/deliveries?state=dead");
	const json_t *one = json_array_get(must_have(answer.json, "items"), 0);

	(void)state;
	must_say(one, "state", "dead");
	must_say(one, "sink", "archive");
	must_say(one, "team", "shop");
	must_say(one, "incident", world.revocation);
	must_count(one, "revision", 1);
	must_say(one, "reason", "opened");
	assert_int_equal(json_array_size(must_have(one, "recipients")), 0);
	must_say(one, "attempts.0.outcome", "retry");
	must_count(one, "attempts.0.code", 503);
	must_say(one, "attempts.0.text", "busy");
	must_count(one, "attempts.0.ms", 25);
	must_say(one, "attempts.0.at", "2026-03-01T00:01:00Z");
	must_say(one, "attempts.1.outcome", "rejected");
	must_say(one, "next_at", NULL);
	answer_fini(&answer);
}

static void
a_blocked_delivery_waits_for_the_next_probe(void **state)
{
	struct answer answer = rig_get(rig, "/api/v1/deliveries?state=blocked");

	(void)state;
	must_say(answer.json, "items.0.state", "blocked");
	must_say(answer.json, "items.0.next_at", "2026-03-01T02:00:00Z");
	answer_fini(&answer);
}

static void
only_what_is_dead_or_waiting_is_tried_again(void **state)
{
	struct answer answer = post("/api/v1/deliveries/", world.sent);

	(void)state;
	assert_int_equal(answer.status, 409);
	answer_fini(&answer);
	answer = post("/api/v1/deliveries/", world.claimed);
	assert_int_equal(answer.status, 409);
	answer_fini(&answer);
	answer = post("/api/v1/deliveries/", "dlv_nothing");
	assert_int_equal(answer.status, 404);
	answer_fini(&answer);
	answer = post("/api/v1/deliveries/", world.dead);
	assert_int_equal(answer.status, 200);
	must_say(answer.json, "id", world.dead);
	must_say(answer.json, "state", "pending");
	answer_fini(&answer);
	assert_true(rig_woken(rig, 1));
	answer = rig_get(rig, "/api/v1/deliveries?state=dead");
	assert_int_equal(json_array_size(must_have(answer.json, "items")), 0);
	answer_fini(&answer);
}

static void
events_are_listed_newest_first(void **state)
{
	struct answer answer = rig_get(rig, "/api/v1/events?limit=2");

	(void)state;
	must_say(answer.json, "items.0.id", world.broken);
	must_say(answer.json, "items.1.id", world.parked);
	must_say(answer.json, "items.1.reason", "it failed three times");
	must_say(answer.json, "items.1.kind", "version.thing");
	must_say(answer.json, "items.1.source", "runs");
	assert_null(json_object_get(json_array_get(must_have(answer.json, "items"), 0), "body"));
	must_say(answer.json, "next", world.parked);
	answer_fini(&answer);
	must_list_one("/api/v1/events?state=parked", world.parked);
	must_list_one("/api/v1/events?state=processed", world.processed);
	must_list_one("/api/v1/events?state=unknown&source=builds", world.unknown);
}

static void
an_event_shows_its_body(void **state)
{
	struct answer answer = get_event(world.processed);

	(void)state;
	must_say(answer.json, "state", "processed");
	must_say(answer.json, "received_at", "2026-03-01T00:00:00Z");
	must_say(answer.json, "reason", NULL);
	must_say(answer.json, "body.a.1", "two");
	answer_fini(&answer);
	answer = get_event(world.broken);
	must_say(answer.json, "body", "{\"twice\":1,\"twice\":2}");
	answer_fini(&answer);
	answer = get_event("evt_nothing");
	assert_int_equal(answer.status, 404);
	answer_fini(&answer);
}

static void
replaying_plans_an_odd_event_again_and_leaves_the_others(void **state)
{
	struct answer answer = post("/api/v1/events/", world.processed);

	(void)state;
	assert_int_equal(answer.status, 200);
	must_say(answer.json, "state", "processed");
	answer_fini(&answer);
	answer = get_event(world.processed);
	must_say(answer.json, "kind", "version.thing");
	answer_fini(&answer);
	answer = post("/api/v1/events/", "evt_nothing");
	assert_int_equal(answer.status, 404);
	answer_fini(&answer);
	answer = post("/api/v1/events/", world.unknown);
	assert_int_equal(answer.status, 200);
	must_say(answer.json, "id", world.unknown);
	must_say(answer.json, "state", "accepted");
	answer_fini(&answer);
	assert_true(rig_planned(rig));
	answer = get_event(world.unknown);
	must_say(answer.json, "state", "processed");
	must_say(answer.json, "kind", "planned.again");
	answer_fini(&answer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(deliveries_are_found_by_what_became_of_them),
		WORLD_TEST(deliveries_of_one_incident),
		WORLD_TEST(a_delivery_tells_its_attempts_in_order),
		WORLD_TEST(a_blocked_delivery_waits_for_the_next_probe),
		WORLD_TEST(only_what_is_dead_or_waiting_is_tried_again),
		WORLD_TEST(events_are_listed_newest_first),
		WORLD_TEST(an_event_shows_its_body),
		WORLD_TEST(replaying_plans_an_odd_event_again_and_leaves_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
