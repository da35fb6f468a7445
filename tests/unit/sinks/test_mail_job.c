#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "relay/runtime/helper.h"
#include "sinks/mail_job.h"

static char letter_data[] = "Subject: x\r\n\r\n.dot\r\n";
static char *two[] = {"jane.doe@example.com", "ops@example.com"};
static char *one[] = {"security@example.com"};

static struct mail_letter letters[] = {
	{letter_data, sizeof(letter_data) - 1, two, 2},
	{letter_data, sizeof(letter_data) - 1, one, 1},
};

static const struct mail_job full = {
	.host = "smtp.example.com",
	.port = 587,
	.security = MAIL_TLS,
	.auth = MAIL_AUTH_XOAUTH2,
	.tls13 = true,
	.username = "relay",
	.password = "hunter2 \xe4\"\\",
	.ca_file = "/etc/ca.pem",
	.hello = "relay.example.com",
	.sender = "bounces@example.com",
	.timeout_ms = 1000,
	.session_ms = 2000,
	.letters = letters,
	.letter_count = 2,
};

static void
a_job_comes_back_as_it_was(void **state)
{
	struct buf text = {0};
	struct mail_job job;
	struct err err = {0};

	(void)state;
	mail_job_write(&full, &text);
	assert_null(strstr(text.data, "hunter2"));
	if (mail_job_read(&job, text.data, text.len, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(job.host, full.host);
	assert_int_equal(job.port, 587);
	assert_int_equal(job.security, MAIL_TLS);
	assert_int_equal(job.auth, MAIL_AUTH_XOAUTH2);
	assert_true(job.tls13);
	assert_string_equal(job.username, full.username);
	assert_string_equal(job.password, full.password);
	assert_string_equal(job.ca_file, full.ca_file);
	assert_string_equal(job.hello, full.hello);
	assert_string_equal(job.sender, full.sender);
	assert_int_equal(job.timeout_ms, 1000);
	assert_int_equal(job.session_ms, 2000);
	assert_int_equal(job.letter_count, 2);
	assert_int_equal(job.letters[0].to_count, 2);
	assert_string_equal(job.letters[0].to[1], "ops@example.com");
	assert_int_equal(job.letters[1].len, sizeof(letter_data) - 1);
	assert_memory_equal(job.letters[1].data, letter_data, sizeof(letter_data) - 1);
	mail_job_fini(&job);
	buf_fini(&text);
}

static void
what_is_not_given_stays_not_given(void **state)
{
	struct mail_job bare = full, job;
	struct buf text = {0};
	struct err err = {0};

	(void)state;
	bare.username = bare.password = bare.ca_file = bare.hello = NULL;
	bare.sender = "";
	mail_job_write(&bare, &text);
	assert_int_equal(mail_job_read(&job, text.data, text.len, &err), 0);
	assert_null(job.username);
	assert_null(job.password);
	assert_null(job.ca_file);
	assert_null(job.hello);
	assert_string_equal(job.sender, "");
	mail_job_fini(&job);
	buf_fini(&text);
}

static json_t *
full_tree(void)
{
	struct buf text = {0};

	mail_job_write(&full, &text);
	json_t *tree = json_loadb(text.data, text.len, 0, NULL);
	buf_fini(&text);
	return tree;
}

static void
assert_refused(json_t *tree, const char *what)
{
	char *text = json_dumps(tree, 0);
	struct mail_job job;
	struct err err = {0};

	if (mail_job_read(&job, text, strlen(text), &err) == 0)
		fail_msg("taken: %s", what);
	assert_true(err.text[0] != '\0');
	assert_null(strstr(err.text, "hunter2"));
	assert_null(job.password);
	free(text);
	json_decref(tree);
}

static json_t *
base64_json(const char *bytes, size_t len)
{
	char *text = base64_encode(bytes, len);
	json_t *out = json_string(text);

	free(text);
	return out;
}

static void
what_could_end_a_line_early_is_refused(void **state)
{
	static const struct {
		const char *key, *value;
	} cases[] = {
		{"host", "a\r\nQUIT"},
		{"host", ""},
		{"host", "a b"},
		{"host", "a/b"},
		{"hello", "x\r\nMAIL FROM:<>"},
		{"hello", "x y"},
		{"sender", "a@example.com>\r\nRCPT TO:<evil@example.com"},
		{"sender", "a"},
		{"username", "a\nb"},
		{"ca_file", "a\nb"},
		{"security", "ssl"},
		{"security", "STARTTLS"},
		{"auth", "plain"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *tree = full_tree();
		json_object_set_new(tree, cases[i].key, json_string(cases[i].value));
		assert_refused(tree, cases[i].key);
	}
	static const char *const addresses[] = {"a@example.com>\r\nRCPT TO:<b@example.com", "", "a",
	                                        "a@b c", "a@example.com\n"};
	for (size_t i = 0; i < COUNT(addresses); i++) {
		json_t *tree = full_tree();
		json_t *to =
			json_object_get(json_array_get(json_object_get(tree, "letters"), 0), "to");
		json_array_set_new(to, 1, json_string(addresses[i]));
		assert_refused(tree, addresses[i]);
	}
	static const char *const passwords[] = {"a\r\nb", "", "a\nb"};
	for (size_t i = 0; i < COUNT(passwords); i++) {
		json_t *tree = full_tree();
		json_object_set_new(tree, "password",
		                    base64_json(passwords[i], strlen(passwords[i])));
		assert_refused(tree, "password");
	}
	json_t *tree = full_tree();
	json_object_set_new(tree, "password", base64_json("a\0b", 3));
	assert_refused(tree, "password with NUL");
}

static void
messages_are_lines_ended_by_crlf(void **state)
{
	static const char *const messages[] = {"",         "x",           "x\n",      "x\r",
	                                       "x\r\ny",   "x\ny\r\n",    "x\ry\r\n", "\r\r\n",
	                                       "x\r\n.\n", "x\r\n.\r\r\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		json_t *tree = full_tree();
		json_t *letter = json_array_get(json_object_get(tree, "letters"), 1);
		json_object_set_new(letter, "data", base64_json(messages[i], strlen(messages[i])));
		assert_refused(tree, messages[i]);
	}
	size_t len = 256 * 1024 + 2;
	char *large = mem_alloc(len);
	memset(large, 'x', len);
	memcpy(large + len - 2, "\r\n", 2);
	json_t *tree = full_tree();
	json_object_set_new(json_array_get(json_object_get(tree, "letters"), 1), "data",
	                    base64_json(large, len));
	assert_refused(tree, "too large");
	free(large);
}

static void
a_job_of_another_shape_is_refused(void **state)
{
	static const char *const keys[] = {
		"host",  "port",   "security", "auth",       "tls13",      "username", "ca_file",
		"hello", "sender", "password", "timeout_ms", "session_ms", "letters"};

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		json_t *tree = full_tree();
		json_object_del(tree, keys[i]);
		assert_refused(tree, keys[i]);
		tree = full_tree();
		json_object_set_new(tree, keys[i], json_real(1.5));
		assert_refused(tree, keys[i]);
	}
	json_t *tree = full_tree();
	json_object_set_new(tree, "more", json_null());
	assert_refused(tree, "an unknown key");
	static const int64_t ports[] = {0, 65536, -1};
	for (size_t i = 0; i < COUNT(ports); i++) {
		tree = full_tree();
		json_object_set_new(tree, "port", json_integer(ports[i]));
		assert_refused(tree, "port");
	}
	tree = full_tree();
	json_object_set_new(tree, "timeout_ms", json_integer(MAIL_DEADLINE_MS + 1));
	assert_refused(tree, "timeout_ms");
	tree = full_tree();
	json_array_clear(json_object_get(tree, "letters"));
	assert_refused(tree, "no letter");
	tree = full_tree();
	for (int i = 0; i < MAIL_BATCH_MAX - 1; i++)
		json_array_append(json_object_get(tree, "letters"),
		                  json_array_get(json_object_get(tree, "letters"), 0));
	assert_refused(tree, "too many letters");
	tree = full_tree();
	json_t *to = json_object_get(json_array_get(json_object_get(tree, "letters"), 0), "to");
	for (int i = 0; i < MAIL_RECIPIENTS_MAX - 1; i++)
		json_array_append(to, json_array_get(to, 0));
	assert_refused(tree, "too many recipients");
	tree = full_tree();
	json_object_set_new(tree, "username", json_null());
	assert_refused(tree, "a password without a username");
}

static void
no_word_of_a_broken_job_is_repeated(void **state)
{
	static const char text[] = "{\"password\": \"hunter2\", hunter2";
	struct mail_job job;
	struct err err = {0};

	(void)state;
	assert_int_equal(mail_job_read(&job, text, sizeof(text) - 1, &err), -1);
	assert_null(strstr(err.text, "hunter2"));
}

static void
a_result_comes_back_as_it_was(void **state)
{
	struct mail_result result, back;
	struct buf text = {0};
	struct err err = {0};

	(void)state;
	mail_result_init(&result, &full);
	assert_int_equal(result.fates[0][1].outcome, OUTCOME_RETRY);
	assert_int_equal(result.fates[0][1].code, 0);
	assert_int_equal(result.session.outcome, OUTCOME_SENT);
	mail_fate_set(&result.fates[0][0], OUTCOME_SENT, 250, "ok");
	mail_fate_set(&result.fates[0][1], OUTCOME_REJECTED, 552, "too large");
	result.fates[0][1].content = true;
	mail_fate_set(&result.fates[1][0], OUTCOME_BLOCKED, 530, NULL);
	result.fates[1][0].unheard = true;
	mail_fate_set(&result.session, OUTCOME_BLOCKED, 530, "x");
	mail_result_write(&result, &text);
	if (mail_result_read(&back, text.data, text.len, &full, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(back.session.outcome, OUTCOME_BLOCKED);
	assert_int_equal(back.session.code, 530);
	assert_int_equal(back.fates[0][0].outcome, OUTCOME_SENT);
	assert_string_equal(back.fates[0][0].text, "ok");
	assert_int_equal(back.fates[0][1].code, 552);
	assert_true(back.fates[0][1].content);
	assert_false(back.fates[0][1].unheard);
	assert_true(back.fates[1][0].unheard);
	assert_null(back.fates[1][0].text);
	mail_result_fini(&back);
	mail_result_fini(&result);
	buf_fini(&text);
}

#define FATE(outcome, code)                       \
	"{\"outcome\":" outcome ",\"code\":" code \
	",\"unheard\":false,\"content\":false,\"text\":null}"
#define GOOD FATE("\"sent\"", "250")
#define RESULT(session, letters) "{\"session\":" session ",\"letters\":" letters "}"

/* Else a list would get what it refused at length again and again. */
static void
the_largest_result_is_an_answer_that_a_helper_may_give(void **state)
{
	static char *to[MAIL_RECIPIENTS_MAX];
	static struct mail_letter most[MAIL_BATCH_MAX];
	struct mail_job job = {.letters = most, .letter_count = MAIL_BATCH_MAX};
	struct mail_result result, back;
	struct buf text = {0};
	struct err err = {0};
	char refusal[500];

	(void)state;
	memset(refusal, '"', sizeof(refusal)); /* two bytes each in JSON */
	refusal[sizeof(refusal) - 1] = '\0';
	for (size_t i = 0; i < MAIL_BATCH_MAX; i++)
		most[i] = (struct mail_letter){letter_data, sizeof(letter_data) - 1, to,
		                               MAIL_RECIPIENTS_MAX};
	mail_result_init(&result, &job);
	for (size_t i = 0; i < MAIL_BATCH_MAX; i++)
		for (size_t j = 0; j < MAIL_RECIPIENTS_MAX; j++)
			mail_fate_set(&result.fates[i][j], OUTCOME_REJECTED, 550, refusal);
	mail_fate_set(&result.session, OUTCOME_REJECTED, 550, refusal);
	mail_result_write(&result, &text);
	assert_in_range(text.len, 1, HELPER_ANSWER_MAX);
	assert_int_equal(mail_result_read(&back, text.data, text.len, &job, &err), 0);
	assert_int_equal(back.fates[MAIL_BATCH_MAX - 1][MAIL_RECIPIENTS_MAX - 1].code, 550);
	mail_result_fini(&back);
	mail_result_fini(&result);
	buf_fini(&text);
}

static void
a_result_that_does_not_fit_the_job_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"[]",
		"{}",
		RESULT(GOOD, "[]"),
		RESULT(GOOD, "[[" GOOD "],[" GOOD "]]"),
		RESULT(GOOD, "[[" GOOD "," GOOD "," GOOD "],[" GOOD "]]"),
		RESULT(GOOD, "[[" GOOD "," GOOD "],[" GOOD "],[" GOOD "]]"),
		RESULT(GOOD, "[[" GOOD "," GOOD "],{}]"),
		RESULT(GOOD, "[[" GOOD "," GOOD "],[" FATE("\"lost\"", "250") "]]"),
		RESULT(GOOD, "[[" GOOD "," GOOD "],[" FATE("0", "250") "]]"),
		RESULT(GOOD, "[[" GOOD "," GOOD "],[" FATE("\"sent\"", "1000") "]]"),
		RESULT(GOOD, "[[" GOOD "," GOOD "],[" FATE("\"sent\"", "-1") "]]"),
		RESULT(GOOD, "[[" GOOD "," GOOD "],[" FATE("\"sent\"", "\"250\"") "]]"),
		RESULT("null", "[[" GOOD "," GOOD "],[" GOOD "]]"),
		RESULT(GOOD, "[[" GOOD "," GOOD "],[{\"outcome\":\"sent\"}]]"),
	};
	static const char good[] = RESULT(GOOD, "[[" GOOD "," GOOD "],[" GOOD "]]");
	struct mail_result result;
	struct err err = {0};

	(void)state;
	assert_int_equal(mail_result_read(&result, good, sizeof(good) - 1, &full, &err), 0);
	mail_result_fini(&result);
	for (size_t i = 0; i < COUNT(cases); i++)
		if (mail_result_read(&result, cases[i], strlen(cases[i]), &full, &err) == 0)
			fail_msg("taken: %s", cases[i]);
}

static void
what_a_server_says_becomes_one_line_of_utf8(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{"mailbox full\r\n", "mailbox full"},
		{"a\r\n\tb\033[31m", "a b [31m"},
		{"caf\xc3\xa9 \xff\xfe!", "caf\xc3\xa9 ?"
	                                  "?!"},
		{"", ""},
	};
	struct mail_fate fate = {0};
	char large[2000];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		mail_fate_set(&fate, OUTCOME_RETRY, 450, cases[i].from);
		assert_string_equal(fate.text, cases[i].to);
	}
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	mail_fate_set(&fate, OUTCOME_RETRY, 450, large);
	assert_in_range(strlen(fate.text), 100, 500);
	free(fate.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_comes_back_as_it_was),
		cmocka_unit_test(what_is_not_given_stays_not_given),
		cmocka_unit_test(what_could_end_a_line_early_is_refused),
		cmocka_unit_test(messages_are_lines_ended_by_crlf),
		cmocka_unit_test(a_job_of_another_shape_is_refused),
		cmocka_unit_test(no_word_of_a_broken_job_is_repeated),
		cmocka_unit_test(a_result_comes_back_as_it_was),
		cmocka_unit_test(the_largest_result_is_an_answer_that_a_helper_may_give),
		cmocka_unit_test(a_result_that_does_not_fit_the_job_is_refused),
		cmocka_unit_test(what_a_server_says_becomes_one_line_of_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
