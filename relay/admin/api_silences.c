#include "relay/admin/api.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/ulid.h"
#include "relay/flow/hush.h"

/* ---- the list: windows of the config first, then those made here ---- */

static json_t *
item_of(const struct silence *silence, int64_t now_ms)
{
	int64_t next;
	bool active = silence_at(silence, now_ms, &next);

	return json_pack("{s:s, s:o, s:o, s:o, s:b, s:o}", "id", silence->id, "match",
	                 match_json(silence->match), "starts_at",
	                 json_time_or_null(silence->starts_at), "until",
	                 json_time_or_null(silence->until), "active", active,
	                 active ? "active_until" : "active_from", json_time_or_null(next));
}

static void
add_said(json_t *item, const char *by, const char *comment, const struct conf_weekly *weekly,
         bool from_config)
{
	json_object_set_new(item, "by", json_text_or_null(by));
	json_object_set_new(item, "comment", json_text_or_null(comment));
	json_object_set_new(item, "weekly", weekly_json(weekly));
	json_object_set_new(item, "config", json_boolean(from_config));
}

/* hush->all holds the windows of the config, and then what is stored. */
static json_t *
item_at(const struct hush *hush, const struct conf *conf, size_t i, int64_t now_ms)
{
	json_t *item = item_of(&hush->all[i], now_ms);

	if (i < hush->id_count) {
		const struct conf_silence *window =
			conf_item(conf->silences, struct conf_silence, i);

		add_said(item, NULL, window->comment, &window->weekly, true);
	} else {
		const struct silence_form *form = &hush->stored.items[i - hush->id_count].form;

		add_said(item, form->by, form->comment, &form->weekly, false);
	}
	return item;
}

static bool
is_of_config(const char *id)
{
	return strncmp(id, HUSH_CONFIG_ID, strlen(HUSH_CONFIG_ID)) == 0;
}

bool
api_silence_cursor(const char *after)
{
	return is_of_config(after) || id_is("sil", after);
}

/* The first behind the cursor, which may be gone by now. */
static size_t
first_after(const struct hush *hush, const char *after)
{
	size_t i = 0;

	if (!after)
		return 0;
	for (i = 0; i < hush->id_count; i++)
		if (strcmp(hush->all[i].id, after) == 0)
			return i + 1;
	while (i < hush->count && strcmp(hush->all[i].id, after) <= 0)
		i++;
	return i;
}

int
api_silence_list(const struct api_ask *ask, struct db *db, struct api_answer *answer,
                 struct err *err)
{
	struct plan plan = {.db = db, .conf = ask->conf, .now_ms = ask->now_ms};
	struct hush hush = {0};
	json_t *items = json_array();
	int rc = hush_load(&hush, &plan, err);
	size_t i = rc == 0 ? first_after(&hush, ask->page.after) : 0;

	for (int64_t n = 0; rc == 0 && i < hush.count && n < ask->page.limit; n++, i++)
		json_array_append_new(items, item_at(&hush, ask->conf, i, ask->now_ms));
	answer->body = json_pack("{s:o, s:s?}", "items", items, "next",
	                         i > 0 && i < hush.count ? hush.all[i - 1].id : NULL);
	hush_fini(&hush);
	return rc;
}

/* ---- by hand ---- */

/* 0: *out is to be freed; 1: refused; what is wrong is in the answer. */
static int
read_form(const struct api_ask *ask, struct stored_silence *out, struct api_answer *answer)
{
	static const struct conf_kinds kinds = {.incident_kinds = incident_kind_words};
	char *text = json_dumps(ask->body, JSON_COMPACT | JSON_PRESERVE_ORDER);
	struct err why;
	int refused = silence_form_read(text, strlen(text), &kinds, ask->now_ms, &out->form, &why);

	if (refused != 0)
		api_refuse(answer, 400, "%s", why.text);
	free(text);
	return refused;
}

int
api_silence_add(const struct api_ask *ask, struct db *db, struct api_answer *answer,
                struct err *err)
{
	struct stored_silence made = {0};
	struct silence silence;

	if (read_form(ask, &made, answer) != 0)
		return 0;
	int rc = hush_add(db, ask->conf, &made, ask->now_ms, err);
	if (rc == 0)
		api_refuse(answer, 409, "there are %d silences already: take some back",
		           SILENCES_MAX);
	if (rc == 1) {
		silence = stored_silence_of(&made);
		answer->wake = true;
		answer->body = item_of(&silence, ask->now_ms);
		add_said(answer->body, made.form.by, made.form.comment, &made.form.weekly, false);
	}
	silence_form_fini(&made.form);
	return rc < 0 ? -1 : 0;
}

int
api_silence_drop(const struct api_ask *ask, struct db *db, struct api_answer *answer,
                 struct err *err)
{
	if (is_of_config(ask->id))
		return api_refuse(answer, 409,
		                  "this one stands in the config: it is taken out there");
	int rc = hush_drop(db, ask->conf, ask->id, ask->now_ms, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return api_refuse(answer, 404, "there is no such silence");
	answer->wake = true;
	answer->body = json_pack("{s:s, s:s}", "id", ask->id, "state", "taken back");
	return 0;
}
