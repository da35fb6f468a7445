#include "relay/hcp/packers.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

static int
compare_pointers(const void *a, const void *b)
{
	uintptr_t left = (uintptr_t)a, right = (uintptr_t)b;

	return (left > right) - (left < right);
}

static int
compare_packers(const void *a, const void *b)
{
	const struct packer *left = a, *right = b;
	int order = strcmp(left->config, right->config);

	if (order == 0)
		order = strverscmp(left->address, right->address);
	for (int i = 0; order == 0 && i < PACKER_FIELD_COUNT; i++)
		if (left->field[i] != right->field[i])
			order = strcmp(left->field[i] != NULL ? left->field[i] : "",
			               right->field[i] != NULL ? right->field[i] : "");
	return order;
}

/* One address: what resource_changes say of it tells how it is read; its values
 * are those of the prior state, unless it is read only later. */
static size_t
settle_one(struct packer *run, size_t count)
{
	bool has_prior = false, has_change = false;
	enum packer_source source = PACKER_READ;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		has_prior = has_prior || !run[i].in_change;
		has_change = has_change || run[i].in_change;
		if (run[i].in_change)
			source = run[i].source;
	}
	if (!has_prior || !has_change)
		return count;
	for (size_t i = 0; i < count; i++) {
		if (!run[i].in_change)
			run[i].source = source == PACKER_DEFERRED ? PACKER_STALE : source;
		else if (source != PACKER_DEFERRED)
			continue;
		run[kept++] = run[i];
	}
	return kept;
}

void
packers_settle(struct facts *facts)
{
	struct packer *all = facts->packers;
	size_t kept = 0;

	if (facts->packer_count == 0)
		return;
	qsort(all, facts->packer_count, sizeof(*all), compare_packers);
	for (size_t i = 0; i < facts->packer_count;) {
		size_t same = 1;

		while (i + same < facts->packer_count && all[i].address == all[i + same].address)
			same++;
		size_t left = settle_one(&all[i], same);

		memmove(&all[kept], &all[i], left * sizeof(*all));
		kept += left;
		i += same;
	}
	facts->packer_count = kept;
}

/* Versions, to be found by what an artifact calls them. */
struct version_index {
	struct packer **items;
	size_t count;
	enum packer_field by;
};

static int
compare_versions(const struct packer *a, const struct packer *b, enum packer_field by)
{
	int order = compare_pointers(a->field[PACKER_BUCKET], b->field[PACKER_BUCKET]);

	return order != 0 ? order : compare_pointers(a->field[by], b->field[by]);
}

static int
compare_by(const void *a, const void *b, void *by)
{
	return compare_versions(*(struct packer *const *)a, *(struct packer *const *)b,
	                        *(enum packer_field *)by);
}

static void
index_versions(struct version_index *index, struct facts *facts, enum packer_field by)
{
	index->items = mem_array(facts->packer_count + 1, sizeof(*index->items));
	index->by = by;
	for (size_t i = 0; i < facts->packer_count; i++)
		if (!facts->packers[i].has_image && facts->packers[i].field[by] != NULL)
			index->items[index->count++] = &facts->packers[i];
	qsort_r(index->items, index->count, sizeof(*index->items), compare_by, &index->by);
}

static size_t
first_version(const struct version_index *index, const struct packer *artifact)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_versions(index->items[middle], artifact, index->by) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
fill(struct packer *artifact, const struct packer *version)
{
	static const enum packer_field fields[] = {PACKER_VERSION, PACKER_VERSION_ID,
	                                           PACKER_FINGERPRINT, PACKER_REVOKE_AT};

	for (size_t i = 0; i < COUNT(fields); i++)
		if (artifact->field[fields[i]] == NULL)
			artifact->field[fields[i]] = version->field[fields[i]];
}

/* Two different channels give none; one that is only compared gives way. */
static const char *
channel_of(struct packer **versions, size_t count, bool checked)
{
	const char *channel = NULL;

	for (size_t i = 0; i < count; i++) {
		const char *other = versions[i]->field[PACKER_CHANNEL];

		if (other == NULL || (versions[i]->source == PACKER_CHECKED) != checked)
			continue;
		if (channel != NULL && channel != other)
			return NULL;
		channel = other;
	}
	return channel == NULL && !checked ? channel_of(versions, count, true) : channel;
}

static void
link_by_value(struct ties *ties, const struct version_index *index, struct packer *artifact)
{
	if (artifact->field[index->by] == NULL)
		return;
	size_t first = first_version(index, artifact), end = first;

	while (end < index->count && ties->steps_left > 0 &&
	       compare_versions(index->items[end], artifact, index->by) == 0) {
		index->items[end++]->explained = true;
		ties->steps_left--;
	}
	if (end == first)
		return;
	fill(artifact, index->items[first]);
	if (artifact->field[PACKER_CHANNEL] == NULL)
		artifact->field[PACKER_CHANNEL] =
			channel_of(&index->items[first], end - first, false);
}

/* The version its configuration refers to, where the values do not speak against it. */
static void
link_by_reference(struct ties *ties, struct packer *artifact)
{
	struct packer_set *set = ties_version_of(ties, artifact);

	if (set == NULL || set->common.field[PACKER_BUCKET] != artifact->field[PACKER_BUCKET])
		return;
	for (size_t i = set->first; i < set->end && ties->steps_left > 0; i++, ties->steps_left--)
		ties->facts->packers[i].explained = true;
	bool same = set->common.field[PACKER_FINGERPRINT] == artifact->field[PACKER_FINGERPRINT] ||
	            set->common.field[PACKER_VERSION_ID] == artifact->field[PACKER_VERSION_ID];

	if (artifact->field[PACKER_CHANNEL] == NULL &&
	    (same || artifact->source == PACKER_DEFERRED))
		artifact->field[PACKER_CHANNEL] = set->common.field[PACKER_CHANNEL];
}

void
packers_link(struct ties *ties)
{
	struct facts *facts = ties->facts;
	struct version_index by_fingerprint = {0}, by_id = {0};

	index_versions(&by_fingerprint, facts, PACKER_FINGERPRINT);
	index_versions(&by_id, facts, PACKER_VERSION_ID);
	for (size_t i = 0; i < facts->packer_count; i++) {
		struct packer *packer = &facts->packers[i];

		if (!packer->has_image || packer->one_of_many) /* says all by itself */
			continue;
		link_by_reference(ties, packer);
		link_by_value(ties, &by_id, packer);
		link_by_value(ties, &by_fingerprint, packer);
	}
	free(by_fingerprint.items);
	free(by_id.items);
	ties_make_sets(ties);
}

static int
compare_images(const void *a, const void *b)
{
	const struct packer *left = *(struct packer *const *)a, *right = *(struct packer *const *)b;

	return compare_pointers(left->field[PACKER_IMAGE], right->field[PACKER_IMAGE]);
}

void
image_index_init(struct image_index *index, struct facts *facts)
{
	index->items = mem_array(facts->packer_count + 1, sizeof(*index->items));
	index->count = 0;
	for (size_t i = 0; i < facts->packer_count; i++)
		if (facts->packers[i].field[PACKER_IMAGE] != NULL)
			index->items[index->count++] = &facts->packers[i];
	qsort(index->items, index->count, sizeof(*index->items), compare_images);
}

void
image_index_fini(struct image_index *index)
{
	free(index->items);
	index->items = NULL;
}

/* The first that is not before the key, or (past) the first behind it. */
static size_t
image_bound(const struct image_index *index, const char *key, bool past)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_pointers(index->items[middle]->field[PACKER_IMAGE], key) <
		    (past ? 1 : 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct packer **
image_index_find(const struct image_index *index, const char *key, size_t *count)
{
	size_t first = image_bound(index, key, false);

	*count = image_bound(index, key, true) - first;
	return &index->items[first];
}
