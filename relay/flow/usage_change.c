#include "relay/flow/usage_change.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/store/usages.h"

int
usage_change_begin(struct usage_change *c, struct plan *plan, struct workspace *workspace,
                   struct err *err)
{
	*c = (struct usage_change){.plan = plan, .workspace = workspace};
	return usages_of(plan->db, workspace->key, &c->before, err);
}

void
usage_change_fini(struct usage_change *c)
{
	usage_list_fini(&c->before);
}

struct usage_list
usage_change_planned(const struct usage_list *from, const char *run_id)
{
	struct usage_list out = {.items = mem_array(from->count + 1, sizeof(*out.items))};

	for (size_t i = 0; i < from->count; i++)
		if (strcmp(from->items[i].run, run_id) == 0) {
			out.items[out.count] = from->items[i];
			out.items[out.count].run = (char *)"";
			out.items[out.count].fresh = false;
			out.count++;
		}
	return out;
}

static bool
same(const struct usage *a, const struct usage *b)
{
	return strcmp(a->bucket_key, b->bucket_key) == 0 &&
	       strcmp(a->fingerprint, b->fingerprint) == 0 &&
	       strcmp(a->external_identifier, b->external_identifier) == 0;
}

static bool
is_among(const struct usage_list *list, const struct usage *usage)
{
	for (size_t i = 0; i < list->count; i++)
		if (same(&list->items[i], usage))
			return true;
	return false;
}

bool
usage_change_runs(const struct usage_change *c, const struct usage *usage)
{
	for (size_t i = 0; i < c->before.count; i++)
		if (usage_is_current(&c->before.items[i]) && same(&c->before.items[i], usage))
			return true;
	return false;
}

void
usage_change_keep_channels(const struct usage_change *c, struct usage_list *now)
{
	for (size_t i = 0; i < now->count; i++) {
		struct usage *usage = &now->items[i];

		for (size_t k = 0; k < c->before.count; k++) {
			const struct usage *old = &c->before.items[k];

			if (!usage_is_current(old) || old->evidence != EVIDENCE_STATE ||
			    !same(old, usage))
				continue;
			free(usage->channel);
			usage->channel = mem_str(old->channel);
			usage->pinned = old->pinned;
		}
	}
}

static bool
has_bucket(const struct usage_list *list, const char *bucket_key)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].bucket_key, bucket_key) == 0)
			return true;
	return false;
}

/* It is not among what runs now, which tells of no such. */
static bool
is_apart(const struct usage_list *now, const struct usage *usage)
{
	return usage->basis != USAGE_BY_RESOURCE && !has_bucket(now, usage->bucket_key);
}

static int
end_usage(struct usage_change *c, const struct usage *usage, int64_t until, struct err *err)
{
	struct db *db = c->plan->db;

	if (usages_drop(db, c->workspace->key, usage, err) != 0)
		return -1;
	return usage->certain ? usages_ended(db, c->workspace->key, usage, until, err) : 0;
}

/* After an apply of which nothing was read it may be there, or not. */
static int
leave_usage(struct usage_change *c, const struct usage *usage, struct err *err)
{
	return exact_holds(c->workspace->exact, c->workspace->applied)
	               ? 0
	               : usages_doubt(c->plan->db, c->workspace->key, usage, err);
}

int
usage_change_current(struct usage_change *c, const struct usage_list *now, bool instances,
                     int64_t until, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < c->before.count; i++) {
		const struct usage *usage = &c->before.items[i];

		if (!usage_is_current(usage) || is_among(now, usage))
			continue;
		rc = instances && is_apart(now, usage) ? leave_usage(c, usage, err)
		                                       : end_usage(c, usage, until, err);
	}
	for (size_t i = 0; rc == 0 && i < now->count; i++)
		rc = usages_put(c->plan->db, c->workspace->key, &now->items[i], err);
	return rc;
}

int
usage_change_mixed(struct usage_change *c, const struct usage_list *planned, struct err *err)
{
	struct db *db = c->plan->db;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < planned->count; i++) {
		struct usage usage = planned->items[i]; /* borrows */

		usage.certain = false; /* one that was there before stays so */
		rc = usages_put(db, c->workspace->key, &usage, err);
	}
	for (size_t i = 0; rc == 0 && i < c->before.count; i++) {
		const struct usage *usage = &c->before.items[i];

		if (usage_is_current(usage) && !is_among(planned, usage))
			rc = usages_doubt(db, c->workspace->key, usage, err);
	}
	return rc;
}

int
usage_change_gaps(struct usage_change *c, struct err *err)
{
	struct usage_list usages;
	int rc = usages_of(c->plan->db, c->workspace->key, &usages, err);

	c->workspace->exact.gaps = usage_list_has_gaps(&usages);
	usage_list_fini(&usages);
	return rc;
}
