#include "tests/unit/message/mustache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

static const struct template_place start = {1, 1};

static void
link_one(const struct mustache *m, struct template *t)
{
	for (size_t i = 0; t != NULL && i < template_partial_count(t); i++)
		for (size_t n = 0; n < m->count; n++)
			if (strcmp(template_partial_at(t, i)->name, m->names[n]) == 0)
				template_link(t, i, m->partials[n]);
}

int
mustache_compile(struct mustache *m, const char *text, const json_t *partials,
                 const struct template_options *options, struct faults *faults)
{
	const char *name;
	json_t *partial;
	int rc;

	*m = (struct mustache){0};
	rc = template_compile(&m->main, text, strlen(text), options, start, faults);
	json_object_foreach((json_t *)partials, name, partial)
	{
		if (m->count == COUNT(m->partials))
			mem_die("too many partials for a test");
		m->names[m->count] = name;
		rc |= template_compile(&m->partials[m->count++], json_string_value(partial),
		                       json_string_length(partial), options, start, faults);
	}
	link_one(m, m->main);
	for (size_t i = 0; i < m->count; i++)
		link_one(m, m->partials[i]);
	if (rc != 0)
		mustache_free(m);
	return rc;
}

void
mustache_free(struct mustache *m)
{
	template_free(m->main);
	for (size_t i = 0; i < m->count; i++)
		template_free(m->partials[i]);
	*m = (struct mustache){0};
}

int
mustache_render(const struct mustache *m, const json_t *data, struct buf *out, struct err *err)
{
	static const struct template_env env = {.now_ms = MUSTACHE_NOW_MS};

	return template_render(m->main, data, &env, out, err);
}

char *
mustache(const char *text, const char *data_json, enum escape escape, bool strict)
{
	const struct template_options options = {escape, strict};
	json_t *data = json_loads(data_json, JSON_DECODE_ANY, NULL);
	struct faults faults = {0};
	struct err err = {0};
	struct buf out = {0};
	struct mustache m;

	if (data == NULL)
		mem_die("the data of a test is no JSON");
	if (mustache_compile(&m, text, NULL, &options, &faults) != 0) {
		faults_report(&faults, text, &out);
	} else if (mustache_render(&m, data, &out, &err) != 0) {
		buf_reset(&out);
		buf_printf(&out, "failed: %s", err.text);
	}
	mustache_free(&m);
	faults_fini(&faults);
	json_decref(data);
	return buf_take(&out);
}

char *
mustache_faults(const char *text, enum escape escape, bool strict)
{
	const struct template_options options = {escape, strict};
	struct faults faults = {0};
	struct buf report = {0}, out = {0};
	struct template *t;
	int rc = template_compile(&t, text, strlen(text), &options, start, &faults);

	if ((rc == 0) != (t != NULL) || (rc == 0) != (faults.errors == 0))
		mem_die("the answer and the faults differ");
	faults_report(&faults, "x", &report);
	for (const char *line = buf_text(&report); *line != '\0';) {
		size_t len = strcspn(line, "\n") + 1;
		buf_add(&out, line + 2, len - 2);
		line += len;
	}
	template_free(t);
	faults_fini(&faults);
	buf_fini(&report);
	return buf_take(&out);
}
