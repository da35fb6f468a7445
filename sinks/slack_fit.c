#include "sinks/slack_fit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "sinks/slack_text.h"

#define HEADER_MAX 150
#define SECTION_MAX 3000
#define FIELDS_MAX 10
#define FIELD_MAX 2000
#define ELEMENTS_MAX 10
#define BUTTONS_MAX 25
#define BUTTON_MAX 75
#define BUTTON_URL_MAX 3000
#define MARKDOWN_MAX 12000
#define ATTACHMENTS_MAX 20
#define ATTACHMENT_FIELDS_MAX 20
#define FOOTER_MAX 300
/* What blocks that cannot be cut may take; the rest stays for the others. */
#define UNKNOWN_MAX 7000

/* One text that counts. */
struct place {
	json_t *holder;
	const char *key;
	size_t length;
};

struct fit {
	struct place *places;
	size_t count, capacity;
	size_t blocks;  /* kept so far */
	size_t unknown; /* characters in blocks that cannot be cut */
};

static char *
trimmed(const char *text)
{
	static const char blanks[] = " \t\r\n";
	const char *start = text + strspn(text, blanks);
	size_t len = strlen(start);

	while (len > 0 && strchr(blanks, start[len - 1]) != NULL)
		len--;
	return mem_strn(start, len);
}

/* The text under key, trimmed and cut; false, and no such member, when nothing is left. */
static bool
fit_string(struct fit *fit, json_t *holder, const char *key, size_t max)
{
	const char *text = json_string_value(json_object_get(holder, key));
	char *bare = trimmed(text != NULL ? text : ""), *cut;

	if (*bare == '\0') {
		json_object_del(holder, key);
		free(bare);
		return false;
	}
	cut = slack_cut(bare, max);
	json_object_set_new(holder, key, json_string(cut));
	if (fit->count == fit->capacity) {
		fit->capacity = 2 * fit->capacity + 32;
		fit->places = mem_grow(fit->places, fit->capacity, sizeof(*fit->places));
	}
	fit->places[fit->count++] = (struct place){holder, key, slack_length(cut)};
	free(cut);
	free(bare);
	return true;
}

/* The same for a text object. */
static bool
fit_text(struct fit *fit, json_t *holder, const char *key, size_t max)
{
	if (fit_string(fit, json_object_get(holder, key), "text", max))
		return true;
	json_object_del(holder, key);
	return false;
}

typedef bool keep_fn(struct fit *, json_t *item);

/* Leaves out what keep does not want, and all behind the first max; false,
 * and no such member, when nothing is left. */
static bool
fit_list(struct fit *fit, json_t *holder, const char *key, size_t max, keep_fn *keep)
{
	json_t *list = json_object_get(holder, key);

	for (size_t i = 0; i < json_array_size(list);) {
		json_t *item = json_array_get(list, i);
		size_t before = fit->count;

		if (i < max && json_is_object(item) && keep(fit, item)) {
			i++;
		} else {
			fit->count = before; /* the places go with it */
			json_array_remove(list, i);
		}
	}
	if (json_array_size(list) > 0)
		return true;
	json_object_del(holder, key);
	return false;
}

static bool
is_of(const json_t *item, const char *type)
{
	const char *own = json_text_at(item, "type");

	return own != NULL && strcmp(own, type) == 0;
}

static bool
fit_header(struct fit *fit, json_t *block)
{
	return fit_text(fit, block, "text", HEADER_MAX);
}

static bool
fit_field(struct fit *fit, json_t *field)
{
	return fit_string(fit, field, "text", FIELD_MAX);
}

/* A button: its label, and the URL where it has one. */
static bool
fit_button(struct fit *fit, json_t *button)
{
	const json_t *url = json_object_get(button, "url");
	const char *text = json_string_value(url);

	if (!is_of(button, "button"))
		return true;
	if (url != NULL && (text == NULL || *text == '\0' || strlen(text) > BUTTON_URL_MAX))
		return false;
	return fit_text(fit, button, "text", BUTTON_MAX);
}

static bool
fit_section(struct fit *fit, json_t *block)
{
	bool text = fit_text(fit, block, "text", SECTION_MAX);
	bool fields = fit_list(fit, block, "fields", FIELDS_MAX, fit_field);
	json_t *accessory = json_object_get(block, "accessory");

	if (accessory != NULL && (!json_is_object(accessory) || !fit_button(fit, accessory)))
		json_object_del(block, "accessory");
	return text || fields;
}

static bool
fit_element(struct fit *fit, json_t *element)
{
	if (is_of(element, "image"))
		return json_filled_at(element, "image_url") != NULL;
	return fit_string(fit, element, "text", SECTION_MAX);
}

static bool
fit_context(struct fit *fit, json_t *block)
{
	return fit_list(fit, block, "elements", ELEMENTS_MAX, fit_element);
}

static bool
fit_actions(struct fit *fit, json_t *block)
{
	return fit_list(fit, block, "elements", BUTTONS_MAX, fit_button);
}

static bool
fit_markdown(struct fit *fit, json_t *block)
{
	return fit_string(fit, block, "text", MARKDOWN_MAX);
}

/* Everything under "text" at any depth. */
static size_t
text_in(const json_t *value)
{
	size_t length = 0, i;
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)value, key, member)
	{
		if (strcmp(key, "text") == 0 && json_is_string(member))
			length += slack_length(json_string_value(member));
		else
			length += text_in(member);
	}
	json_array_foreach(value, i, member) length += text_in(member);
	return length;
}

static bool
fit_unknown(struct fit *fit, const json_t *block)
{
	size_t length = text_in(block);

	if (length > UNKNOWN_MAX - fit->unknown)
		return false;
	fit->unknown += length;
	return true;
}

static bool
fit_block(struct fit *fit, json_t *block)
{
	static const struct {
		const char *type;
		keep_fn *keep;
	} kinds[] = {
		{"header", fit_header},   {"section", fit_section},   {"context", fit_context},
		{"actions", fit_actions}, {"markdown", fit_markdown},
	};
	bool kept = false, known = false;

	if (fit->blocks == SLACK_BLOCKS_MAX || json_filled_at(block, "type") == NULL)
		return false;
	for (size_t i = 0; i < COUNT(kinds) && !known; i++) {
		known = is_of(block, kinds[i].type);
		kept = known && kinds[i].keep(fit, block);
	}
	if (!known)
		kept = fit_unknown(fit, block);
	fit->blocks += kept;
	return kept;
}

static bool
fit_attachment_field(struct fit *fit, json_t *field)
{
	bool title = fit_string(fit, field, "title", FIELD_MAX);

	return fit_string(fit, field, "value", FIELD_MAX) || title;
}

static bool
fit_attachment(struct fit *fit, json_t *attachment)
{
	static const struct {
		const char *key;
		size_t max;
		bool alone; /* enough for an attachment */
	} strings[] = {
		{"fallback", SECTION_MAX, false}, {"pretext", SECTION_MAX, true},
		{"title", SECTION_MAX, true},     {"text", SECTION_MAX, true},
		{"footer", FOOTER_MAX, false},
	};
	bool kept = fit_list(fit, attachment, "blocks", SLACK_BLOCKS_MAX, fit_block);

	for (size_t i = 0; i < COUNT(strings); i++)
		kept |= fit_string(fit, attachment, strings[i].key, strings[i].max) &&
		        strings[i].alone;
	return fit_list(fit, attachment, "fields", ATTACHMENT_FIELDS_MAX, fit_attachment_field) ||
	       kept || json_filled_at(attachment, "image_url") != NULL;
}

/* What all texts have together when none is longer than max. */
static size_t
total_with(const struct fit *fit, size_t max)
{
	size_t total = 0;

	for (size_t i = 0; i < fit->count; i++)
		total += fit->places[i].length < max ? fit->places[i].length : max;
	return total;
}

/* Short texts say the most for their length, so the longest give way. */
static void
fit_total(struct fit *fit)
{
	size_t room = SLACK_TOTAL_MAX - fit->unknown, fits = 1, too_much = SLACK_TOTAL_MAX + 1;

	if (total_with(fit, MARKDOWN_MAX) <= room)
		return;
	while (too_much - fits > 1) {
		size_t middle = fits + (too_much - fits) / 2;

		if (total_with(fit, middle) <= room)
			fits = middle;
		else
			too_much = middle;
	}
	for (size_t i = 0; i < fit->count; i++) {
		const struct place *place = &fit->places[i];
		char *cut;

		if (place->length <= fits)
			continue;
		cut = slack_cut(json_string_value(json_object_get(place->holder, place->key)),
		                fits);
		json_object_set_new(place->holder, place->key, json_string(cut));
		free(cut);
	}
}

json_t *
slack_fit(const json_t *payload)
{
	struct fit fit = {0}, top = {0};
	json_t *out;

	if (!json_is_object(payload))
		return NULL;
	out = json_deep_copy(payload);
	fit_string(&top, out, "text", SLACK_TEXT_MAX);
	fit_list(&fit, out, "blocks", SLACK_BLOCKS_MAX, fit_block);
	fit_list(&fit, out, "attachments", ATTACHMENTS_MAX, fit_attachment);
	fit_total(&fit);
	free(top.places);
	free(fit.places);
	return out;
}
