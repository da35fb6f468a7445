#include "relay/base/json_pick.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/hash.h"
#include "relay/base/json_note.h"
#include "relay/base/mem.h"

#define SURE_DIGITS 18 /* 64 bits hold any integer of so many; a double's range has no end near */

static int
row_of(const struct json_notes *n, const char *name, size_t len)
{
	int row = n->open[n->depth - 1].first_in;

	if (row == NO_ROW || len == 0)
		return NO_ROW;
	for (int in = n->wants[row].in; n->wants[row].name != NULL && n->wants[row].in == in;
	     row++) {
		const char *wanted = n->wants[row].name;

		if (wanted[0] == name[0] && strncmp(wanted, name, len) == 0 && wanted[len] == '\0')
			return row;
	}
	return NO_ROW;
}

static int
first_row_in(const struct json_want *wants, int in)
{
	if (in == NO_ROW)
		return NO_ROW;
	for (int row = 0; wants[row].name != NULL; row++)
		if (wants[row].in == in)
			return row;
	return NO_ROW;
}

/* Names with the same hash may be the same. */
static void
look_for_twin(struct json_notes *n, uint32_t hash)
{
	for (size_t i = n->open[n->depth - 1].first_name; i < n->name_count; i++)
		if (n->names[i] == hash)
			n->unsure = true;
	if (n->name_count < NAMES_MAX)
		n->names[n->name_count++] = hash;
	else
		n->unsure = true;
}

void
note_name(struct json_notes *n, const char *from, const char *behind, bool escaped)
{
	size_t len = (size_t)(behind - from);

	n->unsure |= escaped;
	if (n->unsure)
		return;
	n->next = row_of(n, from, len);
	look_for_twin(n, hash_of(from, len));
}

void
note_element(struct json_notes *n)
{
	int place = n->open[n->depth - 1].elements++;
	char name = (char)('0' + place);

	n->next = place < 10 ? row_of(n, &name, 1) : NO_ROW;
}

static void
keep(struct json_notes *n, int row, const char *from, const char *behind)
{
	n->picks->at[row].raw = from;
	n->picks->at[row].raw_len = (size_t)(behind - from);
}

static bool
number_is_sure(const char *from, size_t len)
{
	return len <= SURE_DIGITS && memchr(from, 'e', len) == NULL &&
	       memchr(from, 'E', len) == NULL;
}

void
note_value(struct json_notes *n, const char *from, const char *behind, bool escaped)
{
	size_t len = (size_t)(behind - from);

	if (*from == '-' || (*from >= '0' && *from <= '9'))
		n->unsure |= !number_is_sure(from, len);
	if (n->next >= 0) {
		keep(n, n->next, from, behind);
		n->unsure |= escaped;
	}
	n->next = NO_ROW;
}

void
note_open(struct json_notes *n, const char *from)
{
	n->open[n->depth].row = n->next;
	n->open[n->depth].first_in = first_row_in(n->wants, n->next);
	n->open[n->depth].elements = 0;
	n->open[n->depth].first_name = n->name_count;
	n->depth++;
	if (n->next >= 0)
		keep(n, n->next, from, from);
	n->next = NO_ROW;
}

void
note_close(struct json_notes *n, const char *behind)
{
	int row = n->open[--n->depth].row;

	n->name_count = n->open[n->depth].first_name;
	if (row >= 0)
		keep(n, row, n->picks->at[row].raw, behind);
}

/* The wanted strings, each with a NUL behind it, in one piece of memory. */
static void
keep_texts(const struct json_want *wants, struct json_picks *picks)
{
	size_t room = 0;
	char *to;

	for (int row = 0; wants[row].name != NULL; row++)
		if (picks->at[row].raw != NULL && *picks->at[row].raw == '"')
			room += picks->at[row].raw_len - 1; /* two quotes less, a NUL more */
	if (room == 0)
		return;
	to = picks->memory = mem_grow(NULL, room, 1);
	for (int row = 0; wants[row].name != NULL; row++) {
		struct json_pick *pick = &picks->at[row];

		if (pick->raw == NULL || *pick->raw != '"')
			continue;
		memcpy(to, pick->raw + 1, pick->raw_len - 2);
		to[pick->raw_len - 2] = '\0';
		pick->text = to;
		to += pick->raw_len - 1;
	}
}

void
json_pick_tree(const json_t *tree, const struct json_want *wants, struct json_picks *picks)
{
	*picks = (struct json_picks){0};
	for (int row = 0; wants[row].name != NULL; row++) {
		struct json_pick *pick = &picks->at[row];
		int in = wants[row].in;

		pick->node = json_at(in == JSON_TOP ? tree : picks->at[in].node, wants[row].name);
		pick->text = json_string_value(pick->node);
	}
}

enum json_answer
json_pick(const char *data, size_t len, const struct json_want *wants, struct json_picks *picks,
          struct err *err)
{
	struct json_notes notes; /* not zeroed as a whole: its lists have their own lengths */
	json_t *tree;
	enum json_answer answer;

	notes.wants = wants;
	notes.picks = picks;
	notes.unsure = false;
	notes.next = JSON_TOP;
	notes.depth = 0;
	notes.name_count = 0;
	*picks = (struct json_picks){0};
	if (json_check_noting(data, len, &notes, err) != 0)
		return JSON_NOT_JSON;
	if (!notes.unsure) {
		keep_texts(wants, picks);
		return JSON_TREE;
	}
	answer = json_read(data, len, &tree, err);
	json_pick_tree(tree, wants, picks);
	picks->tree = tree;
	return answer;
}

void
json_picks_fini(struct json_picks *picks)
{
	free(picks->memory);
	json_decref(picks->tree);
}

const char *
json_picked(const struct json_picks *picks, int row)
{
	return picks->at[row].text;
}

const char *
json_picked_filled(const struct json_picks *picks, int row)
{
	const char *text = picks->at[row].text;

	return text != NULL && *text != '\0' ? text : NULL;
}

bool
json_picked_any(const struct json_picks *picks, int row)
{
	return picks->at[row].raw != NULL || picks->at[row].node != NULL;
}

bool
json_picked_array(const struct json_picks *picks, int row)
{
	const struct json_pick *pick = &picks->at[row];

	return pick->raw != NULL ? *pick->raw == '[' : json_is_array(pick->node);
}

json_t *
json_picked_tree(const struct json_picks *picks, int row)
{
	const struct json_pick *pick = &picks->at[row];

	if (pick->raw == NULL)
		return json_incref((json_t *)pick->node);
	return json_loadb(pick->raw, pick->raw_len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
}
