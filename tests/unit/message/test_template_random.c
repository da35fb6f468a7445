/*
 * Random templates on random documents.  All text of a document is hostile,
 * and marked by a word that no template has: in no output may it stand where
 * it would be markup.  DRIFTBELL_SEED=N in the environment runs one case.
 */
#include "tests/unit/message/unit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "tests/unit/message/mustache.h"

#define CASES 3000

static uint64_t state;

/* splitmix64 */
static uint64_t
draw(uint64_t below)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31)) % below;
}

#define PICK(list) ((list)[draw(COUNT(list))])

/* Documents */

static const char *const names[] = {"a", "b", "c", "d", "list", "url"};

static json_t *
random_text(void)
{
	static const char *const parts[] = {
		"<EVIL",
		">",
		"\"EVIL",
		"'EVIL",
		"&",
		"<!EVIL>",
		"@channel",
		"```",
		"\n",
		"\r\nEVIL: x",
		"\x01",
		"\xe2\x80\xae",
		"javascript:EVIL",
		"https://x.example/",
		"plain text",
		"\xf0\x9f\x94\xa5",
		"2026-03-01T10:00:00Z",
		"{{a}}",
		"--><EVIL",
		"</script><EVIL",
		"|",
		"",
	};
	struct buf text = {0};
	json_t *made;

	for (uint64_t n = draw(4); n > 0; n--)
		buf_puts(&text, PICK(parts));
	made = json_string(buf_text(&text));
	buf_fini(&text);
	return made;
}

static json_t *random_value(unsigned depth);

static json_t *
random_container(unsigned depth, bool is_list)
{
	json_t *made = is_list ? json_array() : json_object();

	for (uint64_t n = draw(6); n > 0; n--) {
		if (is_list)
			json_array_append_new(made, random_value(depth + 1));
		else
			json_object_set_new(made, PICK(names), random_value(depth + 1));
	}
	return made;
}

static json_t *
random_value(unsigned depth)
{
	switch (draw(depth > 3 ? 8 : 13)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(draw(2));
	case 2:
		return json_integer((json_int_t)draw(4) - 1);
	case 3:
		return json_real((double)draw(1000) / 7 * (draw(2) ? 1e12 : 1));
	case 8:
	case 9:
		return random_container(depth, true);
	case 10:
	case 11:
	case 12:
		return random_container(depth, false);
	default:
		return random_text();
	}
}

/* Templates: well-formed ones, with a mistake now and then */

static const char *const filters[] = {
	"",
	"",
	"",
	" | upper",
	"|trunc 5",
	" | default \"x\"",
	" | default \"none\" | lower",
	" | json",
	" | json | trunc 9",
	" | link \"it\"",
	" | link",
};

static void
add_name(struct buf *out)
{
	buf_puts(out, draw(8) == 0 ? "." : PICK(names));
	if (draw(6) == 0 && out->data[out->len - 1] != '.')
		buf_printf(out, ".%s", PICK(names));
}

static void
add_value(struct buf *out)
{
	static const char *const frames[][2] = {
		{"", ""},
		{"<b>", "</b>\n"},
		{"<a title=\"", "\">"},
		{"<a href=\"", "\">"},
		{"<a href='https://x.example/", "'>"},
		{"<title>", "</title>"},
		{"*", "* "},
	};
	size_t i = draw(COUNT(frames));

	buf_puts(out, frames[i][0]);
	buf_puts(out, "{{");
	add_name(out);
	buf_puts(out, PICK(filters));
	buf_puts(out, "}}");
	buf_puts(out, frames[i][1]);
}

static void
add_body(struct buf *out, unsigned depth)
{
	static const char *const texts[] = {
		"text ",       "\n",         "  ",  "{{! no }}\n", "{{>p}}",
		"\n {{>p}}\n", "\n{{>q}}\n", "<p>", "&amp;",       "{{=<% %>=}}<%={{ }}=%>"};

	for (uint64_t n = draw(6); n > 0; n--) {
		if (draw(3) == 0 && depth < 6) {
			struct buf name = {0};
			const char *feed = draw(2) ? "\n" : "";
			add_name(&name);
			buf_printf(out, "{{%c%s}}%s", draw(3) ? '#' : '^', name.data, feed);
			add_body(out, depth + 1);
			buf_printf(out, "{{/%s}}%s", name.data, feed);
			buf_fini(&name);
		} else if (draw(2)) {
			buf_puts(out, PICK(texts));
		} else {
			add_value(out);
		}
	}
}

/* Templates: anything that looks like a piece of one */

static void
add_rubble(struct buf *out)
{
	static const char *const pieces[] = {
		"{{",
		"}}",
		"{{{",
		"}}}",
		"{{#a}}",
		"{{/a}}",
		"{{^list}}",
		"{{/list}}",
		"{{a}}",
		"{{b}}",
		"{{url}}",
		"{{&a}}",
		"{{{a}}}",
		"{{>p}}",
		"{{=| |=}}",
		"|a|",
		"|={{ }}=|",
		"{{! ",
		"{{url | link 'x'}}",
		"{{a | trunc 3}}",
		"{{a |",
		"\"",
		"'",
		"<a href=\"",
		"<a href=",
		"<a ",
		"title='",
		">",
		"<",
		"</",
		"<script>",
		"</script>",
		"<style>",
		"</style>",
		"<!--",
		"-->",
		"<title>",
		"</title>",
		"onclick=\"",
		"=",
		"\n",
		"  ",
		"x",
		"https://",
		"#",
		"<svg>",
		"</svg>",
		"/",
	};

	for (uint64_t n = draw(25); n > 0; n--)
		buf_puts(out, PICK(pieces));
}

/* What must hold */

/* "@channel" where a word could begin: not in an address, or behind "\\n" of a JSON text. */
static bool
has_mention(const char *out)
{
	for (const char *c = strstr(out, "@channel"); c != NULL; c = strstr(c + 1, "@channel"))
		if (c == out || !(isalnum((unsigned char)c[-1]) || c[-1] == '_' || c[-1] == '.'))
			return true;
	return false;
}

static const char *
wrong_with(const char *out, size_t len, enum escape escape)
{
	if (len > TEMPLATE_OUTPUT_MAX)
		return "too long";
	if (strlen(out) != len || !utf8_valid(out, len))
		return "not a text";
	if (escape == ESCAPE_HEADER && strpbrk(out, "\r\n\x01") != NULL)
		return "several lines in a header";
	if (escape != ESCAPE_HTML && escape != ESCAPE_SLACK)
		return NULL;
	if (strstr(out, "<EVIL") != NULL || strstr(out, "<!EVIL") != NULL)
		return "data that is markup";
	if (escape == ESCAPE_SLACK)
		return has_mention(out) ? "a live mention" : NULL;
	if (strstr(out, "\"EVIL") != NULL || strstr(out, "'EVIL") != NULL)
		return "data that ends an attribute";
	if (strstr(out, "href=\"javascript:") != NULL)
		return "an address that is a script";
	return NULL;
}

static void
run_case(uint64_t seed)
{
	static const struct {
		struct template_options options;
	} modes[] = {{{ESCAPE_HTML, true}},
	             {{ESCAPE_SLACK, true}},
	             {{ESCAPE_HEADER, true}},
	             {{ESCAPE_HTML, false}},
	             {{ESCAPE_TEXT, true}}};
	struct buf texts[3] = {0};
	json_t *partials, *data;
	bool rubble;

	state = seed;
	rubble = draw(2);
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (rubble)
			add_rubble(&texts[i]);
		else
			add_body(&texts[i], 0);
	}
	data = random_container(0, draw(8) == 0);
	partials = json_pack("{s:s, s:s}", "p", buf_text(&texts[1]), "q", buf_text(&texts[2]));
	for (size_t i = 0; i < COUNT(modes); i++) {
		struct faults faults = {0};
		struct buf out = {0};
		struct err err = {0};
		struct mustache m;
		const char *wrong = NULL;

		if (mustache_compile(&m, buf_text(&texts[0]), partials, &modes[i].options,
		                     &faults) != 0) {
			if (faults.errors == 0)
				wrong = "no template, and no fault";
		} else {
			int rc = mustache_render(&m, data, &out, &err);
			if ((rc == 0) != (*err.text == '\0'))
				wrong = "an answer without its words";
			else if (modes[i].options.strict)
				wrong = wrong_with(buf_text(&out), out.len,
				                   modes[i].options.escape);
		}
		if (wrong != NULL)
			fail_msg(
				"DRIFTBELL_SEED=%llu mode %zu: %s\n--- template\n%s\n--- output\n%s",
				(unsigned long long)seed, i, wrong, buf_text(&texts[0]),
				buf_text(&out));
		mustache_free(&m);
		faults_fini(&faults);
		buf_fini(&out);
	}
	json_decref(data);
	json_decref(partials);
	for (size_t i = 0; i < COUNT(texts); i++)
		buf_fini(&texts[i]);
}

static void
nothing_of_a_document_is_markup(void **unused)
{
	const char *seed = getenv("DRIFTBELL_SEED");

	(void)unused;
	if (seed != NULL)
		run_case(strtoull(seed, NULL, 10));
	for (uint64_t i = 1; seed == NULL && i <= CASES; i++)
		run_case(i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_of_a_document_is_markup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
