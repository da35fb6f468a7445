/* What a story leaves behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/store/query.h"
#include "tests/flow/player.h"

static json_t *
must(int rc, json_t *value, const struct err *err)
{
	if (rc == 0 && value != NULL)
		return value;
	fprintf(stderr, "reading the end: %s\n", err->text);
	exit(1);
}

static const char *
or_dash(const char *text)
{
	return text != NULL ? text : "-";
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds the texts in order and frees them. */
void
ending_add_sorted(struct buf *out, char **texts, size_t count)
{
	if (count > 1)
		qsort(texts, count, sizeof(*texts), by_text);
	for (size_t i = 0; i < count; i++) {
		buf_puts(out, texts[i]);
		free(texts[i]);
	}
	free(texts);
}

static char *
row_text(const json_t *row, enum ending ending)
{
	if (ending == ENDING_WHO)
		return mem_fmt("  %s affected\n", or_dash(json_text_at(row, "name")));
	return mem_fmt("  %s %s %s, %s %s on %s%s\n", or_dash(json_text_at(row, "name")),
	               or_dash(json_text_at(row, "state")), or_dash(json_text_at(row, "certainty")),
	               or_dash(json_text_at(row, "bucket")), or_dash(json_text_at(row, "version")),
	               or_dash(json_text_at(row, "channel")),
	               json_true_at(row, "drifted") ? ", drifted" : "");
}

static char *
incident_text(struct db *db, const struct conf *conf, const char *id, enum ending ending)
{
	struct err err;
	json_t *incident = NULL, *rows;
	int rc = query_incident(db, conf, id, &incident, &err);
	char **texts;
	size_t count = 0;
	struct buf out = {0};

	incident = must(rc, incident, &err);
	rows = json_object_get(incident, "workspaces");
	buf_printf(&out, "open: %s %s %s: %s\n", or_dash(json_text_at(incident, "kind")),
	           or_dash(json_text_at(incident, "phase")),
	           or_dash(json_text_at(incident, "severity")),
	           or_dash(json_text_at(incident, "title")));
	texts = mem_array(json_array_size(rows) + 1, sizeof(*texts));
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		if (ending == ENDING_WHOLE ||
		    strcmp(or_dash(json_text_at(row, "state")), "affected") == 0)
			texts[count++] = row_text(row, ending);
	}
	if (ending == ENDING_WHO && count == 0)
		out.len = 0;
	ending_add_sorted(&out, texts, count);
	json_decref(incident);
	buf_add(&out, "", 0);
	return buf_take(&out);
}

static void
add_events(struct buf *out, struct db *db)
{
	static const char *const states[] = {"accepted", "processed", "ignored", "unknown",
	                                     "parked"};
	struct query_page page = {.limit = QUERY_LIMIT_MAX};

	buf_puts(out, "events:");
	for (size_t i = 0; i < COUNT(states); i++) {
		struct event_filter filter = {.state = states[i]};
		struct err err;
		json_t *list = NULL;
		int rc = query_events(db, &filter, &page, &list, &err);
		size_t n;

		list = must(rc, list, &err);
		n = json_array_size(json_object_get(list, "items"));
		if (n > 0)
			buf_printf(out, " %zu %s", n, states[i]);
		json_decref(list);
	}
	buf_putc(out, '\n');
}

char *
ending_text(struct db *db, const struct conf *conf, enum ending ending)
{
	struct query_page page = {.limit = QUERY_LIMIT_MAX};
	struct incident_filter filter = {.status = "open"};
	struct err err;
	json_t *list = NULL, *items;
	int rc = query_incidents(db, conf, &filter, &page, &list, &err);
	char **texts;
	size_t count = 0;
	struct buf out = {0};

	list = must(rc, list, &err);
	items = json_object_get(list, "items");
	texts = mem_array(json_array_size(items) + 1, sizeof(*texts));
	for (size_t i = 0; i < json_array_size(items); i++)
		texts[count++] = incident_text(
			db, conf, json_text_at(json_array_get(items, i), "id"), ending);
	ending_add_sorted(&out, texts, count);
	if (out.len == 0)
		buf_puts(&out, "nothing is open\n");
	add_events(&out, db);
	json_decref(list);
	return buf_take(&out);
}
