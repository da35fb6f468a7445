#include "sinks/address.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/config/faults.h"
#include "relay/message/template.h"

#define OPENS "{{"
#define CLOSES "}}"

/* The next tag, from its first brace behind its last; NULL: there is none.
 * One without an end goes to the end of the text. */
static const char *
next_tag(const char *text, size_t *len)
{
	const char *begin = strstr(text, OPENS);
	const char *end = begin ? strstr(begin, CLOSES) : NULL;

	if (begin)
		*len = end ? (size_t)(end - begin) + strlen(CLOSES) : strlen(begin);
	return begin;
}

struct names {
	size_t count, teams;
};

static void
on_name(const char *name, size_t len, struct template_place place, void *arg)
{
	struct names *names = arg;

	(void)place;
	names->count++;
	names->teams += len == strlen("team") && memcmp(name, "team", len) == 0;
}

/* One tag, compiled alone, so that nothing but a value of the team can be in it; NULL: faulty. */
static struct template *
compile(const char *tag, size_t len)
{
	static const struct template_options options = {.escape = ESCAPE_TEXT, .strict = true};
	struct template *template;
	struct faults faults = {0};
	struct names names = {0};
	int rc = template_compile(&template, tag, len, &options, (struct template_place){1, 1},
	                          &faults);

	faults_fini(&faults);
	if (rc != 0)
		return NULL;
	template_each_name(template, on_name, &names);
	if (names.count == 1 && names.teams == 1)
		return template;
	template_free(template);
	return NULL;
}

/* What the tag makes of the team; false: the tag is faulty. */
static bool
render_tag(const char *tag, size_t len, const char *team, struct buf *out)
{
	static const struct template_env env = {0};
	struct template *template = compile(tag, len);
	json_t *data;
	struct err err;
	int rc;

	if (!template)
		return false;
	data = json_pack("{s:s?}", "team", team);
	rc = template_render(template, data, &env, out, &err);
	json_decref(data);
	template_free(template);
	return rc == 0;
}

static void
add_plain(struct buf *out, const char *text)
{
	buf_puts(out, text);
}

/* RFC 3986, 2.3: what means itself wherever it stands. */
static void
add_encoded(struct buf *out, const char *text)
{
	static const char unreserved[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-._~";

	for (const char *c = text; *c; c++) {
		if (strchr(unreserved, *c))
			buf_putc(out, *c);
		else
			buf_printf(out, "%%%02X", (unsigned char)*c);
	}
}

static char *
address_with(const char *text, const char *team, void (*add)(struct buf *, const char *))
{
	struct buf out = {0};
	const char *tag;
	size_t len;
	bool whole = true;

	for (; whole && (tag = next_tag(text, &len)) != NULL; text = tag + len) {
		struct buf value = {0};

		buf_add(&out, text, (size_t)(tag - text));
		whole = render_tag(tag, len, team, &value) && value.len > 0;
		add(&out, buf_text(&value));
		buf_fini(&value);
	}
	if (whole) {
		buf_puts(&out, text);
		return buf_take(&out);
	}
	mem_wipe_free(out.data, out.len);
	return NULL;
}

bool
address_varies(const char *text)
{
	return strstr(text, OPENS) != NULL;
}

char *
address_fault(const char *text)
{
	const char *tag;
	size_t len;
	char *fault = NULL;

	for (; !fault && (tag = next_tag(text, &len)) != NULL; text = tag + len) {
		struct buf value = {0};

		if (!render_tag(tag, len, "team", &value)) {
			char *copy = mem_strn(tag, len), *quoted = faults_quote(copy);

			fault = mem_fmt("%s is not {{team}}, alone or with filters as in "
			                "{{team | default \"platform\"}}",
			                quoted);
			free(quoted);
			free(copy);
		}
		buf_fini(&value);
	}
	return fault;
}

char *
address_for(const char *text, const char *team)
{
	return address_with(text, team, add_plain);
}

char *
address_url_for(const char *text, const char *team)
{
	return address_with(text, team, add_encoded);
}

bool
address_needs_team(const char *text)
{
	char *address = address_for(text, NULL);
	char *fault = address ? NULL : address_fault(text);
	bool needs = !address && !fault;

	if (address)
		mem_wipe_free(address, strlen(address));
	free(fault);
	return needs;
}
