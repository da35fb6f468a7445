/* What is wrong with the sinks of a file: all of it, each where it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/config/conf.h"
#include "sinks/sink.h"

static const char *const no_words[] = {NULL};
static const struct key_kind *const no_kinds[] = {NULL};
static const struct conf_kinds kinds = {no_kinds, sink_conf_kinds, no_words};

static void
assert_report(const char *text, const char *report)
{
	struct conf *conf = NULL;
	struct buf told = {0};

	setenv("PLACES_WORD", "two words", 1);
	setenv("PLACES_URL", "ftp://example.com/", 1);
	assert_int_equal(conf_parse(&conf, "/c", text, strlen(text), &kinds, &told), -1);
	assert_string_equal(buf_text(&told), report);
	buf_fini(&told);
}

static void
of_a_webhook(void **state)
{
	(void)state;
	assert_report(
		"sinks:\n- name: a\n  webhook:\n    url: http://example.com\n"
		"    secret_env: PLACES_WORD\n    content_type: \" x\"\n"
		"    headers: [{name: Host, value: x}, {name: \"a b\"}, {value: x}]\n"
		"    values:\n    - {name: x y, value: z}\n    - {name: X Y, value_env: NONE}\n",
		"/c:4:10: webhook: url is plain http, which needs allow_private: true\n"
		"/c:5:17: webhook: secret 1 of environment variable PLACES_WORD is not \"whsec_\" "
		"and base64 of 16 to 128 bytes\n"
		"/c:6:19: webhook: content_type is not one line of text\n"
		"/c:7:22: webhook: headers: Host is not yours to set\n"
		"/c:7:39: webhook: headers: give exactly one of value, value_file and value_env for "
		"a b\n"
		"/c:7:46: webhook: headers: \"a b\" is no name of a header\n"
		"/c:7:54: name is missing in headers\n"
		"/c:9:5: webhook: values are for a template, and there is none\n"
		"/c:9:14: webhook: values: \"x y\" is no name: letters, digits, _ and -\n"
		"/c:10:14: webhook: values: \"X Y\" is no name: letters, digits, _ and -\n"
		"/c:10:14: webhook: values: X Y stands there twice\n"
		"/c:10:30: value_env: environment variable NONE: it is not set\n");
	assert_report("sinks:\n- name: a\n  webhook:\n    url_env: PLACES_URL\n    template: t\n"
	              "- name: b\n  webhook: {template: t}\n",
	              "/c:4:14: webhook: environment variable PLACES_URL does not hold an http(s) "
	              "URL\n"
	              "/c:7:3: webhook: give exactly one of url, url_file and url_env\n");
}

static void
of_a_slack_sink(void **state)
{
	(void)state;
	assert_report(
		"sinks:\n- name: a\n  slack:\n    token_env: PLACES_WORD\n    channel: \"#A B\"\n"
		"    api_url: http://example.com\n    mention:\n      critical: x\n      info: y\n",
		"/c:4:16: slack: environment variable PLACES_WORD holds no token\n"
		"/c:5:14: slack: channel: \"#A B\" is no channel: an id, or \"#\" and at most 80 "
		"lower case letters, digits, \"-\" and \"_\"\n"
		"/c:6:14: slack: api_url is plain http, which needs allow_private: true\n"
		"/c:8:17: slack: mention.critical: \"x\" mentions nobody: write <!here>, <@U012ABC> "
		"or <!subteam^S012ABC>\n"
		"/c:9:13: slack: mention.info: \"y\" mentions nobody: write <!here>, <@U012ABC> or "
		"<!subteam^S012ABC>\n");
	assert_report(
		"sinks:\n- name: a\n  slack:\n    webhook_url_env: PLACES_URL\n    channel: \"#a\"\n"
		"    mention: {info: <!here>}\n",
		"/c:4:22: slack: environment variable PLACES_URL does not hold an http(s) URL\n"
		"/c:5:14: slack: channel needs a token: an incoming webhook has one channel\n"
		"/c:6:14: slack: mention needs a token\n");
}

static void
of_a_mail_sink(void **state)
{
	(void)state;
	assert_report(
		"sinks:\n- name: a\n  email:\n    server: nope\n    from: nope\n"
		"    to: [nope, \"{{tema}}@x.org\", a@x.org, A@x.org]\n    security: none\n"
		"    username: u\n    reply_to: nope\n    hello: \"a b\"\n    ca_file: /nonexistent\n"
		"    tls_min: 1.3\n",
		"/c:4:13: email: server: needs HOST:PORT or [IPV6]:PORT, not \"nope\"\n"
		"/c:5:11: email: from: \"nope\" is neither an address nor \"Name "
		"<local@domain>\"\n"
		"/c:6:10: email: to: \"nope\" is not an address as local@domain\n"
		"/c:6:16: email: to: \"{{tema}}\" is not {{team}}, alone or with filters as in "
		"{{team | default \"platform\"}}\n"
		"/c:6:43: email: to: \"A@x.org\" is there twice\n"
		"/c:8:15: email: username needs password_file or password_env\n"
		"/c:9:15: email: reply_to: \"nope\" is not an address as local@domain\n"
		"/c:10:12: email: hello: \"a b\" is not a host name\n"
		"/c:11:14: email: ca_file needs security: starttls or tls\n"
		"/c:11:14: email: ca_file: \"/nonexistent\" cannot be read: No such file or "
		"directory\n"
		"/c:12:14: email: tls_min needs security: starttls or tls\n");
}

static void
of_what_a_team_s_name_makes(void **state)
{
	(void)state;
	assert_report(
		"teams: [{name: a b, buckets: [x]}]\nsinks:\n- name: m\n  email:\n"
		"    server: x.org:25\n    from: a@x.org\n"
		"    to: [a@x.org, \"{{team}}@x.org\", \"{{team}}+1@x.org\"]\n"
		"- name: s\n  slack: {token_env: PLACES_URL, channel: \"#{{team}}\"}\n",
		"/c:7:19: email: for the team \"a b\": to: \"a b@x.org\" is not an address as "
		"local@domain\n"
		"/c:7:37: email: for the team \"a b\": to: \"a b+1@x.org\" is not an address as "
		"local@domain\n"
		"/c:9:43: slack: for the team \"a b\": channel: \"#a b\" is no channel: an id, or "
		"\"#\" and at most 80 lower case letters, digits, \"-\" and \"_\"\n");
}

/* One of them cannot be read, and so nothing can be said of the pair. */
static void
but_nothing_that_only_follows_from_another(void **state)
{
	(void)state;
	assert_report("sinks:\n- name: a\n  webhook:\n    url: http://example.com\n"
	              "    allow_private: yes\n    secret_env: NONE\n",
	              "/c:5:20: allow_private needs true or false without quotes, not \"yes\"\n"
	              "/c:6:17: secret_env: environment variable NONE: it is not set\n");
	assert_report("sinks:\n- name: a\n  slack:\n    token: xoxb-1\n    channel: \"#a\"\n",
	              "/c:4:5: token is a secret and does not stand in the config: use token_file "
	              "(a path) or token_env (a variable's name)\n");
	assert_report("sinks:\n- name: a\n  email: {server: x.org:25, from: a@x.org, to: [[b]], "
	              "username: u, password_env: NONE, template: [x]}\n",
	              "/c:3:49: to needs one value here, not a list\n"
	              "/c:3:82: password_env: environment variable NONE: it is not set\n"
	              "/c:3:98: template needs one value, not a list\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_webhook),
		cmocka_unit_test(of_a_slack_sink),
		cmocka_unit_test(of_a_mail_sink),
		cmocka_unit_test(of_what_a_team_s_name_makes),
		cmocka_unit_test(but_nothing_that_only_follows_from_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
