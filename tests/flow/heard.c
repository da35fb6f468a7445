#include "tests/flow/heard.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"

void
heard_fini(struct heard *heard)
{
	for (size_t i = 0; i < heard->count; i++) {
		struct heard_message *message = &heard->items[i];

		free(message->lane);
		free(message->subject);
		free(message->notification);
		free(message->kind);
		free(message->reason);
		free(message->text);
	}
	free(heard->items);
	*heard = (struct heard){0};
}

static const char *
or_dash(const char *text)
{
	return text != NULL ? text : "-";
}

/* "inc#3" is the third that was told of, and the order of lanes is free. */
static char *
without_numbers(const char *text)
{
	struct buf out = {0};

	while (*text != '\0') {
		bool numbered = strncmp(text, "inc#", 4) == 0 || strncmp(text, "ntf#", 4) == 0 ||
		                strncmp(text, "wks#", 4) == 0;

		buf_putc(&out, *text++);
		if (!numbered)
			continue;
		buf_add(&out, text, 3);
		for (text += 3; isdigit((unsigned char)*text);)
			text++;
	}
	buf_add(&out, "", 0);
	return out.data != NULL ? buf_take(&out) : mem_str("");
}

/* Of several that are told as one the first to come lends the key: by the one
 * whose name sorts first they are the same in any order. */
static char *
group_name(const json_t *document)
{
	const json_t *image = json_at(document, "image"), *others = json_at(image, "descendants");
	const char *first = or_dash(json_text_at(image, "fingerprint"));

	for (size_t i = 0; i < json_array_size(others); i++) {
		const char *other = or_dash(json_text_at(json_array_get(others, i), "fingerprint"));

		if (strcmp(other, first) < 0)
			first = other;
	}
	return mem_fmt("image.revocation of %s", first);
}

/* A workspace's key is made of the clock; its name stands beside it. */
static char *
incident_name(const json_t *document)
{
	const json_t *rows = json_at(document, "workspaces");
	const char *key = or_dash(json_text_at(document, "incident.key"));
	const char *made = strstr(key, "/wks_");

	if (strncmp(key, "image.revocation/", 17) == 0)
		return group_name(document);
	if (made == NULL)
		return mem_str(key);
	return mem_fmt("%.*s/%s", (int)(made - key), key,
	               or_dash(json_text_at(json_array_get(rows, 0), "id")));
}

void
heard_add(struct heard *heard, const struct claimed *claimed, const char *text)
{
	const json_t *document = claimed->document;
	const char *team = or_dash(json_text_at(document, "team"));
	char *incident = incident_name(document);

	heard->items = mem_grow(heard->items, heard->count + 1, sizeof(*heard->items));
	heard->items[heard->count++] = (struct heard_message){
		.lane = mem_fmt("%s | %s | %s | %s | %s", claimed->destination, incident,
	                        or_dash(json_text_at(document, "incident.opened_at")),
	                        or_dash(json_text_at(document, "route")), team),
		.subject = mem_fmt("%s | %s | %s", claimed->destination, incident, team),
		.notification = mem_str(claimed->notification_id),
		.kind = mem_str(or_dash(json_text_at(document, "incident.kind"))),
		.reason = mem_str(or_dash(json_text_at(document, "reason"))),
		.revision = claimed->revision,
		.affected = json_int_at(document, "workspace_counts.affected", 0),
		.speaks = claimed->speaks,
		.text = without_numbers(text),
	};
	free(incident);
}

/* The next of this lane from `i` on; count when there is none. */
static size_t
next_in(const struct heard *heard, const char *lane, size_t i)
{
	while (i < heard->count && strcmp(heard->items[i].lane, lane) != 0)
		i++;
	return i;
}

static bool
is_repetition(const struct heard *got, size_t i, long in_flight)
{
	const struct heard_message *first;

	if (in_flight < 0 || i <= (size_t)in_flight)
		return false;
	first = &got->items[in_flight];
	return strcmp(first->lane, got->items[i].lane) == 0 &&
	       first->revision == got->items[i].revision;
}

static char *
difference(const struct heard_message *expected, const struct heard_message *got)
{
	return mem_fmt("expected%s%sgot%s%s", expected != NULL ? ":" : " nothing more",
	               expected != NULL ? expected->text : ", ",
	               got != NULL ? ":" : " nothing more", got != NULL ? got->text : "");
}

static bool
lane_same(const struct heard *expected, const struct heard *got, const char *lane, long in_flight,
          char **what)
{
	size_t e = next_in(expected, lane, 0), g = next_in(got, lane, 0);
	bool repeated = false;

	for (;;) {
		bool is_end = e == expected->count || g == got->count;

		if (g < got->count && !repeated && is_repetition(got, g, in_flight)) {
			repeated = true;
			g = next_in(got, lane, g + 1);
			continue;
		}
		if (is_end && e == expected->count && g == got->count)
			return true;
		if (is_end || strcmp(expected->items[e].text, got->items[g].text) != 0) {
			*what = difference(e < expected->count ? &expected->items[e] : NULL,
			                   g < got->count ? &got->items[g] : NULL);
			return false;
		}
		e = next_in(expected, lane, e + 1);
		g = next_in(got, lane, g + 1);
	}
}

bool
heard_same(const struct heard *expected, const struct heard *got, long in_flight, char **what)
{
	const struct heard *both[] = {expected, got};

	for (size_t b = 0; b < COUNT(both); b++)
		for (size_t i = 0; i < both[b]->count; i++)
			if (!lane_same(expected, got, both[b]->items[i].lane, in_flight, what))
				return false;
	return true;
}
