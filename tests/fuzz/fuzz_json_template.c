/*
 * fuzz_json_template.c - structural templates.
 *
 * Whatever is compiled is rendered on data that is there: what comes out is
 * JSON again, within the limits; what does not compile has a fault with a place
 * in the text.  The input's first line, where it begins with '{', may bring
 * data of its own.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/message/json_template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

static const char built_in[] =
	"{\"a\": \"<!channel>\", \"n\": 3, \"t\": \"2026-01-15T09:30:00Z\", \"no\": false, \"nil\": "
	"null, \"o\": {\"a\": 1, \"l\": [[1, 2], []]}, \"l\": [{\"a\": \"x\"}, {\"b\": 2}, 7, null]}";

static void
check_faults(struct faults *faults, const char *text, size_t len)
{
	struct buf report = {0};
	int lines = 1, line = 0;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	must(faults->errors > 0);
	faults_report(faults, "f", &report);
	line = (int)strtol(buf_text(&report) + 2, NULL, 10);
	/* jansson counts the line feed that it stumbles over. */
	must(line >= 1 && line <= lines + 1);
	buf_fini(&report);
}

static void
check_rendering(const struct json_template *template, const json_t *data)
{
	static const struct template_env env = {.now_ms = 1768476600000};
	struct err err = {""};
	json_t *out, *again;
	char *text;

	if (json_template_render(template, data, &env, &out, &err) != 0) {
		must(out == NULL && err.text[0] != '\0');
		return;
	}
	text = json_dumps(out, JSON_COMPACT | JSON_ENCODE_ANY);
	must(text != NULL);
	again = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	/* Sums of what strings hold, before JSON escapes them: at most six times so long. */
	must(strlen(text) <= 8 * (size_t)TEMPLATE_OUTPUT_MAX);
	must(json_equal(out, again));
	json_decref(again);
	json_decref(out);
	free(text);
}

static void
try_template(const char *text, size_t len, const json_t *data, enum escape escape)
{
	const struct template_options options = {.escape = escape, .strict = true};
	struct faults faults = {0};
	struct json_template *template;

	if (json_template_compile(&template, text, len, &options, &faults) == 0) {
		for (size_t i = 0; i < json_template_count(template); i++) {
			struct template *part = json_template_at(template, i);

			for (size_t n = 0; n < template_partial_count(part); n++) {
				must(json_template_partial_place(template, i, n).line >= 1);
				template_link(part, n, part);
			}
		}
		check_rendering(template, data);
	} else {
		must(template == NULL);
		check_faults(&faults, text, len);
	}
	json_template_free(template);
	faults_fini(&faults);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = malloc(size > 0 ? size : 1); /* not a byte more: no NUL behind it */
	const char *template = text, *line;
	json_t *data = NULL;

	must(text != NULL);
	memcpy(text, bytes, size);
	line = memchr(text, '\n', size);
	if (line != NULL)
		data = json_loadb(text, (size_t)(line - text), JSON_REJECT_DUPLICATES, NULL);
	if (data != NULL)
		template = line + 1;
	else
		data = json_loads(built_in, 0, NULL);
	size -= (size_t)(template - text);
	try_template(template, size, data, ESCAPE_SLACK);
	try_template(template, size, data, ESCAPE_TEXT);
	json_decref(data);
	free(text);
	return 0;
}
