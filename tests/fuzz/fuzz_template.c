/*
 * fuzz_template.c - any bytes as a template, on a hostile document.
 *
 * The first byte chooses output and mode; the rest is the template, which is
 * also its own partial wherever it names one.  What a strict mode takes must
 * not let the document's marked text through as markup.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/message/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char document[] =
	"{\"a\": \"<EVIL>\\\"EVIL'EVIL&```@channel\\r\\n\\u0001\\u202e\", \"b\": [1, 2.5, true, null],"
	" \"c\": {\"a\": \"</script><EVIL\", \"b\": [], \"n\": -1}, \"n\": 90061,"
	" \"l\": [{\"a\": 1}, {\"a\": \"<!EVIL>\"}, [\"<EVIL\"]],"
	" \"t\": \"2026-03-01T10:00:00Z\", \"u\": \"https://x.example/?a&b\","
	" \"j\": \"javascript:EVIL\", \"f\": false, \"e\": \"\"}";

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check(const struct buf *out, const struct template_options *options)
{
	const char *text = buf_text(out);

	must(out->len <= TEMPLATE_OUTPUT_MAX);
	must(strlen(text) == out->len && utf8_valid(text, out->len));
	if (!options->strict)
		return;
	if (options->escape == ESCAPE_HEADER)
		must(strpbrk(text, "\r\n") == NULL);
	if (options->escape == ESCAPE_SLACK || options->escape == ESCAPE_HTML)
		must(strstr(text, "<EVIL") == NULL && strstr(text, "<!EVIL") == NULL);
	if (options->escape == ESCAPE_HTML)
		must(strstr(text, "\"EVIL") == NULL && strstr(text, "'EVIL") == NULL);
}

/* Whether the bytes hold a marker themselves: then it proves nothing. */
static bool
is_marked(const uint8_t *data, size_t size)
{
	return memmem(data, size, "EVIL", 4) != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct template_env env = {.now_ms = 1772366400000, .zone = "UTC"};
	static json_t *context;
	struct template_options options;
	struct faults faults = {0};
	struct buf out = {0};
	struct err err = {0};
	struct template *t;

	if (context == NULL)
		context = json_loads(document, 0, NULL);
	if (size == 0 || is_marked(data, size))
		return 0;
	options = (struct template_options){data[0] & 3, (data[0] & 4) != 0};
	char *text = mem_dup(data + 1, size - 1);
	int rc = template_compile(&t, text, size - 1, &options, (struct template_place){1, 1},
	                          &faults);
	free(text);
	must((rc == 0) == (t != NULL) && (rc == 0) == (faults.errors == 0));
	if (t != NULL) {
		for (size_t i = 0; i < template_partial_count(t); i++)
			template_link(t, i, t);
		rc = template_render(t, context, &env, &out, &err);
		must((rc == 0) == (*err.text == '\0'));
		check(&out, &options);
	}
	template_free(t);
	faults_fini(&faults);
	buf_fini(&out);
	return 0;
}
