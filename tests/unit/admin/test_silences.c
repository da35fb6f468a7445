/* Silences: made, listed, taken back. */
#include "world.h"

#define WRITE "Host: localhost\r\nContent-Type: application/json\r\n"
#define PATH "/api/v1/silences"
#define FAR "2099-01-01T00:00:00Z"

static struct answer
make(const char *body)
{
	return rig_say(rig, "POST", PATH, WRITE, body);
}

static struct answer
drop(const char *id)
{
	char *path = mem_fmt(PATH "/%s", id);
	struct answer answer = rig_say(rig, "DELETE", path, WRITE, "");

	free(path);
	return answer;
}

/* The delivery of the world that waits for its destination is held by this
 * silence, or by none. */
static void
must_be_held(const char *id)
{
	struct answer answer = rig_get(rig, "/api/v1/deliveries?state=blocked");
	size_t i;
	const json_t *item;
	bool found = false;

	json_array_foreach(must_have(answer.json, "items"), i, item)
	{
		if (strcmp(json_string_value(must_have(item, "id")), world.blocked) != 0)
			continue;
		found = true;
		must_say(item, "held_by", id);
		if (id)
			must_say(item, "next_at", FAR);
	}
	assert_true(found);
	answer_fini(&answer);
}

static void
one_is_made_and_taken_back(void **state)
{
	struct answer answer = make("{\"match\": {\"kinds\": [\"*\"]}, \"until\": \"" FAR
	                            "\", \"by\": \"jane\", \"comment\": \"moving house\"}");
	char *id;

	(void)state;
	assert_int_equal(answer.status, 200);
	must_say(answer.json, "by", "jane");
	must_say(answer.json, "comment", "moving house");
	must_say(answer.json, "until", FAR);
	must_say(answer.json, "active_until", FAR);
	must_say(answer.json, "match.kinds.0", "*");
	assert_true(json_is_null(must_have(answer.json, "weekly")));
	id = mem_str(json_string_value(must_have(answer.json, "id")));
	answer_fini(&answer);
	assert_true(rig_woken(rig, 1));
	must_be_held(id);

	answer = rig_get(rig, PATH);
	assert_int_equal(json_array_size(must_have(answer.json, "items")), 1);
	must_say(answer.json, "items.0.id", id);
	must_say(answer.json, "next", NULL);
	answer_fini(&answer);

	answer = drop(id);
	assert_int_equal(answer.status, 200);
	answer_fini(&answer);
	assert_true(rig_woken(rig, 2));
	must_be_held(NULL);
	answer = drop(id);
	assert_int_equal(answer.status, 404);
	answer_fini(&answer);
	free(id);
}

static void
pages_follow_each_other(void **state)
{
	struct answer answer;
	char *path;

	(void)state;
	for (int i = 0; i < 3; i++) {
		answer = make("{\"match\": {}, \"until\": \"" FAR "\", \"by\": \"jane\"}");
		assert_int_equal(answer.status, 200);
		answer_fini(&answer);
	}
	answer = rig_get(rig, PATH "?limit=2");
	assert_int_equal(json_array_size(must_have(answer.json, "items")), 2);
	path = mem_fmt(PATH "?limit=2&after=%s", json_string_value(must_have(answer.json, "next")));
	answer_fini(&answer);
	answer = rig_get(rig, path);
	assert_int_equal(json_array_size(must_have(answer.json, "items")), 1);
	must_say(answer.json, "next", NULL);
	answer_fini(&answer);
	free(path);
}

static void
must_refuse(const char *body, int code, const char *why)
{
	struct answer answer = make(body);

	if (answer.status != code || !strstr(answer.body, why))
		fail_msg("%d %s", answer.status, answer.body);
	answer_fini(&answer);
}

static void
what_is_no_silence_is_refused(void **state)
{
	struct answer answer;

	(void)state;
	must_refuse("", 400, "error");
	must_refuse("not: json", 400, "line 1");
	must_refuse("[]", 400, "the body must be a JSON object");
	must_refuse("{\"match\": {}, \"by\": \"jane\"}", 400, "until is missing");
	must_refuse("{\"match\": {\"kind\": []}, \"until\": \"" FAR "\", \"by\": \"jane\"}", 400,
	            "did you mean \\\"kinds\\\"");
	must_refuse("{\"match\": {\"kinds\": [\"image.x\"]}, \"until\": \"" FAR
	            "\", \"by\": \"jane\"}",
	            400, "matches no incident kind");
	must_refuse("{\"match\": null, \"until\": \"" FAR "\", \"by\": \"jane\"}", 400,
	            "match has no value");
	answer = rig_say(rig, "POST", PATH, "Host: localhost\r\n", "{}");
	assert_int_equal(answer.status, 415);
	answer_fini(&answer);
	answer = drop("config:night");
	assert_int_equal(answer.status, 409);
	answer_fini(&answer);
	answer = rig_say(rig, "PUT", PATH, WRITE, "{}");
	assert_int_equal(answer.status, 405);
	assert_non_null(strstr(answer.head, "GET, HEAD, POST"));
	answer_fini(&answer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(one_is_made_and_taken_back),
		WORLD_TEST(pages_follow_each_other),
		WORLD_TEST(what_is_no_silence_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
