/* TEMPLATE on one notification document, as the destination would get it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/command/render_parts.h"
#include "relay/message/view.h"
#include "sinks/sink.h"

#define SLACK_ENDING ".slack.json"

static bool
ends_with(const char *text, const char *ending)
{
	size_t len = strlen(text), end = strlen(ending);

	return len > end && strcmp(text + len - end, ending) == 0;
}

bool
render_has_ending(const char *file)
{
	static const char *const endings[] = {".json", ".html", ".txt", ".line"};

	for (size_t i = 0; i < COUNT(endings); i++)
		if (ends_with(file, endings[i]))
			return true;
	return false;
}

/* The ending of this kind's templates that the file has, or NULL. */
static const char *
ending_of(const struct sink_kind *kind, const char *file)
{
	/* The other one that ends in .json. */
	bool is_slack = ends_with(file, SLACK_ENDING);

	for (const char *const *ending = kind->template_endings; ending && *ending; ending++) {
		if (ends_with(file, *ending) && (!is_slack || strcmp(*ending, SLACK_ENDING) == 0))
			return *ending;
		/* A mail may have one; it is none of those that it must have. */
		if (strcmp(*ending, ".txt") == 0 && ends_with(file, ".html"))
			return ".html";
	}
	return NULL;
}

char *
render_misfit(const struct conf_sink *sink, const char *file)
{
	const struct sink_kind *kind = sink_kind_named(sink->kind->name);
	struct buf endings = {0};
	char *text;

	if (ending_of(kind, file))
		return NULL;
	for (const char *const *ending = kind->template_endings; ending && *ending; ending++)
		buf_printf(&endings, "%s%s", endings.len ? ", " : "", *ending);
	text = mem_fmt("sink %s is a %s sink, whose templates end in %s", sink->name,
	               kind->conf.name, buf_text(&endings));
	buf_fini(&endings);
	return text;
}

/* The options of a sink, or of none, with another template: the row of that
 * key says where it stands.  The caller frees; what it points to is borrowed. */
static void *
with_template(const struct sink_kind *kind, const void *options, char *name)
{
	void *copy = options ? mem_dup(options, kind->conf.size) : mem_alloc(kind->conf.size);

	for (const struct key *key = kind->conf.keys; key->name; key++)
		if (strcmp(key->name, "template") == 0)
			memcpy((char *)copy + key->offset, &name, sizeof(name));
	return copy;
}

/* What the sink makes of the document with this template, or with its own
 * where this is a partial. */
static int
show(const struct rendering *r, const struct sink_kind *kind, const void *options,
     const json_t *document, int64_t now_ms, struct err *err)
{
	const char *id = json_text_at(document, "id");
	const struct message message = {
		.id = id ? id : "",
		.revision = json_int_at(document, "revision", 1),
		.document = document,
		.speaks = true,
		.attempt_at_ms = now_ms,
	};
	char *stem =
		r->stub ? NULL
			: mem_strn(r->file, strlen(r->file) - strlen(ending_of(kind, r->file)));
	void *own = stem ? with_template(kind, options, stem) : NULL;
	char *text = kind->show(own ? own : options, json_text_at(document, "team"), r->templates,
	                        &message, NULL, err);
	int rc = err->text[0] != '\0' ? -1 : 0;

	if (rc == 0)
		input_print_lines(text, "");
	free(text);
	free(own);
	free(stem);
	return rc;
}

static int
print_json(const struct rendering *r, const json_t *view, int64_t now_ms, struct err *err)
{
	json_t *out = NULL;
	char *text;
	int rc = templates_json(r->templates, r->file, view, now_ms, &out, err);

	if (rc == 0) {
		text = json_dumps(out, JSON_INDENT(2) | JSON_ENCODE_ANY);
		input_print_lines(text, "");
		free(text);
	}
	json_decref(out);
	return rc;
}

static int
print_text(const struct rendering *r, const json_t *view, int64_t now_ms, struct err *err)
{
	struct buf out = {0};
	int rc = templates_text(r->templates, r->stub ? r->stub : r->file, view, now_ms, &out, err);

	if (rc == 0)
		input_print_lines(buf_text(&out), "");
	buf_fini(&out);
	return rc;
}

static int
print_alone(const struct rendering *r, const json_t *document, int64_t now_ms, struct err *err)
{
	json_t *view = view_of(document, NULL);
	int rc = ends_with(r->file, ".json") ? print_json(r, view, now_ms, err)
	                                     : print_text(r, view, now_ms, err);

	json_decref(view);
	return rc;
}

int
render_message(const struct rendering *r, const json_t *document, int64_t now_ms, struct err *err)
{
	const char *kind = json_text_at(document, "incident.kind");

	if (r->kind && (!kind || strcmp(kind, r->kind) != 0))
		return err_set(err, "the template is for %s, and this is %s", r->kind,
		               kind ? kind : "of no kind");
	if (r->sink)
		return show(r, sink_kind_named(r->sink->kind->name), r->sink->options, document,
		            now_ms, err);
	if (ends_with(r->file, SLACK_ENDING))
		return show(r, sink_kind_named("slack"), NULL, document, now_ms, err);
	return print_alone(r, document, now_ms, err);
}
