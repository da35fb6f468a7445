/* FILE as notification documents. */
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/command/render_parts.h"
#include "relay/config/lookup.h"
#include "relay/flow/dryrun.h"
#include "relay/message/samples.h"

#define SAMPLE "sample:"
#define SCHEMA "driftbell.notification.v1"

static void
add(struct subjects *out, const char *sink, const json_t *document)
{
	out->items = mem_grow(out->items, out->count + 1, sizeof(*out->items));
	out->items[out->count++] = (struct subject){sink, document};
}

/* ---- a sample ---- */

static int
no_such_sample(const char *name, struct err *err)
{
	size_t count = sample_count(), digests = digest_sample_count();
	const char **names = mem_array(count + digests, sizeof(*names));
	const char *near;

	for (size_t i = 0; i < count; i++)
		names[i] = sample_name(i);
	for (size_t i = 0; i < digests; i++)
		names[count + i] = digest_sample_name(i);
	near = lookup_nearest(name, names, count + digests);
	err_set(err, "there is no sample \"%s\"%s%s%s (render --samples lists them)", name,
	        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	free(names);
	return -1;
}

static json_t *
sample_named(const char *name)
{
	for (size_t i = 0; i < sample_count(); i++)
		if (strcmp(sample_name(i), name) == 0)
			return sample_document(i);
	for (size_t i = 0; i < digest_sample_count(); i++)
		if (strcmp(digest_sample_name(i), name) == 0)
			return digest_sample_document(i);
	return NULL;
}

static int
read_sample(struct subjects *out, const char *name, struct err *err)
{
	out->memory = sample_named(name);
	if (!out->memory)
		return no_such_sample(name, err);
	out->now_ms = SAMPLES_NOW_MS;
	add(out, NULL, out->memory);
	return 0;
}

/* ---- a webhook ---- */

/* Several destinations get one notification: it is shown once. */
static bool
is_known(const struct subjects *out, const json_t *document)
{
	const char *id = json_text_at(document, "id");

	for (size_t i = 0; i < out->count; i++) {
		const char *other = json_text_at(out->items[i].document, "id");

		if (id && other && strcmp(id, other) == 0)
			return true;
	}
	return false;
}

static void
take_deliveries(struct subjects *out, const struct rendering *r, const json_t *report)
{
	const json_t *delivery;
	size_t i;

	json_array_foreach(json_object_get(report, "deliveries"), i, delivery)
	{
		const json_t *document = json_object_get(delivery, "document");
		const char *sink = json_text_at(delivery, "sink");

		if (!sink) /* a run task's callback is no notification */
			continue;
		if (r->sink ? strcmp(r->sink->name, sink) == 0 : !is_known(out, document))
			add(out, sink, document);
	}
}

/* "FILE:LINE:COL: fault: source, source (--source NAME names the one)" */
static int
misread(const json_t *report, const char *path, const char *fault, struct err *err)
{
	struct buf names = {0};
	const json_t *name;
	size_t i;

	json_array_foreach(json_object_get(report, "candidates"), i, name)
		buf_printf(&names, "%s%s", i ? ", " : ": ", json_string_value(name));
	err_set(err, "%s:%lld:%lld: %s%s%s", path, (long long)json_int_at(report, "line", 1),
	        (long long)json_int_at(report, "column", 1), fault, buf_text(&names),
	        names.len ? " (--source NAME names the one)" : "");
	buf_fini(&names);
	return -1;
}

static int
no_notification(const struct rendering *r, const json_t *report, const char *path, struct err *err)
{
	const char *fault = json_filled_at(report, "fault"),
		   *answer = json_text_at(report, "answer"),
		   *nothing = json_filled_at(report, "nothing");

	if (fault)
		return misread(report, path, fault, err);
	if (answer && strcmp(answer, "duplicate") == 0)
		return err_set(err,
		               "%s:1:1: it is a duplicate event: nothing is told (--fresh plays it "
		               "on an empty store)",
		               path);
	if (answer && strcmp(answer, "verified") == 0)
		return err_set(err, "%s:1:1: it is a verification event: nothing is told", path);
	if (nothing)
		return err_set(err, "%s:1:1: no notification follows from it: %s", path, nothing);
	if (r->sink)
		return err_set(err, "%s:1:1: nothing of it goes to sink %s (explain tells why)",
		               path, r->sink->name);
	return err_set(err, "%s:1:1: no notification follows from it (explain tells why)", path);
}

static int
play(struct subjects *out, const struct rendering *r, const char *path, const struct buf *body,
     struct err *err)
{
	struct dryrun *dryrun;

	if (dryrun_new(&dryrun, r->loaded, r->fresh, out->now_ms, err) != 0)
		return -1;
	out->memory = dryrun_play(dryrun, r->source, buf_text(body), body->len, out->now_ms, err);
	dryrun_free(dryrun);
	if (!out->memory)
		return -1;
	take_deliveries(out, r, out->memory);
	return out->count > 0 ? 0 : no_notification(r, out->memory, path, err);
}

/* ---- all ---- */

static json_t *
as_document(const struct buf *body)
{
	struct err ignored;
	json_t *tree = NULL;
	const char *schema;

	if (json_read(buf_text(body), body->len, &tree, &ignored) != JSON_TREE)
		return NULL;
	schema = json_text_at(tree, "schema");
	if (schema && strcmp(schema, SCHEMA) == 0)
		return tree;
	json_decref(tree);
	return NULL;
}

int
subjects_read(struct subjects *out, const struct rendering *r, const char *path, struct err *err)
{
	struct buf body = {0};
	int rc = 0;

	*out = (struct subjects){.now_ms = clock_wall_ms()};
	if (strncmp(path, SAMPLE, strlen(SAMPLE)) == 0)
		return read_sample(out, path + strlen(SAMPLE), err);
	if (input_read(path, &body, err) != 0) {
		rc = err_prefix(err, "%s:1:1", path);
	} else {
		out->memory = as_document(&body);
		if (out->memory)
			add(out, NULL, out->memory);
		else
			rc = play(out, r, path, &body, err);
	}
	buf_fini(&body);
	return rc;
}

void
subjects_fini(struct subjects *subjects)
{
	json_decref(subjects->memory);
	free(subjects->items);
}
