/* Addresses that name the team, and the destinations they make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "relay/base/mem.h"
#include "sinks/address.h"
#include "sinks/email.h"
#include "sinks/kinds.h"
#include "sinks/webhook.h"
#include "tests/unit/sinks/fault_check.h"

static void
check(const char *text, const char *team, const char *expected)
{
	char *address = address_for(text, team);

	if (!expected)
		assert_null(address);
	else
		assert_string_equal(address, expected);
	free(address);
}

static void
a_tag_is_the_name_of_the_team(void **state)
{
	(void)state;
	check("#alerts-{{team}}", "payments", "#alerts-payments");
	check("{{ team }}-{{team}}@example.com", "pay", "pay-pay@example.com");
	check("#{{team | lower | default \"platform\"}}", "PAY", "#pay");
	check("#{{team | lower | default \"platform\"}}", NULL, "#platform");
	check("#alerts", "payments", "#alerts");
	check("#alerts", NULL, "#alerts");
	check("#<{{team}}>", "a&b",
	      "#<a&b>"); /* nothing is escaped: what a channel may hold is checked */
}

static void
without_a_team_it_is_not_cut_short(void **state)
{
	(void)state;
	check("#alerts-{{team}}", NULL, NULL);
	check("#{{team | default \"platform\"}}-{{team}}", NULL, NULL);
}

static void
in_a_url_it_is_one_part(void **state)
{
	(void)state;
	char *url = address_url_for("https://example.com/in/{{team}}/x", "a/../b c?\xc3\xa9");

	assert_string_equal(url, "https://example.com/in/a%2F..%2Fb%20c%3F%C3%A9/x");
	free(url);
}

static void
nothing_else_stands_in_the_braces(void **state)
{
	static const char *const wrong[] = {
		"#{{tema}}",
		"#{{team",
		"#{{}}",
		"#{{incident.id}}",
		"#{{#team}}",
		"#{{^team}}",
		"#{{> team}}",
		"#{{! team }}",
		"#{{=<% %>=}}",
		"#{{team | lowre}}",
		"#{{team | lower 1}}",
		"#{{team | date \"%F\"}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		char *fault = address_fault(wrong[i]);

		if (!fault)
			fail_msg("%s was taken", wrong[i]);
		free(fault);
		check(wrong[i], "payments", NULL);
	}
	assert_null(address_fault("#{{team | default \"a\"}}"));
	assert_null(address_fault("#a"));
}

static void
each_team_has_a_destination_of_its_own(void **state)
{
	struct webhook_options hook = {.url = "https://example.com/{{team}}"};
	struct webhook_options plain = {.url = "https://example.com/pay"};
	char *pay = sink_webhook.destination(&hook, "pay");
	char *search = sink_webhook.destination(&hook, "search");
	char *same = sink_webhook.destination(&plain, "search");

	(void)state;
	assert_true(sink_webhook.per_team(&hook));
	assert_false(sink_webhook.per_team(&plain));
	assert_null(sink_webhook.destination(&hook, NULL));
	assert_string_not_equal(pay, search);
	assert_string_equal(pay, same);
	free(pay);
	free(search);
	free(same);
}

static void
of_a_list_of_mail_those_that_need_no_team_are_told_without_one(void **state)
{
	char *both[] = {"{{team}}@example.com", "all@example.com"}, *all[] = {"all@example.com"};
	struct email_options options = {.server = "h:25", .to = {both, 2}};
	struct email_options list = {.server = "h:25", .to = {all, 1}};
	char *pay = sink_email.destination(&options, "pay");
	char *none = sink_email.destination(&options, NULL);
	char *same = sink_email.destination(&list, NULL);

	(void)state;
	assert_string_equal(none, same);
	assert_string_not_equal(none, pay);
	free(pay);
	free(none);
	free(same);
	options.to.count = 1;
	assert_null(sink_email.destination(&options, NULL));
}

static void
check_team(const struct sink_kind *kind, const void *options, const char *team,
           const char *expected)
{
	char *fault = faults_for_team(kind, options, team);

	if (!expected)
		assert_null(fault);
	else if (!fault || !strstr(fault, expected))
		fail_msg("%s", fault ? fault : "no fault");
	free(fault);
}

static void
what_an_address_cannot_hold_is_told_of_each_team(void **state)
{
	char *to[] = {"{{team}}@example.com", "ops@example.com"};
	struct email_options mail = {.server = "h:25", .to = {to, 2}};
	struct webhook_options hook = {.url = "https://example.com/{{team}}"};

	(void)state;
	check_team(&sink_email, &mail, "pay", NULL);
	check_team(&sink_email, &mail, "pay ments", "is not an address");
	check_team(&sink_email, &mail, "OPS", "is there twice");
	check_team(&sink_email, &mail, NULL, NULL);
	assert_null(sink_email.conf.needs_team(&mail));
	mail.to.count = 1;
	assert_string_equal(sink_email.conf.needs_team(&mail), "all its addresses need a team");
	assert_string_equal(sink_webhook.conf.needs_team(&hook), "its URL needs a team");
	hook.url = "https://example.com/{{team | default \"all of us\"}}";
	assert_null(sink_webhook.conf.needs_team(&hook));
}

static void
a_host_is_nobody_s_to_name(void **state)
{
	struct webhook_options hook = {.url = "https://{{team}}.example.com/", .template = "t"};
	char *fault = faults_of(&sink_webhook, &hook);

	(void)state;
	assert_non_null(strstr(fault, "a host cannot be named after the team"));
	free(fault);
	hook.url = "https://example.com/{{team}}";
	assert_null(faults_of(&sink_webhook, &hook));
	hook.url = "https://example.com/{{tema}}";
	fault = faults_of(&sink_webhook, &hook);
	assert_non_null(strstr(fault, "\"{{tema}}\" is not {{team}}"));
	free(fault);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tag_is_the_name_of_the_team),
		cmocka_unit_test(without_a_team_it_is_not_cut_short),
		cmocka_unit_test(in_a_url_it_is_one_part),
		cmocka_unit_test(nothing_else_stands_in_the_braces),
		cmocka_unit_test(each_team_has_a_destination_of_its_own),
		cmocka_unit_test(of_a_list_of_mail_those_that_need_no_team_are_told_without_one),
		cmocka_unit_test(what_an_address_cannot_hold_is_told_of_each_team),
		cmocka_unit_test(a_host_is_nobody_s_to_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
