/*
 * Whatever stands in the data, a message of a shipped template is what it is
 * meant to be: JSON, one line, HTML whose tags are the template's.
 */
#include "tests/unit/message/unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/message/digest.h"
#include "relay/message/samples.h"
#include "relay/message/templates.h"
#include "relay/message/view.h"

#define ROUNDS 6 /* of every sample */
#define LONG 100000

static char long_text[LONG + 1];

static const char *const hostile[] = {
	"\"",
	"'",
	"\\",
	"{",
	"}}",
	"{{title}}",
	"{{{title}}}",
	"{{#x}}",
	"a\r\nBcc: x@example.com",
	"\r",
	"\n\n",
	"<!channel>",
	"<!here|x>",
	"<@U123>",
	"<https://evil.example/|bank>",
	"</script><script>evil()</script>",
	"<x-evil a=b>",
	"<img src=x onerror=evil()>",
	"\" onmouseover=\"evil()",
	"' onmouseover='evil()",
	"javascript:evil()",
	"JaVaScRiPt:evil()",
	"java\tscript:evil()",
	" javascript:evil()",
	"data:text/html,<script>evil()</script>",
	"https://example.com/\"onmouseover=\"evil()",
	"https://example.com/<x-evil>|label>",
	"//evil.example/",
	"vbscript:evil()",
	"&lt;x-evil&gt;",
	"&#60;x-evil&#62;",
	"```",
	"@channel",
	"\xe2\x80\xae"
	"abc",
	"\xe2\x81\xa6"
	"abc",
	"\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
	"\x01",
	"\x1b[31m",
	"-->",
	"<!--",
	"]]>",
	"|",
	"=?utf-8?q?x?=",
	"%s%n",
	"",
	" ",
	"null",
	long_text,
};

/* What passes for an http(s) URL. */
static const char *const links[] = {
	"https://evil.example/'onmouseover='evil()",
	"http://evil.example/?a=b&amp;c=d&#60;",
	"https://evil.example/@channel",
	"https://evil.example/\xe2\x80\xaeurl",
};

static uint32_t seed;

static uint32_t
chance(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* These are the relay's own: it is they that choose the template and the filters
 * are for. */
static bool
is_ours(const char *name)
{
	size_t len = strlen(name);

	return strcmp(name, "kind") == 0 || strcmp(name, "until") == 0 ||
	       strcmp(name, "schema") == 0 || strcmp(name, "from") == 0 ||
	       strcmp(name, "to") == 0 || (len > 3 && strcmp(name + len - 3, "_at") == 0);
}

/* How one sample is poisoned. */
struct poison {
	uint32_t one_in; /* texts become hostile */
	bool long_used;  /* more than one long text is more than comes out */
	bool any_url;    /* else links stay http(s) ones, as a document has them */
};

static bool
is_link(const char *name)
{
	return strcmp(name, "url") == 0 || strcmp(name, "runbook") == 0;
}

static json_t *
hostile_text(struct poison *how, bool link)
{
	const char *text = hostile[chance(COUNT(hostile))];

	if (link && !how->any_url)
		text = links[chance(COUNT(links))];
	if (text == long_text && how->long_used)
		text = "x";
	how->long_used |= text == long_text;
	return json_string(text);
}

/* Puts hostile texts in the place of some or all texts. */
static void
poison(json_t *value, struct poison *how)
{
	const char *name;
	json_t *member;
	void *next;
	size_t i;

	json_array_foreach(value, i, member)
	{
		poison(member, how);
		if (json_is_string(member) && chance(how->one_in) == 0)
			json_array_set_new(value, i, hostile_text(how, false));
	}
	json_object_foreach_safe(value, next, name, member)
	{
		poison(member, how);
		if (json_is_string(member) && !is_ours(name) && chance(how->one_in) == 0)
			json_object_set_new(value, name, hostile_text(how, is_link(name)));
	}
}

struct subject {
	struct templates *set;
	const char *sample;
	json_t *view;
	const char *file;
	bool any_url;
};

static void
refuse(const struct subject *s, const char *what, const char *text)
{
	char *dump = json_dumps(s->view, JSON_INDENT(1));

	fail_msg("%s of %s: %s\n%.6000s\n--- of\n%.6000s", s->file, s->sample, what, text, dump);
}

/* What no reader of a message should meet, whatever it is. */
static void
check_text(const struct subject *s, const char *text, size_t len)
{
	static const char *const never[] = {"\xe2\x80\xae", "\xe2\x81\xa6", "\x01", "\x1b"};

	if (!utf8_valid(text, len) || strlen(text) != len)
		refuse(s, "not UTF-8", text);
	for (size_t i = 0; i < COUNT(never); i++)
		if (strstr(text, never[i]) != NULL)
			refuse(s, "control characters", text);
}

/* HTML */

static const char *
check_attribute(const struct subject *s, const char *at, const char *tag)
{
	size_t name = strcspn(at, " \t\r\n=/>\"'");
	const char *value;

	if (name == 0 || strncasecmp(at, "on", 2) == 0)
		refuse(s, "an attribute that is not the template's", tag);
	if (at[name] != '=')
		return at + name;
	value = at + name + 1;
	if (*value != '"')
		refuse(s, "an attribute without quotes", tag);
	value++;
	if (strncasecmp(at, "href=", 5) == 0 && value[0] != '#' &&
	    strncmp(value, "http://", 7) != 0 && strncmp(value, "https://", 8) != 0)
		refuse(s, "a link that is no http(s) URL", tag);
	value += strcspn(value, "\"");
	if (*value == '\0')
		refuse(s, "an attribute without end", tag);
	return value + 1;
}

static const char *
check_tag(const struct subject *s, const char *tag)
{
	static const char *const never[] = {"x-evil", "script", "img", "!channel", "!here", "@"};
	const char *at = tag + 1 + (tag[1] == '/');

	if (strncmp(tag, "<!--", 4) == 0) /* of the template: data has no "<" */
		return strstr(tag, "-->") + 3;
	for (size_t i = 0; i < COUNT(never); i++)
		if (strncasecmp(at, never[i], strlen(never[i])) == 0)
			refuse(s, "a tag that is not the template's", tag);
	at += strcspn(at, " \t\r\n/>");
	for (;;) {
		at += strspn(at, " \t\r\n/");
		if (*at == '\0')
			refuse(s, "a tag without end", tag);
		if (*at == '>')
			return at + 1;
		at = check_attribute(s, at, tag);
	}
}

static void
check_html(const struct subject *s, const char *text, size_t len)
{
	const char *end;

	check_text(s, text, len);
	for (const char *at = text; (at = strchr(at, '<')) != NULL;) {
		/* What is in a style is no markup; the template's own has no data. */
		if (strncasecmp(at, "<style", 6) == 0) {
			end = strstr(at, "</style>");
			if (end == NULL)
				refuse(s, "a style without end", at);
			at = end;
		}
		at = check_tag(s, at);
	}
}

static void
check_line(const struct subject *s, const char *text, size_t len)
{
	check_text(s, text, len);
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)text[i]))
			refuse(s, "more than one line", text);
}

static void
check_any(const struct subject *s, const char *text, size_t len)
{
	if (!utf8_valid(text, len) || strlen(text) != len)
		refuse(s, "not UTF-8", text);
}

/* JSON */

/* <URL|label> and <!date^...> are what a template makes; its links are http(s)
 * where the document's are. */
static void
check_slack_string(const struct subject *s, const char *text, size_t len)
{
	check_text(s, text, len);
	if (strstr(text, "<https://evil.example/|bank") != NULL)
		refuse(s, "a link of the data", text);
	for (const char *at = text; (at = strchr(at, '<')) != NULL; at++) {
		size_t inside = strcspn(at + 1, "<>\n");

		if (!s->any_url && strncmp(at, "<http://", 8) != 0 &&
		    strncmp(at, "<https://", 9) != 0 && strncmp(at, "<!date^", 7) != 0)
			refuse(s, "a mention", text);
		if (at[1 + inside] != '>')
			refuse(s, "a link without end", text);
	}
}

static void
check_slack(const struct subject *s, const json_t *value)
{
	const char *name;
	json_t *member;
	size_t i;

	if (json_is_string(value))
		check_slack_string(s, json_string_value(value), json_string_length(value));
	json_array_foreach((json_t *)value, i, member)
	{
		check_slack(s, member);
	}
	json_object_foreach((json_t *)value, name, member)
	{
		/* A button's URL is no text; the document has http(s) ones alone. */
		if (strcmp(name, "url") != 0)
			check_slack(s, member);
	}
}

static void
check_json(const struct subject *s, const json_t *made)
{
	char *text = json_dumps(made, JSON_COMPACT);
	json_t *again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (again == NULL || !json_equal(made, again))
		refuse(s, "not JSON", text);
	json_decref(again);
	free(text);
}

/* All of them */

typedef void text_check_fn(const struct subject *, const char *text, size_t len);

static const struct {
	const char *ending;
	text_check_fn *check; /* NULL: structural */
} checks[] = {
	{".slack.json", NULL}, {".json", NULL},       {".html", check_html},
	{".txt", check_any},   {".line", check_line},
};

static bool
ends_with(const char *name, const char *ending)
{
	size_t len = strlen(name), end = strlen(ending);

	return len > end && strcmp(name + len - end, ending) == 0;
}

/* Too much is the one thing that may go wrong. */
static void
check_failure(const struct subject *s, const struct err *err)
{
	if (strstr(err->text, "KiB come out") == NULL)
		refuse(s, err->text, "");
}

static size_t rendered;

static void
try_json(const struct subject *s)
{
	struct err err = {{0}};
	json_t *out;

	if (templates_json(s->set, s->file, s->view, SAMPLES_NOW_MS, &out, &err) != 0) {
		check_failure(s, &err);
		return;
	}
	check_json(s, out);
	if (ends_with(s->file, ".slack.json"))
		check_slack(s, out);
	json_decref(out);
}

static void
try_text(const struct subject *s, text_check_fn *check)
{
	struct err err = {{0}};
	struct buf out = {0};

	if (templates_text(s->set, s->file, s->view, SAMPLES_NOW_MS, &out, &err) != 0)
		check_failure(s, &err);
	else
		check(s, buf_text(&out), out.len);
	buf_fini(&out);
}

static void
try_file(const char *file, const char *path, void *arg)
{
	struct subject *s = arg;

	(void)path;
	if (strchr(file, '/') != NULL || (strstr(file, "digest.") != NULL) != is_digest(s->view))
		return;
	s->file = file;
	for (size_t i = 0; i < COUNT(checks); i++) {
		if (!ends_with(file, checks[i].ending))
			continue;
		rendered++;
		if (checks[i].check == NULL)
			try_json(s);
		else
			try_text(s, checks[i].check);
		return;
	}
}

static void
hostile_data_stays_data(void **state)
{
	struct subject s = {.set = NULL};
	struct buf report = {0};

	(void)state;
	memset(long_text, 'x', LONG);
	for (size_t i = 0; i < COUNT(links); i++)
		assert_true(url_is_http(links[i]));
	assert_int_equal(templates_load(&s.set, NULL, &report), 0);
	for (size_t i = 0; i < sample_count() + digest_sample_count(); i++)
		for (uint32_t round = 0; round < ROUNDS; round++) {
			bool many = i >= sample_count();
			size_t k = many ? i - sample_count() : i;
			json_t *document = many ? digest_sample_document(k) : sample_document(k);
			struct poison how = {.one_in = 1 + round / 2,
			                     .long_used = round % 4 != 0,
			                     .any_url = round % 2 != 0};

			s.any_url = how.any_url;
			s.sample = many ? digest_sample_name(k) : sample_name(k);
			seed = (uint32_t)i * 1000 + round;
			poison(document, &how);
			s.view = view_of(document, NULL);
			templates_list(s.set, try_file, &s);
			json_decref(s.view);
			json_decref(document);
		}
	assert_true(rendered > 1000);
	templates_release(s.set);
	buf_fini(&report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_data_stays_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
