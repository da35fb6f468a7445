#include "relay/hcp/reader.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/hcp/reader_internal.h"
#include "relay/hcp/uses.h"

struct reader *
reader_new(const struct image_types *more)
{
	struct reader *reader = mem_alloc(sizeof(*reader));

	reader->stream = json_stream_new(&reader_events, reader);
	reader->attributes = attributes_new();
	image_places_init(&reader->places, reader->attributes, more);
	packer_places_add(reader->attributes);
	facts_init(&reader->facts);
	health_init(&reader->health);
	item_reset(&reader->item);
	reader->frames = mem_array(JSON_STREAM_DEPTH_MAX, sizeof(*reader->frames));
	buf_puts(&reader->module, "");
	return reader;
}

void
reader_free(struct reader *reader)
{
	if (reader == NULL)
		return;
	json_stream_free(reader->stream);
	image_places_fini(&reader->places);
	attributes_free(reader->attributes);
	facts_fini(&reader->facts);
	health_fini(&reader->health);
	item_fini(&reader->item);
	free(reader->frames);
	buf_fini(&reader->module);
	free(reader);
}

/* "resource_changes[12].change.after": as far as the names are not the document's own. */
static void
path_to(const struct reader *reader, struct buf *path)
{
	for (size_t i = 1; i < reader->depth; i++) {
		const struct frame *frame = &reader->frames[i];

		if (reader->frames[i - 1].array)
			buf_printf(path, "[%zu]", reader->frames[i - 1].index - 1);
		else if (frame->key != NULL)
			buf_printf(path, "%s%s", path->len > 0 ? "." : "", frame->key);
		else
			break;
	}
}

int
reader_feed(struct reader *reader, const char *data, size_t len, struct err *err)
{
	struct buf path = {0};

	reader->bytes += len;
	if (json_stream_feed(reader->stream, data, len, err) == 0)
		return 0;
	path_to(reader, &path);
	if (path.len > 0)
		err_prefix(err, "in %.200s", buf_text(&path));
	buf_fini(&path);
	return -1;
}

/* Which of the three it is, and whether we can read it. */
static int
judge(const struct seen *seen, struct err *err)
{
	if (seen->plan || (seen->format && (seen->state || !seen->other))) {
		if (!seen->format || seen->format_version[0] == '\0')
			return err_set(err, "a plan without format_version");
		if (strncmp(seen->format_version, "0.", 2) != 0 &&
		    strncmp(seen->format_version, "1.", 2) != 0)
			return err_set(err, "a format_version that is not 1.x");
		return 0;
	}
	if (seen->version == 4)
		return 0;
	if (seen->raw && seen->version != 0)
		return err_set(err, "a state file of version %ld; only 4 is read", seen->version);
	return err_set(err, "neither a plan nor a state of Terraform");
}

int
reader_end(struct reader *reader, json_t **reading, struct err *err)
{
	const struct seen *seen = &reader->seen;
	const struct health *health = &reader->health;
	size_t total;

	*reading = NULL;
	if (json_stream_end(reader->stream, err) != 0 || judge(seen, err) != 0)
		return -1;
	json_t *uses = uses_of(&reader->facts, seen->plan, seen->errored, &total);

	*reading = json_pack(
		"{s:s, s:o, s:b, s:b, s:b, s:I, s:o, s:I, s:{s:I, s:O}, s:{s:I, s:O}}", "format",
		seen->plan ? "plan" : "state", "terraform_version",
		json_text_or_null(seen->terraform_version[0] != '\0' ? seen->terraform_version
	                                                             : NULL),
		"errored", seen->errored, "complete", !seen->errored && !seen->incomplete,
		"partial", reader->facts.partial, "bytes", (json_int_t)reader->bytes, "uses", uses,
		"uses_total", (json_int_t)total, "drift", "total", (json_int_t)health->drift_total,
		"resources", health->drifts, "checks", "total", (json_int_t)health->check_total,
		"items", health->checks);
	if (*reading == NULL)
		return err_set(err, "the answer could not be made");
	return 0;
}
