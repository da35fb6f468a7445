#include "tests/unit/sinks/mail_check.h"

#include "sinks/mail_address.h"

static void
addresses_of_the_field_are_taken(void **state)
{
	(void)state;
	static const char *const good[] = {
		"jane.doe@example.com",
		"a@b",
		"root@localhost",
		"x+y=z@sub.example.com",
		"!#$%&'*+-/=?^_`{|}~@example.com",
		"ops@[192.0.2.1]",
		"ops@[IPv6:2001:db8::1]",
		"1@2.example",
		"A@EXAMPLE.COM",
		"0123456789012345678901234567890123456789012345678901234567890123@example.com",
	};
	for (size_t i = 0; i < COUNT(good); i++)
		if (!mail_address_valid(good[i]))
			fail_msg("%s", good[i]);
}

static void
what_could_do_harm_or_is_none_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"@",
		"a@",
		"@b",
		"a",
		"a b@example.com",
		" a@example.com",
		"a@example.com ",
		"a@example.org>\r\nRCPT TO:<evil@example.org",
		"a@example.com\r\n",
		"a@example.com\n",
		"\"a b\"@example.com",
		"<a@example.com>",
		"a@b@example.com",
		"a,b@example.com",
		".a@example.com",
		"a.@example.com",
		"a..b@example.com",
		"a@example..com",
		"a@.com",
		"a@example.com.",
		"a@-example.com",
		"a@example-.com",
		"a@exam_ple.com",
		"a@[192.0.2]",
		"a@[]",
		"a@[IPv6:]",
		"a@[192.0.2.1",
		"a@[192.0.2.1]x",
		"a@[example.com]",
		"\xc3\xbc@example.com",
		"a@\xc3\xbc.example",
		"a\x7f@example.com",
		"a\t@example.com",
		"a:b@example.com",
		"a;b@example.com",
		"a(b)@example.com",
		"a\\b@example.com",
		"01234567890123456789012345678901234567890123456789012345678901234@example.com",
		"a@0123456789012345678901234567890123456789012345678901234567890123.com",
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		if (mail_address_valid(bad[i]))
			fail_msg("%s", bad[i]);
}

static void
the_length_has_its_limit(void **state)
{
	(void)state;
	char *labels = repeated("abcdefghi.", 24); /* 240 bytes */
	char *fits = mem_fmt("0123456789@%scom", labels), *too_long = mem_fmt("x%s", fits);

	assert_int_equal(strlen(fits), MAIL_ADDRESS_MAX);
	assert_true(mail_address_valid(fits));
	assert_false(mail_address_valid(too_long));
	free(labels);
	free(fits);
	free(too_long);
}

static void
a_domain_is_borrowed_from_its_address(void **state)
{
	(void)state;
	assert_string_equal(mail_address_domain("a@example.com"), "example.com");
	assert_string_equal(mail_address_domain("a@[192.0.2.1]"), "[192.0.2.1]");
}

static void
assert_mailbox(const char *text, const char *name, const char *address)
{
	char *got_name, *got_address;

	if (!mail_mailbox_parse(text, &got_name, &got_address)) {
		assert_null(got_name);
		assert_null(got_address);
		if (address)
			fail_msg("%s is refused", text);
		return;
	}
	if (!address)
		fail_msg("%s is taken", text);
	assert_string_equal(got_address, address);
	if (name)
		assert_string_equal(got_name, name);
	else
		assert_null(got_name);
	free(got_name);
	free(got_address);
}

static void
a_mailbox_has_a_name_or_not(void **state)
{
	(void)state;
	assert_mailbox("a@example.com", NULL, "a@example.com");
	assert_mailbox("  a@example.com ", NULL, "a@example.com");
	assert_mailbox("<a@example.com>", NULL, "a@example.com");
	assert_mailbox("Driftbell <a@example.com>", "Driftbell", "a@example.com");
	assert_mailbox("Driftbell<a@example.com>", "Driftbell", "a@example.com");
	assert_mailbox("\"Ops, Team\" <a@example.com>", "Ops, Team", "a@example.com");
	assert_mailbox("\"a \\\"b\\\" \\\\c\" <a@example.com>", "a \"b\" \\c", "a@example.com");
	assert_mailbox("Gr\xc3\xb6\xc3\x9f"
	               "e <a@example.com>",
	               "Gr\xc3\xb6\xc3\x9f"
	               "e",
	               "a@example.com");
	assert_mailbox("a <b> c <a@example.com>", "a <b> c", "a@example.com");
	assert_mailbox("\"\" <a@example.com>", "", "a@example.com");
	assert_mailbox("\" <a@example.com>", "\"", "a@example.com");
}

static void
what_is_no_mailbox_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		" ",
		"Driftbell",
		"<>",
		"Driftbell <>",
		"Driftbell <a@example.com",
		"Driftbell a@example.com",
		"a@example.com>",
		"x <a@example.com> y",
		"x\r\nBcc: y <a@example.com>",
		"x <a@exa mple.com>",
		"x <<a@example.com>>",
		"a@example.com, b@example.com",
		"x\x7f <a@example.com>",
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_mailbox(bad[i], NULL, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_the_field_are_taken),
		cmocka_unit_test(what_could_do_harm_or_is_none_is_refused),
		cmocka_unit_test(the_length_has_its_limit),
		cmocka_unit_test(a_domain_is_borrowed_from_its_address),
		cmocka_unit_test(a_mailbox_has_a_name_or_not),
		cmocka_unit_test(what_is_no_mailbox_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
