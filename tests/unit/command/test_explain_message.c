/* Messages in short: mails read back, texts of Slack, what a webhook's body is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/command/explain_message.h"

#define FIELDS "Date: x\nFrom: a@example.com\nTo: b@example.com,\n c@example.com\n"

static void
check(const char *kind, const char *message, const char *wanted)
{
	char *text = explain_message(kind, message);

	assert_string_equal(text, wanted);
	free(text);
}

static void
a_mail_is_read_back(void **state)
{
	(void)state;
	check("email",
	      FIELDS "Subject: =?UTF-8?B?R3LDvMOf?=\n =?UTF-8?B?ZQ==?= and more\n"
	             "Message-ID:\n <x@example.com>\n"
	             "Content-Type: text/plain; charset=utf-8\n\n"
	             "=C3=BC=3D a long=\n line=\n\nnot a code: =G0 =c3 =\n",
	      "From: a@example.com\nTo: b@example.com, c@example.com\n"
	      "Subject: Gr\xc3\xbc\xc3\x9f"
	      "e and more\nMessage-ID: <x@example.com>\n\n"
	      "\xc3\xbc= a long line\nnot a code: =G0 =c3 ");
	check("email",
	      FIELDS "Subject: s\nMessage-ID: <x>\n"
	             "Content-Type: multipart/alternative;\n boundary=\"=_b\"\n\n"
	             "--=_b\nContent-Type: text/plain\n\nthe text\n\n"
	             "--=_b\nContent-Type: text/html\n\n<p>\n--=_b--\n",
	      "From: a@example.com\nTo: b@example.com, c@example.com\n"
	      "Subject: s\nMessage-ID: <x>\n\nthe text\n");
}

static void
texts_of_slack_in_their_order(void **state)
{
	(void)state;
	check("slack", "{\"text\": \"alone\"}", "alone\n");
	check("slack",
	      "{\"text\": \"all\", \"blocks\": ["
	      "{\"type\": \"header\", \"text\": {\"type\": \"plain_text\", \"text\": \"one\"}},"
	      "{\"type\": \"divider\"},"
	      "{\"type\": \"section\", \"fields\": [{\"text\": \"two\"}, {\"text\": \"three\"}]},"
	      "{\"type\": \"context\", \"elements\": [{\"text\": \"four\"}]}]}",
	      "all\n\none\ntwo\nthree\nfour\n");
	check("slack",
	      "chat.update\n{\n  \"text\": \"it\", \"channel\": \"C1\", \"ts\": \"1.2\",\n"
	      "  \"blocks\": [{\"text\": \"one\"}]\n}\n"
	      "\nchat.postMessage\n{\"text\": \"new\", \"channel\": \"C1\", \"thread_ts\": \"1.2\"}\n",
	      "chat.update in C1\n\nit\n\none\n\nchat.postMessage in C1, in the thread\n\nnew\n");
}

static void
what_the_body_of_a_webhook_is(void **state)
{
	(void)state;
	check("webhook",
	      "Content-Type: application/json\nwebhook-signature: v1,***\n\n"
	      "{\"schema\": \"driftbell.notification.v1\", \"id\": 1}\n",
	      "application/json, signed: the document driftbell.notification.v1\n");
	check("webhook", "Content-Type: a/b\n\n{\"b\": 1, \"a\": {}}\n", "a/b: b, a\n");
	check("webhook",
	      "Content-Type: a/b\n\n{\"1\": 1, \"2\": 1, \"3\": 1, \"4\": 1, \"5\": 1, \"6\": 1, "
	      "\"7\": 1, \"8\": 1, \"9\": 1, \"10\": 1, \"11\": 1, \"12\": 1, \"13\": 1}\n",
	      "a/b: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 1 more\n");
	check("webhook", "Content-Type: a/b\n\n[]\n", "a/b: a list\n");
	check("webhook", "Content-Type: a/b\n\n7\n", "a/b: a single value\n");
}

static void
what_is_not_as_expected_is_given_whole(void **state)
{
	static const char *const odd[] = {"",
	                                  "From",
	                                  "chat.update\n",
	                                  "chat.update\n{}\n",
	                                  "From:\n",
	                                  "From: a\n\n",
	                                  "{\"a\": 1}",
	                                  "[]",
	                                  "Subject: =?UTF-8?B?\n"};
	static const char *const kinds[] = {"email", "slack", "webhook", "something else"};

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++)
		for (size_t k = 0; k < COUNT(kinds); k++)
			check(kinds[k], odd[i], odd[i]);
	check("something else", "{\"text\": 1}", "{\"text\": 1}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_is_read_back),
		cmocka_unit_test(texts_of_slack_in_their_order),
		cmocka_unit_test(what_the_body_of_a_webhook_is),
		cmocka_unit_test(what_is_not_as_expected_is_given_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
