/* Somebody says "I know" of an incident, over the API. */
#include "world.h"

static struct answer
acknowledge(const char *incident, const char *body)
{
	char *path = mem_fmt("/api/v1/incidents/%s/ack", incident);
	struct answer answer = rig_say(
		rig, "POST", path, "Host: localhost\r\nContent-Type: application/json\r\n", body);

	free(path);
	return answer;
}

static void
must_refuse(const char *incident, const char *body, int status, const char *why)
{
	struct answer answer = acknowledge(incident, body);

	if (answer.status != status)
		fail_msg("%s: %d %s", body, answer.status, answer.body);
	if (strstr(json_string_value(must_have(answer.json, "error")), why) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", body, answer.body, why);
	answer_fini(&answer);
}

static const json_t *
last_line(const struct answer *answer)
{
	const json_t *timeline = must_have(answer->json, "timeline");

	return json_array_get(timeline, json_array_size(timeline) - 1);
}

static void
who_why_and_until_when_are_kept(void **state)
{
	struct answer answer = acknowledge(
		world.drift,
		"{\"by\":\"kim\",\"comment\":\"on it\",\"until\":\"2099-01-02T03:04:05+01:00\"}");

	(void)state;
	assert_int_equal(answer.status, 200);
	must_say(answer.json, "id", world.drift);
	must_say(answer.json, "acknowledged.by", "kim");
	must_say(answer.json, "acknowledged.comment", "on it");
	must_say(answer.json, "acknowledged.until", "2099-01-02T02:04:05Z");
	must_say(last_line(&answer), "what",
	         "acknowledged by kim until 2099-01-02T02:04:05Z: on it");
	must_say(last_line(&answer), "event", NULL);
	assert_true(rig_woken(rig, 1));
	answer_fini(&answer);

	char *path = mem_fmt("/api/v1/incidents/%s", world.drift);
	answer = rig_get(rig, path);
	must_say(answer.json, "acknowledged.by", "kim");
	answer_fini(&answer);
	free(path);
}

static void
a_later_one_takes_its_place_and_the_same_again_is_no_news(void **state)
{
	static const char body[] = "{\"by\":\"lee\",\"until\":\"2099-06-01T00:00:00Z\"}";
	struct answer answer = acknowledge(world.drift, body);
	size_t lines = json_array_size(must_have(answer.json, "timeline"));

	(void)state;
	must_say(answer.json, "acknowledged.by", "lee");
	must_say(answer.json, "acknowledged.comment", NULL);
	must_say(last_line(&answer), "what", "acknowledged by lee until 2099-06-01T00:00:00Z");
	answer_fini(&answer);
	answer = acknowledge(world.drift, body);
	assert_int_equal(answer.status, 200);
	assert_int_equal(json_array_size(must_have(answer.json, "timeline")), lines);
	answer_fini(&answer);
}

static void
what_is_wrong_with_the_body_is_said(void **state)
{
	static const struct {
		const char *body, *why;
	} rows[] = {
		{"", "JSON object"},
		{"[]", "JSON object"},
		{"{\"by\":", "JSON object"},
		{"{}", "by"},
		{"{\"by\":7,\"until\":\"2099-01-01T00:00:00Z\"}", "by"},
		{"{\"by\":\" \",\"until\":\"2099-01-01T00:00:00Z\"}", "by"},
		{"{\"by\":\"kim\"}", "until must be a time"},
		{"{\"by\":\"kim\",\"until\":null}", "until must be a time"},
		{"{\"by\":\"kim\",\"until\":\"tomorrow\"}", "until must be a time"},
		{"{\"by\":\"kim\",\"until\":\"2020-01-01T00:00:00Z\"}", "future"},
		{"{\"by\":\"kim\",\"coment\":\"x\",\"until\":\"2099-01-01T00:00:00Z\"}",
	         "\"coment\" is none of"},
		{"{\"by\":\"kim\",\"comment\":5,\"until\":\"2099-01-01T00:00:00Z\"}", "comment"},
	};
	char *name = mem_alloc(300), *body;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		must_refuse(world.revocation, rows[i].body, 400, rows[i].why);
	memset(name, 'k', 201);
	body = mem_fmt("{\"by\":\"%s\",\"until\":\"2099-01-01T00:00:00Z\"}", name);
	must_refuse(world.revocation, body, 400, "200 bytes");
	free(body);
	free(name);
}

static void
only_what_is_open_can_be_acknowledged(void **state)
{
	static const char body[] = "{\"by\":\"kim\",\"until\":\"2099-01-01T00:00:00Z\"}";

	(void)state;
	must_refuse("inc_nothing", body, 404, "no such incident");
	must_refuse(world.closed, body, 409, "resolved");
}

static void
it_is_a_write(void **state)
{
	char *path = mem_fmt("/api/v1/incidents/%s/ack", world.revocation);
	struct answer answer = rig_get(rig, path);
	char allow[256];

	(void)state;
	assert_int_equal(answer.status, 405);
	assert_string_equal(answer_header(&answer, "Allow", allow), "POST");
	answer_fini(&answer);
	answer = rig_say(rig, "POST", path, "Host: localhost\r\n", "{}");
	assert_int_equal(answer.status, 415);
	answer_fini(&answer);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_why_and_until_when_are_kept),
		cmocka_unit_test(a_later_one_takes_its_place_and_the_same_again_is_no_news),
		cmocka_unit_test(what_is_wrong_with_the_body_is_said),
		cmocka_unit_test(only_what_is_open_can_be_acknowledged),
		cmocka_unit_test(it_is_a_write),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
