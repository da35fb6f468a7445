#include "relay/config/silence.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/config/cross.h"
#include "relay/config/keys.h"
#include "relay/config/rows.h"
#include "relay/config/walk.h"

/* ---- windows ---- */

/* "HH:MM" as a minute of the day, "24:00" as the last; -1. */
static int
minute_of(const char *text)
{
	int hour, minute;

	if (text == NULL || strlen(text) != 5 || strspn(text, "0123456789") != 2 ||
	    text[2] != ':' || strspn(text + 3, "0123456789") != 2)
		return -1;
	hour = (text[0] - '0') * 10 + (text[1] - '0');
	minute = (text[3] - '0') * 10 + (text[4] - '0');
	return minute > 59 || hour * 60 + minute > 24 * 60 ? -1 : hour * 60 + minute;
}

static unsigned
weekdays_of(const struct key_texts *days)
{
	unsigned bits = 0;

	for (size_t i = 0; i < days->count; i++)
		for (unsigned k = 0; conf_weekday_words[k] != NULL; k++)
			if (days->items[i] != NULL &&
			    strcmp(days->items[i], conf_weekday_words[k]) == 0)
				bits |= 1U << k;
	return bits;
}

struct tz_week
weekly_week(const struct conf_weekly *weekly)
{
	return (struct tz_week){
		.zone = weekly->timezone,
		.weekdays = weekdays_of(&weekly->days),
		.from_minute = minute_of(weekly->from),
		.to_minute = minute_of(weekly->to) % (24 * 60),
	};
}

static const struct node *
place(const struct node *map, const char *key)
{
	const struct node *node = yaml_get(map, key);

	return node != NULL ? node : map;
}

/* A text that is not there was told already. */
static void
check_minute(struct faults *faults, const struct node *map, const char *key, const char *text,
             int last)
{
	const struct node *at = place(map, key);
	int minute = minute_of(text);

	if (text != NULL && (minute < 0 || minute > last))
		faults_add(faults, at->line, at->column,
		           "%s needs a time of day as \"HH:MM\", in quotes", key);
}

void
weekly_check(struct faults *faults, const struct node *map, const struct conf_weekly *weekly)
{
	const struct node *at = place(map, "timezone");

	check_minute(faults, map, "from", weekly->from, 24 * 60 - 1);
	check_minute(faults, map, "to", weekly->to, 24 * 60);
	if (weekly->timezone != NULL && !tz_known(weekly->timezone))
		faults_add(faults, at->line, at->column, "timezone is not known here");
	const struct tz_week week = weekly_week(weekly);
	if (week.weekdays == TZ_EVERY_DAY && week.from_minute >= 0 &&
	    week.from_minute == week.to_minute)
		faults_add(faults, map->line, map->column,
		           "weekly never ends: it is the whole day, every day");
}

/* ---- as JSON ---- */

static json_t *
texts_json(const struct key_texts *texts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < texts->count; i++)
		json_array_append_new(list, json_string(texts->items[i]));
	return list;
}

static void
texts_from_json(const json_t *list, struct key_texts *out)
{
	const json_t *item;
	size_t i;

	out->items = mem_array(json_array_size(list) + 1, sizeof(*out->items));
	json_array_foreach(list, i, item)
	{
		if (json_is_string(item))
			out->items[out->count++] = mem_str(json_string_value(item));
	}
}

/* Every row of a match is a list of texts. */
static struct key_texts *
texts_of(const struct key *row, const struct conf_match *match)
{
	return (struct key_texts *)((char *)match + row->offset);
}

json_t *
match_json(const struct conf_match *match)
{
	json_t *out = json_object();

	for (const struct key *row = conf_match_keys; row->name != NULL; row++)
		if (texts_of(row, match)->count > 0)
			json_object_set_new(out, row->name, texts_json(texts_of(row, match)));
	return out;
}

void
match_from_json(const json_t *json, struct conf_match *out)
{
	*out = (struct conf_match){0};
	for (const struct key *row = conf_match_keys; row->name != NULL; row++)
		texts_from_json(json_object_get(json, row->name), texts_of(row, out));
}

void
match_fini(struct conf_match *match)
{
	rows_fini(conf_match_keys, match);
	*match = (struct conf_match){0};
}

json_t *
weekly_json(const struct conf_weekly *weekly)
{
	if (weekly->days.count == 0)
		return json_null();
	return json_pack("{s:o, s:s, s:s, s:s}", "days", texts_json(&weekly->days), "from",
	                 weekly->from, "to", weekly->to, "timezone", weekly->timezone);
}

void
weekly_from_json(const json_t *json, struct conf_weekly *out)
{
	*out = (struct conf_weekly){
		.from = mem_str(json_text_at(json, "from")),
		.to = mem_str(json_text_at(json, "to")),
		.timezone = mem_str(json_text_at(json, "timezone")),
	};
	texts_from_json(json_at(json, "days"), &out->days);
}

void
weekly_fini(struct conf_weekly *weekly)
{
	rows_fini(conf_weekly_keys, weekly);
	*weekly = (struct conf_weekly){0};
}

/* ---- what was posted ---- */

#define BY_MAX 200
#define COMMENT_MAX 1000

/* As posted: its times are still texts. */
struct posted {
	struct conf_match match;
	struct conf_weekly weekly;
	char *starts_at, *until, *by, *comment;
};

#define ROW(field, is, ...)                                                                       \
	{                                                                                         \
		.name = #field, .type = is, .offset = offsetof(struct posted, field), __VA_ARGS__ \
	}

static const struct key posted_keys[] = {
	ROW(match, KEY_MAP, .keys = conf_match_keys, .size = sizeof(struct conf_match)),
	ROW(weekly, KEY_MAP, .keys = conf_weekly_keys, .size = sizeof(struct conf_weekly)),
	ROW(starts_at, KEY_TEXT, .flags = 0),
	ROW(until, KEY_TEXT, .flags = 0),
	ROW(by, KEY_TEXT, .flags = KEY_REQUIRED),
	ROW(comment, KEY_TEXT, .flags = 0),
	{0},
};

static void
check_time(struct faults *faults, const struct node *map, const char *key, const char *text,
           int64_t *out)
{
	const struct node *at = place(map, key);

	if (text != NULL && (!time_parse(text, out) || *out <= 0))
		faults_add(faults, at->line, at->column,
		           "%s needs a time by RFC 3339, like 2026-03-01T12:00:00Z", key);
}

static void
check_length(struct faults *faults, const struct node *map, const char *key, const char *text,
             size_t most)
{
	const struct node *at = place(map, key);

	if (text != NULL && strlen(text) > most)
		faults_add(faults, at->line, at->column, "%s is longer than %zu bytes", key, most);
}

/* Else it would hold nothing, ever. */
static bool
opens_in_time(const struct conf_weekly *weekly, int64_t from, int64_t until)
{
	const struct tz_week week = weekly_week(weekly);
	int64_t starts, ends;
	struct err err;

	return tz_window(&week, from, &starts, &ends, &err) != 0 || starts < until;
}

static void
check_span(struct faults *faults, const struct node *map, const struct posted *posted,
           const struct silence_form *form, int64_t now_ms)
{
	const struct node *at = place(map, "until");
	int64_t from = form->starts_at > now_ms ? form->starts_at : now_ms;
	const char *fault = NULL;

	if (posted->until == NULL && posted->weekly.days.count == 0)
		fault = "until is missing: only a weekly silence goes on for ever";
	else if (posted->until != NULL && form->until <= now_ms)
		fault = "until is over already";
	else if (posted->until != NULL && form->until <= form->starts_at)
		fault = "until is not after starts_at";
	else if (posted->until != NULL && posted->weekly.days.count > 0 &&
	         !opens_in_time(&posted->weekly, from, form->until))
		fault = "until is not after the first window of weekly begins";
	if (fault != NULL)
		faults_add(faults, at->line, at->column, "%s", fault);
}

/* YAML reads what is not in quotes as text; a number of JSON is none. */
static void
check_texts(struct faults *faults, const struct node *node, const char *member)
{
	size_t step = node->type == NODE_MAP ? 2 : 1;

	if (node->type == NODE_TEXT && node->plain)
		faults_add(faults, node->line, node->column, "%s takes only text", member);
	for (size_t i = step - 1; i < node->count; i += step)
		check_texts(faults, &node->items[i],
		            node->type == NODE_MAP ? node->items[i - 1].text : member);
}

static void
check_posted(const struct cross *x, const struct posted *posted, int64_t now_ms,
             struct silence_form *out)
{
	struct faults *faults = x->faults;
	const struct node *map = x->root, *match = yaml_get(map, "match"),
			  *weekly = yaml_get(map, "weekly");

	check_texts(faults, map, "");
	/* Not "everything" by a slip: that takes a pattern. */
	if (match == NULL)
		faults_add(faults, map->line, map->column, "match is missing");
	else if (match->type == NODE_EMPTY)
		faults_add(faults, match->line, match->column, "match has no value");
	else
		cross_match(x, &posted->match, match);
	if (weekly != NULL && weekly->type == NODE_MAP)
		weekly_check(faults, weekly, &posted->weekly);
	else if (weekly != NULL && weekly->type == NODE_EMPTY)
		faults_add(faults, weekly->line, weekly->column, "weekly has no value");
	check_time(faults, map, "starts_at", posted->starts_at, &out->starts_at);
	check_time(faults, map, "until", posted->until, &out->until);
	check_length(faults, map, "by", posted->by, BY_MAX);
	check_length(faults, map, "comment", posted->comment, COMMENT_MAX);
	if (faults->errors == 0)
		check_span(faults, map, posted, out, now_ms);
}

/* Without the name and the place in front: it is one line of JSON mostly. */
static void
first_fault(struct faults *faults, struct err *err)
{
	struct buf report = {0};
	const char *text;

	faults_report(faults, "", &report);
	text = strstr(buf_text(&report), ": ");
	text = text != NULL ? text + 2 : buf_text(&report);
	err_set(err, "%.*s", (int)strcspn(text, "\n"), text);
	buf_fini(&report);
}

int
silence_form_read(const char *json, size_t len, const struct conf_kinds *kinds, int64_t now_ms,
                  struct silence_form *out, struct err *err)
{
	struct faults faults = {0};
	struct posted posted = {0};
	struct node *root = len <= SILENCE_FORM_MAX ? yaml_read(json, len, &faults) : NULL;
	const struct walk walk = {.faults = &faults, .folder = "/", .kinds = kinds};
	const struct cross x = {.faults = &faults, .root = root, .kinds = kinds};

	*out = (struct silence_form){0};
	if (len > SILENCE_FORM_MAX) {
		faults_add(&faults, 1, 1, "a silence has at most %d bytes", SILENCE_FORM_MAX);
	} else if (root != NULL && root->type == NODE_MAP) {
		walk_map(&walk, root, posted_keys, &posted, "a silence");
		check_posted(&x, &posted, now_ms, out);
	} else if (faults.errors == 0) {
		faults_add(&faults, 1, 1, "a silence is an object");
	}
	out->match = posted.match;
	out->weekly = posted.weekly;
	out->by = posted.by;
	out->comment = posted.comment;
	free(posted.starts_at);
	free(posted.until);
	yaml_free(root);
	int rc = faults.errors == 0 ? 0 : -1;
	if (rc != 0) {
		first_fault(&faults, err);
		silence_form_fini(out);
	}
	faults_fini(&faults);
	return rc;
}

void
silence_form_fini(struct silence_form *form)
{
	match_fini(&form->match);
	weekly_fini(&form->weekly);
	free(form->by);
	free(form->comment);
	*form = (struct silence_form){0};
}
