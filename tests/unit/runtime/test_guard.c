#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "relay/base/mem.h"
#include "relay/runtime/guard.h"
#include "unit.h"

static const struct {
	const char *address;
	bool is_public;
} cases[] = {
	{"0.0.0.0", false},
	{"0.255.255.255", false},
	{"1.0.0.0", true},
	{"1.1.1.1", true},
	{"8.8.8.8", true},
	{"9.255.255.255", true},
	{"10.0.0.0", false},
	{"10.255.255.255", false},
	{"11.0.0.0", true},
	{"100.63.255.255", true},
	{"100.64.0.0", false},
	{"100.100.100.200", false},
	{"100.127.255.255", false},
	{"100.128.0.0", true},
	{"126.255.255.255", true},
	{"127.0.0.1", false},
	{"127.255.255.254", false},
	{"128.0.0.0", true},
	{"168.63.129.15", true},
	{"168.63.129.16", false},
	{"168.63.129.17", true},
	{"169.253.255.255", true},
	{"169.254.0.0", false},
	{"169.254.169.254", false},
	{"169.255.0.0", true},
	{"172.15.255.255", true},
	{"172.16.0.0", false},
	{"172.31.255.255", false},
	{"172.32.0.0", true},
	{"191.255.255.255", true},
	{"192.0.0.192", false},
	{"192.0.1.0", true},
	{"192.0.2.1", false},
	{"192.0.3.0", true},
	{"192.88.99.1", false},
	{"192.167.255.255", true},
	{"192.168.0.0", false},
	{"192.168.255.255", false},
	{"192.169.0.0", true},
	{"198.17.255.255", true},
	{"198.18.0.0", false},
	{"198.19.255.255", false},
	{"198.20.0.0", true},
	{"198.51.100.7", false},
	{"203.0.113.200", false},
	{"203.0.114.0", true},
	{"223.255.255.255", true},
	{"224.0.0.1", false},
	{"239.255.255.255", false},
	{"240.0.0.0", false},
	{"255.255.255.255", false},
	{"::", false},
	{"::1", false},
	{"::7f00:1", false},
	{"::808:808", false},
	{"::ffff:127.0.0.1", false},
	{"::ffff:10.1.2.3", false},
	{"::ffff:169.254.169.254", false},
	{"::ffff:8.8.8.8", true},
	{"::ffff:0:127.0.0.1", false},
	{"64:ff9b::127.0.0.1", false},
	{"64:ff9b::192.168.1.1", false},
	{"64:ff9b::8.8.8.8", true},
	{"64:ff9b:1::1", false},
	{"100::1", false},
	{"1fff:ffff::1", false},
	{"2000::1", true},
	{"2001::1", false},
	{"2001:0:53aa:64c:0:7bff:80ff:fffe", false},
	{"2001:2::1", false},
	{"2001:1ff:ffff::1", false},
	{"2001:200::1", true},
	{"2001:4860:4860::8888", true},
	{"2001:db7:ffff::1", true},
	{"2001:db8::1", false},
	{"2001:db9::1", true},
	{"2002:7f00:1::1", false},
	{"2002:808:808::1", false},
	{"2003::1", true},
	{"2606:4700:4700::1111", true},
	{"3ffe:ffff::1", true},
	{"3fff::1", false},
	{"3fff:fff:ffff::1", false},
	{"3fff:1000::1", true},
	{"4000::1", false},
	{"5f00::1", false},
	{"fc00::1", false},
	{"fd00:ec2::254", false},
	{"fe80::1", false},
	{"fec0::1", false},
	{"ff02::1", false},
};

/* Not even with allow_private. */
static const char *const never[] = {
	"100.100.100.200",
	"168.63.129.16",
	"169.254.0.0",
	"169.254.169.254",
	"169.254.170.2",
	"192.0.0.192",
	"::ffff:169.254.169.254",
	"64:ff9b::169.254.169.254",
	"fd00:ec2::254",
	"fd20:ce::254",
	"fe80::1",
	"febf:ffff::a9fe:a9fe",
};

static bool
admits(const char *text, bool allow_private)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return guard_admits((struct sockaddr *)&in, allow_private);
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) != 1)
		fail_msg("%s is not an address", text);
	return guard_admits((struct sockaddr *)&in6, allow_private);
}

static void
each_address_is_public_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (admits(cases[i].address, false) != cases[i].is_public)
			fail_msg("%s", cases[i].address);
}

static bool
is_never(const char *address)
{
	for (size_t i = 0; i < COUNT(never); i++)
		if (strcmp(never[i], address) == 0)
			return true;
	return false;
}

static void
with_allow_private_all_but_metadata_and_link_local_is_admitted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(never); i++)
		if (admits(never[i], true) || admits(never[i], false))
			fail_msg("%s", never[i]);
	for (size_t i = 0; i < COUNT(cases); i++)
		if (admits(cases[i].address, true) == is_never(cases[i].address))
			fail_msg("%s", cases[i].address);
}

static void
other_families_are_not_admitted(void **state)
{
	struct sockaddr sa = {.sa_family = AF_UNIX};

	(void)state;
	assert_false(guard_admits(&sa, false));
	assert_false(guard_admits(&sa, true));
}

static void
what_a_url_alone_tells_is_refused_before_it_is_called(void **state)
{
	static const char *const refused[] = {
		"https://127.0.0.1/",        "https://10.1.2.3:8443/x",
		"https://0x7f.1/",           "https://2130706433/",
		"https://[::1]:9/a?b",       "https://[::ffff:10.0.0.1]/",
		"HTTPS://169.254.169.254/y", "http://siem.example.com/",
		"HTTP://8.8.8.8/",
	};
	static const char *const fine[] = {
		"https://siem.example.com/in",     "https://8.8.8.8/",
		"https://[2606:4700:4700::1111]/", "https://localhost/",
		"https://10.example.com/",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		if (guard_url_fault(refused[i], false) == NULL)
			fail_msg("%s", refused[i]);
	for (size_t i = 0; i < COUNT(fine); i++)
		if (guard_url_fault(fine[i], false) != NULL)
			fail_msg("%s", fine[i]);
}

static void
a_url_at_a_cloud_s_metadata_is_refused_whatever_is_allowed(void **state)
{
	static const char *const refused[] = {
		"http://169.254.169.254/latest/meta-data/",
		"https://[fd00:ec2::254]/",
		"http://2852039166/",
		"http://[::ffff:a9fe:a9fe]:80/x",
		"https://[fe80::1]/",
	};
	static const char *const fine[] = {
		"http://127.0.0.1:8080/", "http://10.1.2.3/",      "https://[::1]/",
		"https://[fd00::1]/",     "http://metadata.test/",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		if (guard_url_fault(refused[i], true) == NULL)
			fail_msg("%s", refused[i]);
	for (size_t i = 0; i < COUNT(fine); i++)
		if (guard_url_fault(fine[i], true) != NULL)
			fail_msg("%s", fine[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_address_is_public_or_not),
		cmocka_unit_test(with_allow_private_all_but_metadata_and_link_local_is_admitted),
		cmocka_unit_test(other_families_are_not_admitted),
		cmocka_unit_test(what_a_url_alone_tells_is_refused_before_it_is_called),
		cmocka_unit_test(a_url_at_a_cloud_s_metadata_is_refused_whatever_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
