#include "relay/hcp/health.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"

void
health_init(struct health *health)
{
	*health = (struct health){.drifts = json_array(), .checks = json_array()};
}

void
health_fini(struct health *health)
{
	json_decref(health->drifts);
	json_decref(health->checks);
	memset(health, 0, sizeof(*health));
}

/* Cut to HEALTH_TEXT_MAX at a character; null for NULL. */
static json_t *
cut_text(const char *text)
{
	size_t len = 0, n;

	if (text == NULL)
		return json_null();
	size_t whole = strlen(text);

	while (len < whole && (n = utf8_next(text + len, whole - len)) != 0 &&
	       len + n <= HEALTH_TEXT_MAX)
		len += n;
	return json_stringn(text, len);
}

static const char *
action_name(unsigned actions)
{
	if (actions & ACTION_CREATE)
		return actions & (ACTION_DELETE | ACTION_FORGET) ? "replace" : "create";
	if (actions & ACTION_DELETE)
		return "delete";
	if (actions & ACTION_UPDATE)
		return "update";
	return actions & ACTION_FORGET ? "forget" : "other";
}

/* An attribute on one side or both. */
struct side {
	const char *name;
	uint64_t hash;
};

static int
compare_sides(const void *a, const void *b)
{
	const struct side *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order != 0 ? order : (left->hash > right->hash) - (left->hash < right->hash);
}

/* Names that do not have the same value on both sides. */
static json_t *
differing(const struct item *item)
{
	struct side *sides = mem_array(item->note_count + 1, sizeof(*sides));
	json_t *names = json_array();
	size_t count = 0;

	for (size_t i = 0; i < item->note_count; i++) {
		const struct note *note = &item->notes[i];

		if (note->kind == NOTE_BEFORE || note->kind == NOTE_AFTER)
			sides[count++] = (struct side){item_text(item, note->name), note->hash};
	}
	qsort(sides, count, sizeof(*sides), compare_sides);
	for (size_t i = 0; i < count;) {
		size_t same = 1;

		while (i + same < count && strcmp(sides[i].name, sides[i + same].name) == 0)
			same++;
		if ((same != 2 || sides[i].hash != sides[i + 1].hash) &&
		    json_array_size(names) < HEALTH_ATTRIBUTES_MAX)
			json_array_append_new(names, cut_text(sides[i].name));
		i += same;
	}
	free(sides);
	return names;
}

void
health_add_drift(struct health *health, struct item *item)
{
	unsigned changes = item->actions & ~(unsigned)(ACTION_NOOP | ACTION_READ);

	if (changes == 0 || item_is(item, F_MODE, "data") || item_field(item, F_ADDRESS) == NULL)
		return; /* "no-op": it was only moved */
	if (health->drift_total++ >= HEALTH_DRIFTS_MAX)
		return;
	bool both = changes == ACTION_UPDATE;

	json_array_append_new(health->drifts,
	                      json_pack("{s:o, s:o, s:s, s:o}", "address",
	                                cut_text(item_field(item, F_ADDRESS)), "type",
	                                cut_text(item_field(item, F_TYPE)), "action",
	                                action_name(changes), "attributes",
	                                both ? differing(item) : json_array()));
}

/* A state of version 4 calls it otherwise than `terraform show -json`. */
static const char *
check_kind(const char *kind)
{
	return kind != NULL && strcmp(kind, "output") == 0 ? "output_value" : kind;
}

void
health_add_check(struct health *health, const struct item *item)
{
	const char *address = item_field(item, F_ADDRESS);

	if (address == NULL ||
	    (!item_is(item, F_STATUS, "fail") && !item_is(item, F_STATUS, "error")))
		return;
	if (health->check_total++ >= HEALTH_CHECKS_MAX)
		return;
	json_t *messages = json_array();

	for (size_t i = 0; i < item->note_count; i++)
		if (item->notes[i].kind == NOTE_MESSAGE &&
		    json_array_size(messages) < HEALTH_MESSAGES_MAX)
			json_array_append_new(messages,
			                      cut_text(item_text(item, item->notes[i].text)));
	json_array_append_new(health->checks,
	                      json_pack("{s:o, s:o, s:s, s:o}", "address", cut_text(address),
	                                "kind", cut_text(check_kind(item_field(item, F_KIND))),
	                                "status", item_field(item, F_STATUS), "messages",
	                                messages));
}
