#include "relay/store/silences.h"

#include <stdio.h>
#include <stdlib.h>

#include "relay/base/mem.h"
#include "relay/store/queue_carry.h"

static json_t *
read_json(const char *text)
{
	return text != NULL ? json_loads(text, 0, NULL) : NULL;
}

static void
take(struct db_row *row, struct stored_silence *out)
{
	json_t *match = read_json(db_text(row, 1)), *weekly = read_json(db_text(row, 4));

	snprintf(out->id, sizeof(out->id), "%s", db_text(row, 0));
	out->form = (struct silence_form){
		.starts_at = db_int(row, 2),
		.until = db_int(row, 3),
		.by = mem_str(db_text(row, 5)),
		.comment = mem_str(db_text(row, 6)),
	};
	match_from_json(match, &out->form.match);
	weekly_from_json(weekly, &out->form.weekly);
	out->created_at = db_int(row, 7);
	json_decref(match);
	json_decref(weekly);
}

void
stored_silence_list_fini(struct stored_silence_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		silence_form_fini(&list->items[i].form);
	free(list->items);
	*list = (struct stored_silence_list){0};
}

int
silences_load(struct db *db, int64_t since, struct stored_silence_list *list, struct err *err)
{
	struct db_row *row = db_bind(db, ST_SILENCES, "i", since);
	size_t cap = 0;
	int rc;

	*list = (struct stored_silence_list){0};
	while ((rc = db_step(row, err)) == 1) {
		if (list->count == cap) {
			cap = cap > 0 ? 2 * cap : 8;
			list->items = mem_grow(list->items, cap, sizeof(*list->items));
		}
		take(row, &list->items[list->count++]);
	}
	db_end(row);
	if (rc < 0)
		stored_silence_list_fini(list);
	return rc;
}

int
silences_mark(struct db *db, struct silences_mark *mark, struct err *err)
{
	struct db_row *row = db_bind(db, ST_SILENCES_MARK, "");
	int rc = db_step(row, err);

	*mark = (struct silences_mark){0};
	if (rc == 1) {
		mark->count = db_int(row, 0);
		snprintf(mark->last, sizeof(mark->last), "%s", db_text(row, 1));
	}
	db_end(row);
	return rc < 0 ? -1 : 0;
}

static int
insert(struct db *db, const struct stored_silence *silence, struct err *err)
{
	const struct silence_form *form = &silence->form;
	json_t *match = match_json(&form->match);
	json_t *weekly = form->weekly.days.count > 0 ? weekly_json(&form->weekly) : NULL;
	char *match_text = json_dumps(match, JSON_COMPACT);
	char *weekly_text = weekly != NULL ? json_dumps(weekly, JSON_COMPACT) : NULL;
	int64_t rc = db_run(db, err, ST_SILENCE_ADD, "ttzzttti", silence->id, match_text,
	                    form->starts_at, form->until, weekly_text, form->by, form->comment,
	                    silence->created_at);

	free(match_text);
	free(weekly_text);
	json_decref(match);
	json_decref(weekly);
	return rc < 0 ? -1 : 0;
}

int
silences_add(struct db *db, struct stored_silence *silence, int64_t now_ms, struct err *err)
{
	int64_t count = db_number(db, err, -1, ST_SILENCES_COUNT, "i", now_ms);

	if (count < 0 || count >= SILENCES_MAX)
		return count < 0 ? -1 : 0;
	id_make("sil", now_ms, silence->id);
	silence->created_at = now_ms;
	if (silence->form.starts_at == 0)
		silence->form.starts_at = now_ms;
	return insert(db, silence, err) != 0 ? -1 : 1;
}

int
silences_drop(struct db *db, const char *id, struct err *err)
{
	int64_t gone = db_run(db, err, ST_SILENCE_DROP, "t", id);

	return gone < 0 ? -1 : gone > 0;
}

int64_t
silences_owed(struct db *db, bool held_only, const char *after, int limit, char (**out)[ID_SIZE],
              struct err *err)
{
	struct db_row *row = db_bind(db, held_only ? ST_HELD_INCIDENTS : ST_OWED_INCIDENTS, "ti",
	                             after, (int64_t)limit);
	size_t count = 0;
	int rc;

	*out = mem_array((size_t)limit, sizeof(**out));
	while ((rc = db_step(row, err)) == 1) {
		snprintf((*out)[count++], ID_SIZE, "%s", db_text(row, 0));
	}
	db_end(row);
	return rc < 0 ? -1 : (int64_t)count;
}

int
silences_hold(struct db *db, const char *incident_id, int64_t until, const char *by,
              int64_t not_before, int64_t now_ms, struct err *err)
{
	int64_t end = until > 0 ? until : now_ms, due = end > not_before ? end : not_before;
	int64_t changed = db_number(db, err, -1, ST_HELD_OTHERWISE, "titi", incident_id, until,
	                            by != NULL ? by : "", now_ms);

	if (changed <= 0)
		return changed < 0 ? -1 : 0;
	int64_t rc = until > 0 ? db_run(db, err, ST_HOLD, "titi", incident_id, until, by, due)
	                       : db_run(db, err, ST_HOLD_NO_MORE, "ti", incident_id, due);
	if (rc < 0 || (until > 0 && carriers_let_go(db, incident_id, now_ms, err) != 0))
		return -1;
	return 1;
}

int
silences_holds(struct db *db, const char *incident_id, int64_t until, const char *by,
               struct err *err)
{
	int64_t count = db_number(db, err, -1, ST_HELD_ALIKE, "tit", incident_id, until, by);

	return count < 0 ? -1 : count > 0;
}
