/* What a configuration says of sources and could never do: faults and warnings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/config/conf.h"
#include "relay/source/source.h"

static const char *const no_words[] = {NULL};
static const struct key_kind *const no_kinds[] = {NULL};
static const struct conf_kinds kinds = {source_conf_kinds, no_kinds, no_words};

#define TASK(options) "sources: [{name: a, hcp_run_task: {hmac_key_env: VAIN_KEY" options "}}]\n"
#define TERRAFORM(options) \
	"sources: [{name: a, hcp_terraform: {hmac_key_env: VAIN_KEY" options "}}]\n"
#define PACKER "sources: [{name: a, hcp_packer: {hmac_key_env: VAIN_KEY}}]\n"
#define WANTED                                              \
	"policy: [{workspace: '*', channel: production}]\n" \
	"untracked_images: {providers: [aws]}\n"            \
	"image_attributes: [{type: cumulus_vm, attribute: image, provider: cumulus}]\n"

/* What is reported; it loads or not as `loads` says. */
static void
assert_report(bool loads, const char *text, const char *report)
{
	struct conf *conf = NULL;
	struct buf told = {0};
	int rc;

	setenv("VAIN_KEY", "0123456789abcdef0123456789abcdef", 1);
	setenv("VAIN_TOKEN", "not.a.real.token", 1);
	rc = conf_parse(&conf, "/c", text, strlen(text), &kinds, &told);
	assert_int_equal(rc, loads ? 0 : -1);
	assert_string_equal(buf_text(&told), report);
	conf_release(conf);
	buf_fini(&told);
}

static void
a_plan_of_no_size_or_one_that_is_never_read_is_a_fault(void **state)
{
	(void)state;
	assert_report(false, TASK(", plan_size: 0"),
	              "/c:1:71: hcp_run_task: plan_size needs more than 0\n");
	assert_report(true, TASK(", plan_size: 64k"), "");
	assert_report(true, TASK(", plan_size: 4G"), "");
	assert_report(false, TASK(", plan_size: 5G"),
	              "/c:1:71: plan_size needs at most 4G, not \"5G\"\n");
}

static void
every_fault_is_told_where_it_stands(void **state)
{
	(void)state;
	assert_report(false,
	              "sources:\n- name: a\n  hcp_run_task:\n    hmac_key_env: NONE\n"
	              "    plan_size: 0\n    allowed_hosts: [a.example.com, \"a:80\", b/]\n"
	              "    api:\n      url: http://example.com/?x\n      token_env: NONE\n",
	              "/c:4:19: hmac_key_env: environment variable NONE: it is not set\n"
	              "/c:5:16: hcp_run_task: plan_size needs more than 0\n"
	              "/c:6:36: hcp_run_task: allowed_hosts needs names of hosts, without https:// "
	              "and port, not \"a:80\"\n"
	              "/c:6:44: hcp_run_task: allowed_hosts needs names of hosts, without https:// "
	              "and port, not \"b/\"\n"
	              "/c:8:12: hcp_run_task: api.url needs a URL without ? and #\n"
	              "/c:8:12: hcp_run_task: api.url is plain http, which needs allow_private: "
	              "true\n"
	              "/c:9:18: token_env: environment variable NONE: it is not set\n");
	assert_report(false, TASK(", plan_size: big, allow_private: x, api: {url: 'http://h/'}"),
	              "/c:1:71: plan_size needs a size such as 512, 64k or 1M, not \"big\"\n"
	              "/c:1:91: allow_private needs true or false without quotes, not \"x\"\n"
	              "/c:1:99: token_file or token_env is missing in api\n");
}

static void
how_soon_needs_scheduled_ones_to_be_enforced(void **state)
{
#define IN_VAIN "enforce_within has no effect without \"enforce: scheduled\"\n"
	(void)state;
	assert_report(true, TASK(", enforce_within: 3d"), "/c:1:76: warning: " IN_VAIN);
	assert_report(true, TASK(", enforce: revoked, enforce_within: 3d"),
	              "/c:1:94: warning: " IN_VAIN);
	assert_report(true, TASK(", enforce: scheduled, enforce_within: 3d"), "");
	assert_report(true, TASK(", enforce: scheduled"), "");
}

static void
what_images_are_held_against_needs_something_that_is_read(void **state)
{
#define UNREAD "has no effect: no source reads plans (a run task's) or states (one with \"api\")\n"
	static const char warnings[] =
		"/c:2:9: warning: policy " UNREAD "/c:3:19: warning: untracked_images " UNREAD
		"/c:4:19: warning: image_attributes " UNREAD;

	(void)state;
	assert_report(true, PACKER WANTED, warnings);
	assert_report(true, TERRAFORM() WANTED, warnings);
	assert_report(true, TASK() WANTED, "");
	assert_report(true, TERRAFORM(", api: {token_env: VAIN_TOKEN}") WANTED, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_of_no_size_or_one_that_is_never_read_is_a_fault),
		cmocka_unit_test(every_fault_is_told_where_it_stands),
		cmocka_unit_test(how_soon_needs_scheduled_ones_to_be_enforced),
		cmocka_unit_test(what_images_are_held_against_needs_something_that_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
