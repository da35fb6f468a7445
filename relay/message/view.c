#include "relay/message/view.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/digest.h"

/* {"revoked": true}; nothing where there is no word. */
static void
say(json_t *is, const char *word)
{
	if (word != NULL && word[0] != '\0')
		json_object_set_new(is, word, json_true());
}

/* "image.revocation" is image_revocation, and image. */
static void
say_kind(json_t *is, const char *kind)
{
	char *word;

	if (kind == NULL)
		return;
	word = mem_str(kind);
	for (char *dot = word; (dot = strchr(dot, '.')) != NULL;)
		*dot = '_';
	say(is, word);
	word[strcspn(kind, ".")] = '\0';
	say(is, word);
	free(word);
}

static json_t *
words_of_document(const json_t *document)
{
	json_t *is = json_object();

	say(is, json_text_at(document, "reason"));
	say(is, json_text_at(document, "incident.status"));
	say(is, json_text_at(document, "incident.severity"));
	say(is, json_text_at(document, "incident.phase"));
	say_kind(is, json_text_at(document, "incident.kind"));
	return is;
}

static json_t *
view_of_row(const json_t *row)
{
	json_t *out = json_copy((json_t *)row), *is = json_object();

	say(is, json_text_at(row, "state"));
	say(is, json_text_at(row, "certainty"));
	say(is, json_text_at(row, "evidence"));
	say(is, json_true_at(row, "drifted") ? "drifted" : NULL);
	json_object_set_new(out, "is", is);
	return out;
}

static json_t *
view_of_rows(const json_t *document)
{
	json_t *out = json_array(), *row;
	size_t i;

	json_array_foreach(json_object_get(document, "workspaces"), i, row)
		json_array_append_new(out, view_of_row(row));
	return out;
}

/* A message names a few workspaces; `more` counts those it leaves out, also
 * those that the document itself had to leave out. */
static json_t *
listed(const json_t *document, const json_t *rows)
{
	int64_t affected = json_int_at(document, "workspace_counts.affected", 0), more;
	json_t *few = json_array(), *row;
	size_t i;

	json_array_foreach((json_t *)rows, i, row)
	{
		if (json_array_size(few) < VIEW_LISTED && json_true_at(row, "is.affected"))
			json_array_append(few, row);
	}
	more = affected - (int64_t)json_array_size(few);
	return json_pack("{s:o, s:o}", "workspaces", few, "more",
	                 more > 0 ? json_integer(more) : json_null());
}

/* The same of another list of the document, which `truncated` tells the length of. */
static void
list_few(json_t *listed, const json_t *document, const char *path, const char *name)
{
	json_t *all = json_at(document, path), *few = json_array(), *item;
	char *cut = mem_fmt("truncated.%s", name), *rest = mem_fmt("more_%s", name);
	int64_t count = (int64_t)json_array_size(all), more;
	size_t i;

	json_array_foreach(all, i, item)
	{
		if (i < VIEW_LISTED)
			json_array_append(few, item);
	}
	more = json_int_at(document, cut, count) - (int64_t)json_array_size(few);
	json_object_set_new(listed, name, few);
	json_object_set_new(listed, rest, more > 0 ? json_integer(more) : json_null());
	free(cut);
	free(rest);
}

static void
add_rows(json_t *view, const json_t *document)
{
	json_t *rows = view_of_rows(document), *few = listed(document, rows);

	json_object_set_new(view, "is", words_of_document(document));
	list_few(few, document, "findings", "findings");
	list_few(few, document, "drift.resources", "resources");
	list_few(few, document, "drift.checks", "checks");
	json_object_set_new(view, "listed", few);
	json_object_set_new(view, "workspaces", rows);
}

/* Of a digest: each incident with its words, and the first few. */
static void
add_incidents(json_t *view, const json_t *document)
{
	json_t *all = json_array(), *few = json_array(), *incident;
	int64_t more = json_int_at(document, "more", 0);
	size_t i;

	json_array_foreach(json_object_get(document, "incidents"), i, incident)
	{
		json_t *seen = json_copy(incident);

		json_object_set_new(seen, "is", words_of_document(incident));
		json_array_append_new(all, seen);
		if (i < VIEW_LISTED)
			json_array_append(few, seen);
	}
	more += (int64_t)(json_array_size(all) - json_array_size(few));
	json_object_set_new(view, "is", json_pack("{s:b}", "digest", 1));
	json_object_set_new(view, "listed",
	                    json_pack("{s:o, s:o}", "incidents", few, "more",
	                              more > 0 ? json_integer(more) : json_null()));
	json_object_set_new(view, "incidents", all);
}

json_t *
view_of(const json_t *document, const json_t *values)
{
	json_t *view = json_copy((json_t *)document);

	if (is_digest(document))
		add_incidents(view, document);
	else
		add_rows(view, document);
	json_object_set(view, "document", (json_t *)document);
	json_object_set_new(view, "values",
	                    values != NULL ? json_deep_copy(values) : json_object());
	return view;
}
