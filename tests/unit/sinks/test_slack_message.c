/* What a Slack channel gets: by the shipped template, and built in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/view.h"
#include "sinks/slack_fit.h"
#include "sinks/slack_plain.h"
#include "sinks/slack_text.h"
#include "tests/unit/shipped.h"

#define NOW_MS INT64_C(1795262400000) /* 2026-11-21T12:00:00Z */

/* A document in which everything is said. */
static const char sample[] =
	"{'schema':'driftbell.notification.v1','id':'ntf_1','revision':2,'reason':'opened','route':"
	"'owners',"
	"'team':'atlas','title':'Image revoked: core-debian v7','summary':'ann@example.com revoked "
	"core-debian v7.',"
	"'url':'https://relay.example.com/incidents/inc_1','runbook':'https://wiki.example.com/r',"
	"'incident':{'id':'inc_1','kind':'image.revocation','phase':'revoked','status':'open','"
	"severity':'critical',"
	"'acknowledged':{'by':'bob@example.com','comment':'on it','until':'2026-11-22T00:00:00Z'}},"
	"'image':{'bucket':'core-debian','version':'v7','revoked_by':'ann@example.com','reason':'"
	"bad build',"
	"'revoke_at':'2026-11-21T12:00:00Z','url':'https://portal.example.com/v7',"
	"'replacement':{'version':'v8','fingerprint':'f8','channel':'production'}},"
	"'workspaces':[{'id':'ws-1','name':'atlas-prod','url':'https://app.example.com/"
	"atlas-prod','state':'affected',"
	"'certainty':'possible','bucket':'core-debian','channel':'production','version':'v7','drifted':true},"
	"{'id':'ws-2','name':'atlas-old','state':'moved','certainty':'known','drifted':false}],"
	"'workspace_counts':{'affected':1,'possible':1,'moved':1,'gone':0,'total':2},"
	"'drift':{'resources_drifted':4,'checks_failed':1,'url':'https://app.example.com/a'},"
	"'run':{'id':'run-1','status':'errored','message':'apply','created_by':'eve','url':'https:/"
	"/app.example.com/r'}}";

static json_t *
document(void)
{
	char *text = mem_str(sample);

	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	json_t *root = json_loads(text, 0, NULL);
	assert_non_null(root);
	free(text);
	return root;
}

/* NULL where the template cannot take the document. */
static json_t *
rich(const json_t *doc)
{
	json_t *view = view_of(doc, NULL), *rendered = NULL, *out = NULL;
	struct err err = {{0}};

	if (templates_json(shipped, "notification.slack.json", view, NOW_MS, &rendered, &err) == 0)
		out = slack_fit(rendered);
	json_decref(rendered);
	json_decref(view);
	return out;
}

static char *
dumped(json_t *payload)
{
	char *text = json_dumps(payload, JSON_COMPACT);

	json_decref(payload);
	return text;
}

static void
says_what_happened_what_to_do_who_runs_it_and_where(void **state)
{
	(void)state;
	json_t *doc = document();
	json_t *payload = rich(doc);

	assert_string_equal(json_text_at(payload, "blocks.0.type"), "header");
	assert_string_equal(json_text_at(payload, "blocks.0.text.text"),
	                    "\xf0\x9f\x94\xb4 Image revoked: core-debian v7");
	assert_non_null(
		strstr(json_text_at(payload, "text"), "ann@example.com revoked core-debian v7."));
	assert_true(json_is_false(json_at(payload, "unfurl_links")));
	assert_true(json_is_false(json_at(payload, "unfurl_media")));
	static const char *const told[] = {
		"*Severity*\\ncritical, revoked",
		"v8 (channel production)",
		"bad build",
		"Sat 21 Nov 12:00 UTC",
		"|atlas-prod> may run core-debian v7 (production), *drifted*",
		"<https://relay.example.com/incidents/inc_1|Open the incident>",
		"<https://wiki.example.com/r|Runbook>",
		"Acknowledged by bob@example.com until Sun 22 Nov 00:00 UTC: ",
		"`inc_1`",
		"4 resources drifted",
		"1 check failed",
		"<https://app.example.com/r|run-1> errored, by eve\\napply",
	};
	char *text = dumped(payload);
	for (size_t i = 0; i < COUNT(told); i++)
		if (!strstr(text, told[i]))
			fail_msg("%s is not in %s", told[i], text);
	assert_null(strstr(text, "atlas-old")); /* it has moved */
	assert_true(strstr(text, "Do now") < strstr(text, "atlas-prod"));
	free(text);
	json_decref(doc);
}

static void
a_resolved_one_says_so_and_asks_for_nothing(void **state)
{
	(void)state;
	json_t *doc = document();

	json_object_set_new(doc, "reason", json_string("resolved"));
	json_object_set_new(json_object_get(doc, "incident"), "status", json_string("resolved"));
	json_t *payload = rich(doc);
	assert_string_equal(json_text_at(payload, "blocks.0.text.text"),
	                    "\xe2\x9c\x85 Resolved: Image revoked: core-debian v7");
	char *text = dumped(payload);
	assert_null(strstr(text, "Do now"));
	free(text);
	json_decref(doc);
}

static void
the_plain_form_has_no_blocks(void **state)
{
	(void)state;
	json_t *doc = document();
	json_t *payload = slack_plain(doc);

	assert_null(json_object_get(payload, "blocks"));
	assert_true(json_is_false(json_object_get(payload, "unfurl_links")));
	assert_true(json_is_false(json_object_get(payload, "unfurl_media")));
	assert_non_null(strstr(json_text_at(payload, "text"), "Image revoked: core-debian v7"));
	assert_non_null(strstr(json_text_at(payload, "text"), "|Open the incident>"));
	json_decref(payload);
	json_decref(doc);
}

static void
many_workspaces_are_cut_with_how_many_more(void **state)
{
	(void)state;
	json_t *doc = document();
	json_t *rows = json_object_get(doc, "workspaces");

	while (json_array_size(rows) < 100)
		json_array_append(rows, json_array_get(rows, 0));
	json_object_set_new(json_object_get(doc, "workspace_counts"), "affected",
	                    json_integer(4711));
	char *text = dumped(rich(doc));
	size_t listed = 0;
	for (const char *c = text; (c = strstr(c, "|atlas-prod>")); c++)
		listed++;
	char more[64];
	snprintf(more, sizeof(more), "|and %zu more>", 4711 - listed);
	assert_int_equal(listed, 20);
	assert_non_null(strstr(text, more));
	free(text);
	json_decref(doc);
}

/* ---- whatever is in the document, the message is within the limits ---- */

static size_t total;

static void
check_text(const json_t *object, size_t max)
{
	const char *text = json_text_at(object, "text");
	size_t len = slack_length(text);

	assert_in_range(len, 1, max);
	total += len;
	/* Nothing but our own links, and those only to http(s) or nowhere. */
	for (const char *c = strchr(text, '<'); c; c = strchr(c + 1, '<'))
		assert_true(!strncmp(c, "<https://", 9) || !strncmp(c, "<http://", 8) ||
		            !strncmp(c, "<#|", 3));
	assert_null(strstr(text, "```"));
}

static void
check_block(const json_t *block)
{
	const char *type = json_text_at(block, "type");
	const json_t *fields = json_at(block, "fields");
	size_t i;
	json_t *field;

	if (!strcmp(type, "header"))
		check_text(json_at(block, "text"), 150);
	else if (!strcmp(type, "context"))
		check_text(json_at(block, "elements.0"), 3000);
	else if (!fields)
		check_text(json_at(block, "text"), 3000);
	assert_true(json_array_size(fields) <= 10);
	json_array_foreach(fields, i, field) check_text(field, 2000);
}

static void
check_limits(const json_t *doc)
{
	json_t *payload = rich(doc);
	size_t i;
	json_t *block;

	if (payload) {
		check_text(payload, 3999);
		assert_in_range(json_array_size(json_at(payload, "blocks")), 1, 50);
	}
	total = 0;
	json_array_foreach(json_at(payload, "blocks"), i, block) check_block(block);
	if (total > 9000)
		fail_msg("%zu over all blocks", total);
	json_decref(payload);
	payload = slack_plain(doc);
	check_text(payload, 3999);
	json_decref(payload);
}

/* What is ours: words, and times. */
static bool
is_ours(const char *key)
{
	static const char *const ours[] = {"kind", "status", "state", "revoke_at", "until"};

	for (size_t i = 0; i < COUNT(ours); i++)
		if (strcmp(key, ours[i]) == 0)
			return true;
	return false;
}

/* Every text of others in the document becomes `text`. */
static void
fill(json_t *value, const char *text)
{
	const char *key;
	json_t *member;
	void *tmp;
	size_t i;

	json_object_foreach_safe(value, tmp, key, member)
	{
		if (json_is_string(member) && !is_ours(key))
			json_object_set_new(value, key, json_string(text));
		else
			fill(member, text);
	}
	json_array_foreach(value, i, member) fill(member, text);
}

static char *
repeated(const char *piece, size_t bytes)
{
	size_t len = strlen(piece), times = bytes / len;
	char *text = mem_alloc(times * len + 1);

	for (size_t i = 0; i < times; i++)
		memcpy(text + i * len, piece, len);
	return text;
}

static void
hostile_text_in_every_field_stays_within_the_limits(void **state)
{
	(void)state;
	static const char *const pieces[] = {
		"<!channel>",
		"&",
		"<https://evil.example|x>",
		"`",
		"\n",
		"\xf0\x9f\x94\xa5",
		"@here ",
		"\xe2\x80\xae",
		"|",
		"a",
		"https://evil.example/<!here>?",
	};
	for (size_t i = 0; i < COUNT(pieces); i++) {
		for (size_t bytes = 32; bytes <= 1 << 20; bytes <<= 5) {
			json_t *doc = document();
			char *text = repeated(pieces[i], bytes);
			fill(doc, text);
			json_t *rows = json_object_get(doc, "workspaces");
			while (json_array_size(rows) < 100)
				json_array_append(rows, json_array_get(rows, 0));
			json_t *payload = rich(doc);
			/* A megabyte in every field is more than a rendering may cost. */
			if (!payload && bytes < 1 << 20)
				fail_msg("%s, %zu bytes", pieces[i], bytes);
			json_decref(payload);
			check_limits(doc);
			free(text);
			json_decref(doc);
		}
	}
}

static void
a_fullest_document_with_long_urls_stays_within_the_limits(void **state)
{
	(void)state;
	json_t *doc = document();
	char *path = repeated("a", 380), *url = mem_fmt("https://x.example/%s", path),
	     *name = repeated("n", 3000);
	static const char *const urls[] = {"url", "runbook"};

	fill(doc, name);
	for (size_t i = 0; i < COUNT(urls); i++)
		json_object_set_new(doc, urls[i], json_string(url));
	static const char *const owners[] = {"image", "drift", "run"};
	for (size_t i = 0; i < COUNT(owners); i++)
		json_object_set_new(json_object_get(doc, owners[i]), "url", json_string(url));
	json_t *rows = json_object_get(doc, "workspaces");
	json_object_set_new(json_array_get(rows, 0), "url", json_string(url));
	while (json_array_size(rows) < 100)
		json_array_append(rows, json_array_get(rows, 0));
	json_object_set_new(json_object_get(doc, "incident"), "kind",
	                    json_string("image.superseded"));
	json_object_set_new(json_object_get(doc, "incident"), "status", json_string("open"));
	check_limits(doc);
	free(path);
	free(url);
	free(name);
	json_decref(doc);
}

static void
missing_and_mistyped_members_are_no_trouble(void **state)
{
	(void)state;
	json_t *empty = json_object(), *doc = document();
	const char *key;
	json_t *member;
	void *tmp;

	check_limits(empty);
	json_object_foreach_safe(doc, tmp, key, member)
	{
		json_t *less = json_copy(doc);
		json_object_del(less, key);
		check_limits(less);
		json_object_set_new(less, key, json_null());
		check_limits(less);
		json_object_set_new(less, key, json_pack("[i,{s:i}]", 7, "x", 1));
		check_limits(less);
		json_decref(less);
	}
	json_decref(empty);
	json_decref(doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_happened_what_to_do_who_runs_it_and_where),
		cmocka_unit_test(a_resolved_one_says_so_and_asks_for_nothing),
		cmocka_unit_test(the_plain_form_has_no_blocks),
		cmocka_unit_test(many_workspaces_are_cut_with_how_many_more),
		cmocka_unit_test(hostile_text_in_every_field_stays_within_the_limits),
		cmocka_unit_test(a_fullest_document_with_long_urls_stays_within_the_limits),
		cmocka_unit_test(missing_and_mistyped_members_are_no_trouble),
	};
	return cmocka_run_group_tests(tests, shipped_load, shipped_release);
}
