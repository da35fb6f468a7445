/* What was so from when to when. */
#include "tests/simulate/sim.h"

static struct spell *
last(struct spells *spells)
{
	return &spells->items[(spells->count - 1) % SPELLS_MAX];
}

void
spell_end(struct spells *spells, int64_t at)
{
	if (spells->count > 0 && last(spells)->until > at)
		last(spells)->until = at;
}

void
spell_begin(struct spells *spells, int version, int64_t at)
{
	spell_end(spells, at);
	spells->count++;
	*last(spells) = (struct spell){version, at, NEVER};
}

bool
spell_was(const struct spells *spells, int version, int64_t from, int64_t until)
{
	for (int i = 0; i < SPELLS_MAX && i < spells->count; i++) {
		const struct spell *spell = &spells->items[i];

		if ((version == ANY_VERSION || spell->version == version) && spell->from <= until &&
		    spell->until >= from)
			return true;
	}
	return false;
}
