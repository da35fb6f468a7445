#include "relay/hcp/uses.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/hcp/address.h"
#include "relay/hcp/packers.h"
#include "relay/hcp/ties.h"
#include "relay/model/image_id.h"

enum by {
	BY_RESOURCE,
	BY_DATA,
	BY_DEFERRED,
};

struct use {
	const char *field[PACKER_FIELD_COUNT];
	const char *provider, *type, *address;
	size_t count;
	enum by by;
	bool planned, fresh;
};

struct uses {
	struct facts *facts;
	struct ties ties;
	struct image_index images;
	struct use *items;
	size_t count;
	bool is_plan;
};

static struct use *
add_use(struct uses *uses, const struct packer *of)
{
	struct use *use = &uses->items[uses->count++];

	if (of != NULL)
		memcpy(use->field, of->field, sizeof(use->field));
	return use;
}

static struct use *
add_instances(struct uses *uses, const struct group *group, enum by by, const struct packer *of)
{
	struct use *use = add_use(uses, of);

	use->by = by;
	use->provider = group->provider;
	use->type = group->type;
	use->address = group->address;
	use->count = group->count;
	use->planned = group->planned;
	use->fresh = group->fresh;
	return use;
}

static void
forget_version(const char *field[PACKER_FIELD_COUNT])
{
	field[PACKER_VERSION] = field[PACKER_VERSION_ID] = field[PACKER_FINGERPRINT] = NULL;
	field[PACKER_REVOKE_AT] = NULL;
}

/* How near a data source with the instance's image is to the instance. */
static int
nearness(struct uses *uses, const struct group *group, const struct packer *packer)
{
	struct packer_set *set = ties_set_of(&uses->ties, group->config, packer);

	if (set != NULL && (group->planned || !uses->is_plan))
		set->used = true; /* the others of its for_each are not used by something else */
	if (set != NULL)
		return 2;
	return packer->source == PACKER_READ;
}

/* What the data sources with this image say of it: those that the instance is
 * tied to, else those that are more than compared with. */
static bool
explain_image(struct uses *uses, const struct group *group, const char *key, struct packer *of)
{
	size_t count;
	struct packer **found = image_index_find(&uses->images, key, &count);
	int nearest = -1;

	for (size_t i = 0; i < count && uses->ties.steps_left > 0; i++, uses->ties.steps_left--) {
		int near = nearness(uses, group, found[i]);

		if (group->planned || !uses->is_plan)
			found[i]->explained = true;
		if (near > nearest) {
			nearest = near;
			*of = *found[i];
		} else if (near == nearest) {
			for (int f = 0; f < PACKER_FIELD_COUNT; f++)
				if (of->field[f] != found[i]->field[f])
					of->field[f] = NULL;
		}
	}
	if (count > 0 && uses->ties.steps_left == 0)
		uses->facts->partial = true;
	return nearest >= 0 && of->field[PACKER_BUCKET] != NULL;
}

static void
add_known_image(struct uses *uses, const struct group *group)
{
	char *key_text = image_id_key(group->image);
	const char *key = facts_keep(uses->facts, key_text);
	struct packer of = {0};

	free(key_text);
	if (key != NULL && explain_image(uses, group, key, &of)) {
		if (of.field[PACKER_CHANNEL] == NULL)
			of.field[PACKER_CHANNEL] = ties_channel(&uses->ties, group->config, &of);
	} else {
		struct tie tie = ties_of(&uses->ties, group->config, group->planned);

		if (tie.any && tie.common.field[PACKER_BUCKET] != NULL) {
			of = tie.common;
			forget_version(of.field);
			if (group->planned || !uses->is_plan)
				ties_mark_used(&uses->ties, group->config, &tie);
		} else {
			memset(&of, 0, sizeof(of));
		}
		of.field[PACKER_IDENTIFIER] = group->image;
		of.field[PACKER_IMAGE] = key != NULL ? key : group->image;
	}
	add_instances(uses, group, BY_RESOURCE, &of);
}

/* The image is known only after the apply: what it is tied to says what it will be. */
static void
add_unknown_image(struct uses *uses, const struct group *group)
{
	struct tie tie = ties_of(&uses->ties, group->config, true);

	if (!tie.any || tie.common.field[PACKER_BUCKET] == NULL)
		return;
	if (tie.all_deferred)
		forget_version(tie.common.field);
	ties_mark_used(&uses->ties, group->config, &tie);
	add_instances(uses, group, tie.all_deferred ? BY_DEFERRED : BY_RESOURCE, &tie.common);
}

/* An iteration with all its images is one data source: that of any explains it. */
static bool
is_explained(const struct packer *packer, size_t behind)
{
	bool explained = packer->explained;

	for (size_t i = 1; i <= behind && packer[i].address == packer->address; i++)
		explained = explained || packer[i].explained;
	return explained;
}

/* Data sources that no instance explains: something else uses what they say. */
static void
add_data(struct uses *uses)
{
	for (size_t i = 0; i < uses->ties.set_count; i++) {
		const struct packer_set *set = &uses->ties.sets[i];

		for (size_t j = set->first; j < set->end && !set->used; j++) {
			const struct packer *packer = &uses->facts->packers[j];

			if (packer->one_of_many || packer->source == PACKER_CHECKED ||
			    packer->source == PACKER_STALE ||
			    is_explained(packer, set->end - j - 1))
				continue;
			struct use *use = add_use(uses, packer);

			use->by = packer->source == PACKER_DEFERRED ? BY_DEFERRED : BY_DATA;
			if (use->by == BY_DEFERRED)
				forget_version(use->field);
			use->planned = uses->is_plan;
			use->provider = "hcp";
			use->type = packer->type;
			use->address = packer->address;
			use->count = 1;
		}
	}
}

static int
compare_texts(const char *a, const char *b)
{
	if (a == b)
		return 0;
	if (a == NULL || b == NULL)
		return a == NULL ? 1 : -1;
	return strcmp(a, b);
}

/* By all that makes two of them different. */
static int
compare_kinds(const struct use *a, const struct use *b)
{
	static const enum packer_field fields[] = {
		PACKER_BUCKET,      PACKER_ORGANIZATION, PACKER_PROJECT,
		PACKER_CHANNEL,     PACKER_VERSION,      PACKER_VERSION_ID,
		PACKER_FINGERPRINT, PACKER_IMAGE,        PACKER_REGION,
	};
	int order = (int)a->planned - (int)b->planned;

	if (order == 0)
		order = (int)a->by - (int)b->by;
	for (size_t i = 0; order == 0 && i < COUNT(fields); i++)
		order = compare_texts(a->field[fields[i]], b->field[fields[i]]);
	return order;
}

static int
compare_uses(const void *a, const void *b)
{
	const struct use *left = a, *right = b;
	int order = compare_kinds(left, right);

	if (order == 0 && left->address != NULL && right->address != NULL)
		order = strverscmp(left->address, right->address);
	return order != 0 ? order : compare_texts(left->type, right->type);
}

/* Those alike become one, in the place of the first. */
static void
merge(struct uses *uses)
{
	size_t kept = 0;

	if (uses->count > 0)
		qsort(uses->items, uses->count, sizeof(*uses->items), compare_uses);
	for (size_t i = 0; i < uses->count; i++) {
		struct use *last = kept > 0 ? &uses->items[kept - 1] : NULL;
		const struct use *use = &uses->items[i];

		if (last == NULL || compare_kinds(last, use) != 0) {
			uses->items[kept++] = *use;
			continue;
		}
		last->count += use->count;
		last->fresh = last->fresh || use->fresh;
		if (compare_texts(use->field[PACKER_IDENTIFIER], last->field[PACKER_IDENTIFIER]) <
		    0)
			last->field[PACKER_IDENTIFIER] = use->field[PACKER_IDENTIFIER];
		if (last->field[PACKER_PLATFORM] == NULL)
			last->field[PACKER_PLATFORM] = use->field[PACKER_PLATFORM];
		if (last->field[PACKER_REVOKE_AT] == NULL)
			last->field[PACKER_REVOKE_AT] = use->field[PACKER_REVOKE_AT];
	}
	uses->count = kept;
}

static json_t *
use_document(const struct use *use)
{
	static const char *const by[] = {"resource", "data", "deferred"};
	static const struct {
		const char *name;
		enum packer_field field;
	} fields[] = {
		{"bucket", PACKER_BUCKET},           {"organization_id", PACKER_ORGANIZATION},
		{"project_id", PACKER_PROJECT},      {"channel", PACKER_CHANNEL},
		{"version", PACKER_VERSION},         {"version_id", PACKER_VERSION_ID},
		{"fingerprint", PACKER_FINGERPRINT}, {"external_identifier", PACKER_IDENTIFIER},
		{"platform", PACKER_PLATFORM},       {"region", PACKER_REGION},
		{"revoke_at", PACKER_REVOKE_AT},
	};
	json_t *out = json_pack("{s:s, s:s}", "when", use->planned ? "planned" : "now", "by",
	                        by[use->by]);

	for (size_t i = 0; i < COUNT(fields); i++)
		json_object_set_new(out, fields[i].name,
		                    json_text_or_null(use->field[fields[i].field]));
	json_object_set_new(out, "provider", json_text_or_null(use->provider));
	json_object_set_new(out, "type", json_text_or_null(use->type));
	json_object_set_new(out, "address", json_text_or_null(use->address));
	json_object_set_new(out, "count", json_integer((json_int_t)use->count));
	json_object_set_new(out, "fresh", json_boolean(use->fresh));
	return out;
}

static int
compare_hashes(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* Instances that no change mentions stay what they are: not targeted, or a
 * plan that only refreshes. */
static void
add_staying(struct facts *facts)
{
	if (facts->mention_count > 0)
		qsort(facts->mentions, facts->mention_count, sizeof(*facts->mentions),
		      compare_hashes);
	for (size_t i = 0; i < facts->prior_count; i++) {
		const struct prior prior = facts->priors[i];
		uint64_t hash = facts_hash(facts, prior.address);

		if (facts->mention_count > 0 &&
		    bsearch(&hash, facts->mentions, facts->mention_count, sizeof(*facts->mentions),
		            compare_hashes) != NULL)
			continue;
		struct group stays = facts->groups[prior.group];

		stays.address = prior.address;
		stays.planned = true;
		facts->managed_staying++;
		facts_add_use(facts, &stays, false);
	}
}

json_t *
uses_of(struct facts *facts, bool is_plan, bool errored, size_t *total)
{
	struct uses uses = {.facts = facts, .is_plan = is_plan};
	json_t *list = json_array();

	if (is_plan && !errored)
		add_staying(facts);
	packers_settle(facts);
	ties_init(&uses.ties, facts);
	packers_link(&uses.ties);
	image_index_init(&uses.images, facts);
	uses.items = mem_array(facts->group_count + facts->packer_count + 1, sizeof(*uses.items));
	for (size_t i = 0; i < facts->group_count; i++) {
		if (facts->groups[i].image != NULL)
			add_known_image(&uses, &facts->groups[i]);
		else
			add_unknown_image(&uses, &facts->groups[i]);
	}
	/* Where everything is destroyed nothing is left to use what was read. */
	if (facts->managed_changes == 0 || facts->managed_staying > 0)
		add_data(&uses);
	merge(&uses);
	for (size_t i = 0; i < uses.count && i < USES_MAX; i++)
		json_array_append_new(list, use_document(&uses.items[i]));
	*total = uses.count;
	image_index_fini(&uses.images);
	ties_fini(&uses.ties);
	free(uses.items);
	return list;
}
