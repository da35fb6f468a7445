#include "relay/hcp/facts.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/hcp/address.h"

void
facts_init(struct facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	facts->strings = strings_new();
}

void
facts_fini(struct facts *facts)
{
	strings_free(facts->strings);
	free(facts->packers);
	free(facts->groups);
	free(facts->priors);
	free(facts->edges);
	free(facts->mentions);
	free(facts->group_slots);
	free(facts->edge_slots);
	memset(facts, 0, sizeof(*facts));
}

static size_t
bytes_kept(const struct facts *facts)
{
	return strings_bytes(facts->strings) + facts->packer_cap * sizeof(*facts->packers) +
	       facts->group_cap * sizeof(*facts->groups) +
	       facts->prior_cap * sizeof(*facts->priors) + facts->edge_cap * sizeof(*facts->edges) +
	       facts->mention_cap * sizeof(*facts->mentions) +
	       (facts->group_slot_count + facts->edge_slot_count) * sizeof(uint32_t);
}

/* Room for one more of an array; half as much again when it is full. */
static bool
has_room(struct facts *facts, void *array, size_t count, size_t *cap, size_t size)
{
	void **items = array;

	if (count < *cap)
		return true;
	size_t more = *cap / 2 + 64;

	if (bytes_kept(facts) + more * size > FACTS_BYTES_MAX) {
		facts->partial = true;
		return false;
	}
	*cap += more;
	*items = mem_grow(*items, *cap, size);
	return true;
}

const char *
facts_keep(struct facts *facts, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return NULL;
	size_t arrays = bytes_kept(facts) - strings_bytes(facts->strings);
	const char *kept =
		arrays < FACTS_BYTES_MAX
			? strings_keep(facts->strings, text, strlen(text), FACTS_BYTES_MAX - arrays)
			: NULL;

	if (kept == NULL)
		facts->partial = true;
	return kept;
}

uint64_t
facts_hash(const struct facts *facts, const char *text)
{
	return strings_hash(facts->strings, text, strlen(text));
}

void
facts_add_packer(struct facts *facts, const struct packer *packer)
{
	if (!has_room(facts, &facts->packers, facts->packer_count, &facts->packer_cap,
	              sizeof(*facts->packers)))
		return;
	struct packer *kept = &facts->packers[facts->packer_count];

	*kept = *packer;
	for (int i = 0; i < PACKER_FIELD_COUNT; i++)
		kept->field[i] = facts_keep(facts, packer->field[i]);
	kept->address = facts_keep(facts, packer->address);
	kept->config = facts_keep(facts, packer->config);
	kept->type = facts_keep(facts, packer->type);
	if (kept->address != NULL && kept->config != NULL && kept->type != NULL)
		facts->packer_count++;
}

/* Slots for twice as many as there may be; false where there is no room. */
static bool
slots_for(struct facts *facts, uint32_t **slots, size_t *slot_count, size_t count)
{
	if ((count + 1) * 2 <= *slot_count)
		return true;
	size_t wanted = *slot_count == 0 ? 256 : *slot_count * 2;

	if (bytes_kept(facts) + (wanted - *slot_count) * sizeof(**slots) > FACTS_BYTES_MAX) {
		facts->partial = true;
		return false;
	}
	free(*slots);
	*slots = mem_array(wanted, sizeof(**slots));
	*slot_count = wanted;
	return true;
}

static uint64_t
hash_of_group(const struct facts *facts, const struct group *group)
{
	const void *parts[] = {group->config, group->image, group->type, group->provider};

	return strings_hash(facts->strings, parts, sizeof(parts)) + group->planned * 2u +
	       group->fresh;
}

static bool
is_same_group(const struct group *a, const struct group *b)
{
	return a->config == b->config && a->image == b->image && a->type == b->type &&
	       a->provider == b->provider && a->planned == b->planned && a->fresh == b->fresh;
}

static uint32_t *
group_slot(const struct facts *facts, const struct group *group)
{
	size_t mask = facts->group_slot_count - 1;
	size_t i = (size_t)hash_of_group(facts, group) & mask;

	while (facts->group_slots[i] != 0 &&
	       !is_same_group(&facts->groups[facts->group_slots[i] - 1], group))
		i = (i + 1) & mask;
	return &facts->group_slots[i];
}

/* The group of an instance, made when it is the first; NULL where there is no room. */
static struct group *
group_for(struct facts *facts, const struct group *like)
{
	size_t slots = facts->group_slot_count;

	if (!slots_for(facts, &facts->group_slots, &facts->group_slot_count, facts->group_count) &&
	    slots <= facts->group_count + 1)
		return NULL;
	if (slots != facts->group_slot_count)
		for (size_t i = 0; i < facts->group_count; i++)
			*group_slot(facts, &facts->groups[i]) = (uint32_t)(i + 1);

	uint32_t *slot = group_slot(facts, like);

	if (*slot == 0) {
		if (!has_room(facts, &facts->groups, facts->group_count, &facts->group_cap,
		              sizeof(*facts->groups)))
			return NULL;
		facts->groups[facts->group_count++] = *like;
		*slot = (uint32_t)facts->group_count;
	}
	return &facts->groups[*slot - 1];
}

static void
remember_prior(struct facts *facts, const char *address, size_t group)
{
	if (address != NULL && has_room(facts, &facts->priors, facts->prior_count,
	                                &facts->prior_cap, sizeof(*facts->priors)))
		facts->priors[facts->prior_count++] = (struct prior){address, group};
}

void
facts_add_use(struct facts *facts, const struct group *use, bool prior)
{
	struct group like = *use;

	like.count = 0;
	like.image = facts_keep(facts, use->image);
	like.config = facts_keep(facts, use->config);
	like.type = facts_keep(facts, use->type);
	like.provider = facts_keep(facts, use->provider);
	like.address = NULL;
	if ((use->image != NULL && like.image == NULL) || like.type == NULL)
		return;

	struct group *group = group_for(facts, &like);

	if (group == NULL)
		return;
	group->count++;
	if (group->address == NULL || address_before(use->address, group->address)) {
		const char *first = facts_keep(facts, use->address);

		group->address = first != NULL ? first : group->address;
	}
	if (prior)
		remember_prior(facts, facts_keep(facts, use->address),
		               (size_t)(group - facts->groups));
}

void
facts_mention(struct facts *facts, const char *address)
{
	if (address != NULL && has_room(facts, &facts->mentions, facts->mention_count,
	                                &facts->mention_cap, sizeof(*facts->mentions)))
		facts->mentions[facts->mention_count++] = facts_hash(facts, address);
}

static uint32_t *
edge_slot(const struct facts *facts, const struct edge *edge)
{
	const void *parts[] = {edge->from, edge->scope, edge->to};
	size_t mask = facts->edge_slot_count - 1;
	size_t i = (size_t)(strings_hash(facts->strings, parts, sizeof(parts)) +
	                    (unsigned)edge->kind) &
	           mask;

	for (; facts->edge_slots[i] != 0; i = (i + 1) & mask) {
		const struct edge *at = &facts->edges[facts->edge_slots[i] - 1];

		if (at->from == edge->from && at->scope == edge->scope && at->to == edge->to &&
		    at->kind == edge->kind)
			break;
	}
	return &facts->edge_slots[i];
}

void
facts_add_edge(struct facts *facts, enum edge_kind kind, const char *from, const char *scope,
               const char *to)
{
	struct edge edge = {facts_keep(facts, from), facts_keep(facts, scope),
	                    facts_keep(facts, to), kind};
	size_t slots = facts->edge_slot_count;

	if (edge.from == NULL || edge.to == NULL || (edge.scope == NULL && scope[0] != '\0') ||
	    (!slots_for(facts, &facts->edge_slots, &facts->edge_slot_count, facts->edge_count) &&
	     slots <= facts->edge_count + 1))
		return;
	if (slots != facts->edge_slot_count)
		for (size_t i = 0; i < facts->edge_count; i++)
			*edge_slot(facts, &facts->edges[i]) = (uint32_t)(i + 1);

	uint32_t *slot = edge_slot(facts, &edge);

	if (*slot == 0 && has_room(facts, &facts->edges, facts->edge_count, &facts->edge_cap,
	                           sizeof(*facts->edges))) {
		facts->edges[facts->edge_count++] = edge;
		*slot = (uint32_t)facts->edge_count;
	}
}
