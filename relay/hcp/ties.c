#include "relay/hcp/ties.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"

#define DEPTH_MAX 32                /* of variables and outputs that stand for others */
#define STEPS_MAX ((size_t)5000000) /* of a whole document */

static int
compare_pointers(const void *a, const void *b)
{
	uintptr_t left = (uintptr_t)a, right = (uintptr_t)b;

	return (left > right) - (left < right);
}

static int
compare_edges(const void *a, const void *b)
{
	const struct edge *left = a, *right = b;

	return compare_pointers(left->from, right->from);
}

static int
find_set(const void *key, const void *set)
{
	return strcmp(key, ((const struct packer_set *)set)->config);
}

/* What both say. */
static void
agree(struct packer *common, const struct packer *other)
{
	for (int i = 0; i < PACKER_FIELD_COUNT; i++)
		if (common->field[i] != other->field[i])
			common->field[i] = NULL;
	common->has_image = common->has_image || other->has_image;
}

static void
add_to_set(struct packer_set *set, const struct packer *packer)
{
	bool deferred = packer->source == PACKER_DEFERRED;

	set->end++;
	if (packer->source == PACKER_STALE)
		return;
	if (set->common.config == NULL) {
		set->common = *packer;
		set->all_deferred = deferred;
	} else {
		agree(&set->common, packer);
		set->all_deferred = set->all_deferred && deferred;
	}
}

void
ties_make_sets(struct ties *ties)
{
	const struct facts *facts = ties->facts;

	free(ties->sets);
	ties->sets = mem_array(facts->packer_count + 1, sizeof(*ties->sets));
	ties->set_count = 0;
	for (size_t i = 0; i < facts->packer_count; i++) {
		const char *config = facts->packers[i].config;

		if (i == 0 || facts->packers[i - 1].config != config)
			ties->sets[ties->set_count++] =
				(struct packer_set){.config = config, .first = i, .end = i};
		add_to_set(&ties->sets[ties->set_count - 1], &facts->packers[i]);
	}
}

void
ties_init(struct ties *ties, struct facts *facts)
{
	*ties = (struct ties){.facts = facts, .steps_left = STEPS_MAX};
	if (facts->edge_count > 0)
		qsort(facts->edges, facts->edge_count, sizeof(*facts->edges), compare_edges);
	ties_make_sets(ties);
}

void
ties_fini(struct ties *ties)
{
	free(ties->sets);
	ties->sets = NULL;
}

typedef void on_set_fn(struct packer_set *, void *arg);

struct walk {
	struct ties *ties;
	on_set_fn *on_set;
	void *arg;
	bool missing;
};

static struct packer_set *
set_at(const struct ties *ties, const char *config)
{
	return bsearch(config, ties->sets, ties->set_count, sizeof(*ties->sets), find_set);
}

/* The first edge from here; they stand together. */
static size_t
first_edge(const struct facts *facts, const char *from)
{
	size_t low = 0, high = facts->edge_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_pointers(facts->edges[middle].from, from) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void walk_from(struct walk *, const char *from, unsigned kinds, int depth);

static void
walk_data(struct walk *walk, const char *config)
{
	struct packer_set *set = set_at(walk->ties, config);

	if (set != NULL)
		walk->on_set(set, walk->arg);
	else
		walk->missing = true;
}

/* What a reference in a module's text refers to: a data source, or what a
 * variable or an output stands for. */
static void
walk_reference(struct walk *walk, const char *scope, const char *to, int depth)
{
	const char *dot = scope[0] != '\0' ? "." : "";
	const char *from = NULL;
	struct buf path = {0};

	if (strncmp(to, "data.", 5) == 0) {
		buf_printf(&path, "%s%s%s", scope, dot, to);
		walk_data(walk, buf_text(&path));
	} else if (strncmp(to, "var.", 4) == 0) {
		buf_printf(&path, "%s %s", scope, to);
		from = strings_find(walk->ties->facts->strings, buf_text(&path));
	} else {
		const char *output = strrchr(to, '.');

		buf_printf(&path, "%s%s%.*s output%s", scope, dot, (int)(output - to), to, output);
		from = strings_find(walk->ties->facts->strings, buf_text(&path));
	}
	buf_fini(&path);
	if (from != NULL && depth < DEPTH_MAX)
		walk_from(walk, from, 1u << EDGE_PASSED, depth + 1);
}

static void
walk_from(struct walk *walk, const char *from, unsigned kinds, int depth)
{
	const struct facts *facts = walk->ties->facts;

	for (size_t i = first_edge(facts, from);
	     i < facts->edge_count && facts->edges[i].from == from; i++) {
		const struct edge *edge = &facts->edges[i];

		if (walk->ties->steps_left == 0) {
			walk->ties->facts->partial = true;
			return;
		}
		walk->ties->steps_left--;
		if ((kinds & 1u << edge->kind) == 0)
			continue;
		if (edge->kind == EDGE_DEPENDS) /* a whole address */
			walk_data(walk, edge->to);
		else
			walk_reference(walk, edge->scope != NULL ? edge->scope : "", edge->to,
			               depth);
	}
}

static void
add_to_tie(struct packer_set *set, void *arg)
{
	struct tie *tie = arg;
	bool alike = set->common.has_image == tie->common.has_image;

	if (!tie->any) {
		tie->common = set->common;
		tie->all_deferred = set->all_deferred;
	} else if (alike || set->common.field[PACKER_BUCKET] != tie->common.field[PACKER_BUCKET]) {
		agree(&tie->common, &set->common);
		tie->all_deferred = tie->all_deferred && set->all_deferred;
	} else if (set->common.has_image) {
		/* A version read beside its artifact takes nothing away from what the
		 * artifact says. */
		tie->common = set->common;
		tie->all_deferred = set->all_deferred;
	}
	tie->any = true;
}

static struct tie
tie_by(struct ties *ties, const char *config, unsigned kinds)
{
	struct tie tie = {.kinds = kinds};
	struct walk walk = {ties, add_to_tie, &tie, false};

	if (config != NULL)
		walk_from(&walk, config, kinds, 0);
	tie.missing = walk.missing;
	return tie;
}

struct tie
ties_of(struct ties *ties, const char *config, bool planned)
{
	const unsigned image = 1u << EDGE_IMAGE, depends = 1u << EDGE_DEPENDS;
	const unsigned other = 1u << EDGE_OTHER;
	const unsigned by_state[] = {depends, image, other};
	const unsigned by_configuration[] = {image, depends, other};
	const unsigned *order = planned ? by_configuration : by_state;
	struct tie tie = {0};

	for (int i = 0; i < 3; i++) {
		tie = tie_by(ties, config, order[i]);
		if (tie.missing || (tie.any && tie.common.field[PACKER_BUCKET] != NULL))
			break;
	}
	if (tie.missing) /* one of them is not known: perhaps another bucket's */
		tie.common.field[PACKER_BUCKET] = NULL;
	return tie;
}

static void
mark_used(struct packer_set *set, void *arg)
{
	(void)arg;
	set->used = true;
}

void
ties_mark_used(struct ties *ties, const char *config, const struct tie *tie)
{
	struct walk walk = {ties, mark_used, NULL, false};

	walk_from(&walk, config, tie->kinds, 0);
}

struct search {
	const struct packer *packer;
	const char *channel;
	struct packer_set *set;
	bool several;
};

static void
look_for(struct packer_set *set, void *arg)
{
	struct search *search = arg;

	if (set->config == search->packer->config)
		search->set = set;
}

static const unsigned any_kind = 1u << EDGE_IMAGE | 1u << EDGE_DEPENDS | 1u << EDGE_OTHER;

struct packer_set *
ties_set_of(struct ties *ties, const char *config, const struct packer *packer)
{
	struct search search = {.packer = packer};
	struct walk walk = {ties, look_for, &search, false};

	if (config != NULL)
		walk_from(&walk, config, any_kind, 0);
	return search.set;
}

static void
look_for_channel(struct packer_set *set, void *arg)
{
	struct search *search = arg;
	const struct packer *version = &set->common;
	const char *channel = version->field[PACKER_CHANNEL];

	if (version->has_image || channel == NULL ||
	    version->field[PACKER_BUCKET] != search->packer->field[PACKER_BUCKET] ||
	    version->field[PACKER_FINGERPRINT] != search->packer->field[PACKER_FINGERPRINT])
		return;
	search->several =
		search->several || (search->channel != NULL && search->channel != channel);
	search->channel = channel;
}

const char *
ties_channel(struct ties *ties, const char *config, const struct packer *image)
{
	struct search search = {.packer = image};
	struct walk walk = {ties, look_for_channel, &search, false};

	if (config != NULL)
		walk_from(&walk, config, any_kind, 0);
	return search.several ? NULL : search.channel;
}

static void
look_for_version(struct packer_set *set, void *arg)
{
	struct search *search = arg;

	if (set->common.has_image)
		return;
	search->several = search->several || search->set != NULL;
	search->set = set;
}

struct packer_set *
ties_version_of(struct ties *ties, const struct packer *artifact)
{
	struct search search = {.packer = artifact};
	struct walk walk = {ties, look_for_version, &search, false};

	walk_from(&walk, artifact->config, 1u << EDGE_VERSION, 0);
	return search.several ? NULL : search.set;
}
