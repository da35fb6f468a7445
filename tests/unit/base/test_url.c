#include "tests/unit/base/unit.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"

static void
authority_and_host_are_cut_out(void **state)
{
	static const struct {
		const char *url, *authority, *host;
	} cases[] = {
		{"https://example.com", "example.com", "example.com"},
		{"https://example.com/", "example.com", "example.com"},
		{"HTTPS://Example.COM/Path?q#f", "example.com", "example.com"},
		{"https://example.com?q=1", "example.com", "example.com"},
		{"https://example.com#f", "example.com", "example.com"},
		{"https://example.com:8443/x", "example.com:8443", "example.com"},
		{"https://example.com:443/x", "example.com", "example.com"},
		{"http://example.com:80/x", "example.com", "example.com"},
		{"http://example.com:443/x", "example.com:443", "example.com"},
		{"http://example.com:/x", "example.com", "example.com"},
		{"http://127.0.0.1:8080/a:b@c", "127.0.0.1:8080", "127.0.0.1"},
		{"http://[::1]:8080/", "[::1]:8080", "[::1]"},
		{"https://[2001:DB8::1]", "[2001:db8::1]", "[2001:db8::1]"},
		{"https://a_b-c.example.com/\xc3\xa9", "a_b-c.example.com", "a_b-c.example.com"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *authority = url_authority(cases[i].url);
		char *host = url_host(cases[i].url);

		if (authority == NULL || host == NULL || !url_is_http(cases[i].url))
			fail_msg("%s was refused", cases[i].url);
		assert_string_equal(authority, cases[i].authority);
		assert_string_equal(host, cases[i].host);
		free(authority);
		free(host);
	}
}

static void
everything_else_is_no_url_of_ours(void **state)
{
	static const char *const cases[] = {
		NULL,
		"",
		"example.com",
		"//example.com",
		"ftp://example.com",
		"javascript:alert(1)",
		"https:/example.com",
		"https://",
		"https:///path",
		"https://:443/",
		"https://user@example.com/",
		"https://user:pass@example.com/",
		"https://good.example.com\\@bad.example.com/",
		"https://example.com:99999/",
		"https://example.com:1234567/",
		"https://example.com:80a/",
		"https://example.com:-1/",
		"https://exa mple.com/",
		"https://example.com/a b",
		"https://example.com/a\nb",
		"https://example.com/\x7f",
		"https://example.com/<script>",
		"https://example.com/\"x",
		" https://example.com/",
		"https://[::1/",
		"https://[]/",
		"https://[x]/",
		"https://ex\xc3\xa4mple.com/",
		"https://example.com%2f@x/",
		"https://example.com;x/",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (url_is_http(cases[i]))
			fail_msg("%s was taken", cases[i]);
		assert_null(url_authority(cases[i]));
		assert_null(url_host(cases[i]));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authority_and_host_are_cut_out),
		cmocka_unit_test(everything_else_is_no_url_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
