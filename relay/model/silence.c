#include "relay/model/silence.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"

#define RELAY_KINDS "relay."
/* Windows may take turns without a gap for ever: who waits for the end is
 * looked at again then. */
#define CHAIN_MAX 32

static bool
names_own_kind(const struct key_texts *kinds, const char *kind)
{
	for (size_t i = 0; i < kinds->count; i++)
		if (strncmp(kinds->items[i], RELAY_KINDS, strlen(RELAY_KINDS)) == 0 &&
		    glob_match(kinds->items[i], kind))
			return true;
	return false;
}

bool
silence_matches(const struct silence *silence, const struct conf *conf,
                const struct route_facts *facts)
{
	const char *kind = incident_kind_names[facts->kind];

	if (strncmp(kind, RELAY_KINDS, strlen(RELAY_KINDS)) == 0 &&
	    !names_own_kind(&silence->match->kinds, kind))
		return false;
	return route_refusal(conf, silence->match, facts) == NULL;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

bool
silence_at(const struct silence *silence, int64_t at, int64_t *next)
{
	int64_t from = at < silence->starts_at ? silence->starts_at : at, starts = 0, ends = 0;
	struct err err;
	int inside = 1;

	*next = 0;
	if (silence->until != 0 && from >= silence->until)
		return false;
	if (silence->week.zone != NULL)
		inside = tz_window(&silence->week, from, &starts, &ends, &err);
	if (inside == 1 && from == at) {
		*next = earlier(silence->until, ends);
		return true;
	}
	if (inside >= 0)
		*next = inside == 1 ? from : starts;
	if (silence->until != 0 && *next >= silence->until)
		*next = 0;
	return false;
}

int64_t
silence_end(const struct silence *all, size_t count, const struct conf *conf,
            const struct route_facts *facts, int64_t now, const struct silence **last)
{
	const struct silence **matching = mem_array(count + 1, sizeof(*matching));
	size_t matched = 0;
	int64_t end = now;

	for (size_t i = 0; i < count; i++)
		if (silence_matches(&all[i], conf, facts))
			matching[matched++] = &all[i];
	for (int round = 0; round < CHAIN_MAX; round++) {
		int64_t before = end, next;

		for (size_t i = 0; i < matched; i++)
			if (silence_at(matching[i], before, &next) && next > end) {
				end = next;
				*last = matching[i];
			}
		if (end == before)
			break;
	}
	free(matching);
	return end > now ? end : 0;
}
