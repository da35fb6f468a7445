#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "sinks/slack_fit.h"
#include "sinks/slack_text.h"

#define DOTS "\xe2\x80\xa6"

/* ---- one text ---- */

static void
cut(const char *text, size_t max, const char *expected)
{
	char *out = slack_cut(text, max);

	assert_string_equal(out, expected);
	assert_true(slack_length(out) <= max);
	free(out);
}

static void
one_line_ends_with_an_ellipsis(void **state)
{
	(void)state;
	cut("", 5, "");
	cut("abcde", 5, "abcde");
	cut("abcdef", 5, "abcd" DOTS);
	cut("abc def", 5, "abc" DOTS); /* no blank before it */
	cut("abc", 1, DOTS);
	cut("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f", 3, "\xc3\xa4\xc3\xb6" DOTS);
	/* Two units each: */
	cut("\xf0\x9f\x94\xa5\xf0\x9f\x94\xa5\xf0\x9f\x94\xa5", 4, "\xf0\x9f\x94\xa5" DOTS);
}

static void
entities_and_links_stay_whole(void **state)
{
	(void)state;
	cut("aaaa&amp;bbbb", 7, "aaaa" DOTS);
	cut("aaaa&amp;bbbb", 10, "aaaa&amp;" DOTS);
	cut("&lt;&gt;&lt;", 9, "&lt;&gt;" DOTS);
	cut("a &ampoule", 6, "a &am" DOTS); /* no entity */
	cut("see <https://x.example|the page> now", 20, "see" DOTS);
	cut("see <https://x.example|the page> now", 34, "see <https://x.example|the page>" DOTS);
	cut("<https://x.example|the page> now", 20, DOTS);
	cut("a < b and so on for ever", 8, "a < b a" DOTS); /* no link */
}

static void
many_lines_lose_whole_lines_and_say_how_many(void **state)
{
	(void)state;
	static const char five[] = "first line here\nsecond line here\nthird\nfourth\nfifth line";

	cut(five, 100, five);
	cut(five, 51, "first line here\nsecond line here\n" DOTS " and 3 more lines");
	cut(five, 50, "first line here\n" DOTS " and 4 more lines");
	cut(five, 30, "first line here" DOTS);
	cut("first line here\nsecond is much longer than what is left", 40,
	    "first line here\n" DOTS " and 1 more line");
	cut("a first line that is itself far longer than there is any room for it\nb\nc", 62,
	    "a first line that is itself far longer tha" DOTS "\n" DOTS " and 2 more lines");
}

/* ---- one payload ---- */

static json_t *
parsed(const char *text)
{
	char *copy = mem_str(text);
	json_t *out;

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	out = json_loads(copy, 0, NULL);
	assert_non_null(out);
	free(copy);
	return out;
}

static void
fit(const char *payload, const char *expected)
{
	json_t *in = parsed(payload), *before = json_deep_copy(in), *wanted = parsed(expected);
	json_t *out = slack_fit(in);

	if (!json_equal(out, wanted))
		fail_msg("%s", json_dumps(out, JSON_COMPACT));
	assert_true(json_equal(in, before)); /* it is borrowed */
	json_decref(in);
	json_decref(before);
	json_decref(wanted);
	json_decref(out);
}

#define TEXT(t) "{'type':'mrkdwn','text':'" t "'}"
#define SECTION(t) "{'type':'section','text':" TEXT(t) "}"

static void
what_is_empty_goes(void **state)
{
	(void)state;
	fit("{'text':' ','blocks':[]}", "{}");
	fit("{'text':'a','blocks':[" SECTION(" \\n ") "," SECTION("b ") "]}",
	    "{'text':'a','blocks':[" SECTION("b") "]}");
	fit("{'blocks':[{'type':'section','fields':[" TEXT("") "," TEXT("c") "]}]}",
	    "{'blocks':[{'type':'section','fields':[" TEXT("c") "]}]}");
	fit("{'blocks':[{'type':'section','text':" TEXT("") ",'fields':[" TEXT("") "]}]}", "{}");
	fit("{'blocks':[{'type':'context','elements':[" TEXT("") "]},{'type':'header'}]}", "{}");
	fit("{'blocks':[null,7,{},{'type':null},{'type':'divider'}]}",
	    "{'blocks':[{'type':'divider'}]}");
	fit("{'blocks':'none','attachments':[{'fallback':'f'}]}", "{}");
	fit("{'blocks':[{'type':'actions','elements':["
	    "{'type':'button','url':'','text':" TEXT(
		    "a") "},"
	                 "{'type':'button','url':'https://x.example','text':" TEXT(
				 "b") "},"
	                              "{'type':'button','value':'v','text':" TEXT("") "}]}]}",
	    "{'blocks':[{'type':'actions','elements':["
	    "{'type':'button','url':'https://x.example','text':" TEXT("b") "}]}]}");
}

static void
what_is_not_known_passes(void **state)
{
	static const char payload[] =
		"{'text':'a','metadata':{'event_type':'x'},'unfurl_links':false,'blocks':["
		"{'type':'rich_text','elements':[{'type':'rich_text_section','elements':["
		"{'type':'text','text':'hello'}]}]},"
		"{'type':'image','image_url':'https://x.example/i.png','alt_text':'i'},"
		"{'type':'section','text':" TEXT(
			"b") ",'accessory':{'type':'overflow','options':[]}}],"
			     "'attachments':[{'color':'danger','title':'t','blocks':[" SECTION(
				     "c") "]}]}";

	(void)state;
	fit(payload, payload);
	assert_null(slack_fit(NULL));
	json_t *list = json_array();
	assert_null(slack_fit(list));
	json_decref(list);
}

/* ---- whatever the payload: the limits, as a reader of them checks ---- */

static size_t total;

static bool
is_atom_border(const char *text)
{
	const char *open = strrchr(text, '<'), *amp = strrchr(text, '&');

	/* Behind the cut: no begun link and no begun entity. */
	return (!open || strchr(open, '>')) && (!amp || strchr(amp, ';'));
}

static void
check_length(const char *text, size_t max)
{
	size_t length = slack_length(text);

	if (length < 1 || length > max)
		fail_msg("%zu characters, not 1 to %zu", length, max);
	total += length;
	if (strstr(text, DOTS))
		assert_true(is_atom_border(text));
	assert_null(strchr(" \n", text[strlen(text) - 1]));
}

static void
check_list(const json_t *list, size_t count, size_t max)
{
	size_t i;
	json_t *item;

	assert_in_range(json_array_size(list), 1, count);
	json_array_foreach((json_t *)list, i, item)
	{
		if (json_text_at(item, "text"))
			check_length(json_text_at(item, "text"), max);
	}
}

static void
check_block(const json_t *block)
{
	const char *type = json_text_at(block, "type");
	const json_t *text = json_at(block, "text.text"), *fields = json_at(block, "fields");

	assert_non_null(type);
	if (strcmp(type, "header") == 0)
		check_length(json_string_value(text), 150);
	else if (strcmp(type, "context") == 0)
		check_list(json_at(block, "elements"), 10, 3000);
	else if (strcmp(type, "section") == 0) {
		assert_true(text || fields);
		if (text)
			check_length(json_string_value(text), 3000);
		if (fields)
			check_list(fields, 10, 2000);
	} else if (json_text_at(block, "elements.0.text")) {
		total += slack_length(json_text_at(block, "elements.0.text"));
	}
}

static size_t
check_blocks(const json_t *blocks)
{
	size_t i;
	json_t *block;

	json_array_foreach((json_t *)blocks, i, block) check_block(block);
	return json_array_size(blocks);
}

static void
check(const json_t *payload)
{
	json_t *out = slack_fit(payload), *again = slack_fit(out), *attachment;
	size_t count, i;

	total = 0;
	if (json_text_at(out, "text"))
		check_length(json_text_at(out, "text"), 3999);
	total = 0;
	count = check_blocks(json_at(out, "blocks"));
	json_array_foreach(json_at(out, "attachments"), i, attachment)
	{
		count += check_blocks(json_at(attachment, "blocks"));
		if (json_text_at(attachment, "text"))
			total += slack_length(json_text_at(attachment, "text"));
	}
	assert_true(count <= 50);
	if (total > 9000)
		fail_msg("%zu over all blocks", total);
	assert_true(json_equal(out, again)); /* what fits stays as it is */
	json_decref(again);
	json_decref(out);
}

static uint64_t seed;

static size_t
any(size_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(seed >> 33) % below;
}

static json_t *
any_string(void)
{
	static const char *const pieces[] = {
		"a",
		" ",
		"\n",
		"&amp;",
		"&lt;",
		"<https://x.example/some/where?a=1&amp;b=2|label>",
		"<https://x.example|a longer label with words in it>",
		"\xf0\x9f\x94\xa5",
		"\xc3\xa4",
		"word ",
		"a line of some length, as messages have them\n",
	};
	static const size_t sizes[] = {0, 1, 5, 40, 300, 1200, 8000};
	size_t count = sizes[any(COUNT(sizes))], only = any(4) == 0 ? any(COUNT(pieces)) : 0;
	struct buf text = {0};

	count = count ? any(count) + 1 : 0;
	for (size_t i = 0; i < count; i++)
		buf_puts(&text, pieces[only ? only : any(COUNT(pieces))]);
	json_t *out = json_string(buf_text(&text));
	buf_fini(&text);
	return out;
}

static json_t *
any_text(void)
{
	return json_pack("{s:s, s:o}", "type", any(2) ? "mrkdwn" : "plain_text", "text",
	                 any_string());
}

static json_t *
any_texts(size_t max)
{
	json_t *out = json_array();

	for (size_t n = any(max); n; n--)
		json_array_append_new(out, any(9) ? any_text() : json_null());
	return out;
}

static json_t *
any_block(void)
{
	switch (any(7)) {
	case 0:
		return json_pack("{s:s, s:o}", "type", "header", "text", any_text());
	case 1:
		return json_pack("{s:s, s:o}", "type", "section", "fields", any_texts(14));
	case 2:
		return json_pack("{s:s, s:o, s:o}", "type", "section", "fields", any_texts(4),
		                 "text", any_text());
	case 3:
		return json_pack("{s:s, s:o}", "type", "context", "elements", any_texts(14));
	case 4:
		return json_pack("{s:s, s:[o]}", "type", "rich_text", "elements", any_text());
	case 5:
		return json_null();
	default:
		return json_pack("{s:s, s:o}", "type", "section", "text", any_text());
	}
}

static json_t *
any_blocks(size_t max)
{
	json_t *out = json_array();

	for (size_t n = any(max); n; n--)
		json_array_append_new(out, any_block());
	return out;
}

/* Some with nothing that keeps them. */
static json_t *
any_attachment(void)
{
	json_t *out = json_pack("{s:o, s:o}", "fallback", any_string(), "footer", any_string());

	if (any(3))
		json_object_set_new(out, "text", any_string());
	if (any(2))
		json_object_set_new(out, "blocks", any_blocks(30));
	return out;
}

static void
any_payload_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < 600; i++) {
		seed = i; /* a failure names the payload */
		json_t *payload = json_object(), *attachments = json_array();
		if (any(4))
			json_object_set_new(payload, "text", any_string());
		json_object_set_new(payload, "blocks", any_blocks(any(2) ? 8 : 70));
		for (size_t n = any(3); n; n--)
			json_array_append_new(attachments, any_attachment());
		json_object_set_new(payload, "attachments", attachments);
		check(payload);
		json_decref(payload);
	}
}

/* Where all is too much the short ones stay whole. */
static void
the_longest_texts_give_way(void **state)
{
	(void)state;
	json_t *blocks = json_array(), *payload = json_pack("{s:o}", "blocks", blocks), *out;
	char *line = mem_alloc(2901);

	memset(line, 'x', 2900);
	for (int i = 0; i < 4; i++)
		json_array_append_new(blocks, json_pack("{s:s, s:{s:s, s:s}}", "type", "section",
		                                        "text", "type", "mrkdwn", "text", line));
	json_array_append_new(blocks, json_pack("{s:s, s:{s:s, s:s}}", "type", "section", "text",
	                                        "type", "mrkdwn", "text", "short"));
	out = slack_fit(payload);
	assert_string_equal(json_text_at(out, "blocks.4.text.text"), "short");
	for (int i = 0; i < 4; i++) {
		char path[32];
		snprintf(path, sizeof(path), "blocks.%d.text.text", i);
		assert_int_equal(slack_length(json_text_at(out, path)), (9000 - 5) / 4);
	}
	check(payload);
	free(line);
	json_decref(out);
	json_decref(payload);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_ends_with_an_ellipsis),
		cmocka_unit_test(entities_and_links_stay_whole),
		cmocka_unit_test(many_lines_lose_whole_lines_and_say_how_many),
		cmocka_unit_test(what_is_empty_goes),
		cmocka_unit_test(what_is_not_known_passes),
		cmocka_unit_test(any_payload_fits),
		cmocka_unit_test(the_longest_texts_give_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
