#include "relay/flow/plan.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/flow/plan_reading.h"
#include "relay/model/key.h"
#include "relay/model/rule.h"
#include "relay/store/catalog.h"

#define PAGE 500

static bool
rule_takes(const struct conf_rule *rule, const struct bucket *bucket,
           const struct workspace *workspace)
{
	return glob_match(rule->project, bucket->project_id) &&
	       glob_match(rule->organization, workspace->organization);
}

static size_t
captured(const struct conf_rule *rule, const struct bucket *bucket,
         const struct workspace *workspace)
{
	return rule_takes(rule, bucket, workspace) ? rule_match(rule, bucket->name, workspace->name)
	                                           : 0;
}

/* Which of the buckets a workspace is linked to, and by which rule's channel. */
struct given {
	bool linked;
	const char *channel; /* borrowed from the config; NULL = any */
};

/* Of the buckets that one rule gives a workspace, those with the longest captures. */
static void
give_by_rule(const struct conf_rule *rule, const struct bucket_list *buckets,
             const struct workspace *workspace, struct given *given)
{
	size_t longest = 1;

	for (size_t i = 0; i < buckets->count; i++) {
		size_t n = captured(rule, &buckets->items[i], workspace);

		if (n > longest)
			longest = n;
	}
	for (size_t i = 0; i < buckets->count; i++)
		if (captured(rule, &buckets->items[i], workspace) == longest)
			given[i] = (struct given){true, rule->channel};
}

static size_t
bucket_at(const struct bucket_list *buckets, const char *key)
{
	size_t i = 0;

	while (i < buckets->count && strcmp(buckets->items[i].key, key) != 0)
		i++;
	return i;
}

const struct conf_rule *
plan_rule_between(const struct conf *conf, const struct bucket_list *buckets,
                  const char *bucket_key, const struct workspace *workspace)
{
	size_t at = bucket_at(buckets, bucket_key);
	struct given *given = mem_array(buckets->count + 1, sizeof(*given));
	const struct conf_rule *found = NULL;

	for (size_t i = 0; found == NULL && at < buckets->count && i < conf->correlate.count; i++) {
		const struct conf_rule *rule = conf_item(conf->correlate, struct conf_rule, i);

		give_by_rule(rule, buckets, workspace, given);
		if (given[at].linked)
			found = rule;
	}
	free(given);
	return found;
}

static bool
same_channel(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Only what differs is written: a link keeps the time it was first seen. */
static int
write_links(struct plan *plan, const struct workspace *workspace, const struct bucket_list *buckets,
            struct given *given, struct err *err)
{
	struct link_list now;
	int rc = catalog_links_of_workspace(plan->db, workspace->key, &now, err);

	for (size_t k = 0; rc == 0 && k < now.count; k++) {
		size_t i = bucket_at(buckets, now.items[k].bucket_key);

		if (i == buckets->count || !given[i].linked)
			rc = catalog_link_drop(plan->db, workspace->key, now.items[k].bucket_key,
			                       err);
		else if (same_channel(given[i].channel, now.items[k].channel))
			given[i].linked = false; /* stays as it is */
	}
	for (size_t i = 0; rc == 0 && i < buckets->count; i++)
		if (given[i].linked)
			rc = catalog_link_add(plan->db, workspace->key, buckets->items[i].key,
			                      given[i].channel, plan->now_ms, err);
	link_list_fini(&now);
	return rc;
}

int
plan_link_to(struct plan *plan, const struct workspace *workspace,
             const struct bucket_list *buckets, struct err *err)
{
	struct given *given = mem_array(buckets->count + 1, sizeof(*given));
	int rc;

	/* Where two rules give the same pair the first one's channel stands. */
	for (size_t i = plan->conf->correlate.count; i-- > 0;)
		give_by_rule(conf_item(plan->conf->correlate, struct conf_rule, i), buckets,
		             workspace, given);
	rc = write_links(plan, workspace, buckets, given, err);
	free(given);
	return rc;
}

int
plan_link_workspace(struct plan *plan, const struct workspace *workspace, struct err *err)
{
	struct bucket_list buckets;
	int rc = catalog_buckets(plan->db, &buckets, err);

	if (rc == 0)
		rc = plan_link_to(plan, workspace, &buckets, err);
	bucket_list_fini(&buckets);
	return rc;
}

static bool
any_rule_gives(const struct conf *conf, const struct bucket *bucket,
               const struct workspace *workspace)
{
	for (size_t i = 0; i < conf->correlate.count; i++)
		if (captured(conf_item(conf->correlate, struct conf_rule, i), bucket, workspace) >
		    0)
			return true;
	return false;
}

static int
link_if_given(struct plan *plan, const struct bucket *bucket, const struct workspace *workspace,
              const struct bucket_list *buckets, struct err *err)
{
	if (!any_rule_gives(plan->conf, bucket, workspace))
		return 0;
	if (plan_link_to(plan, workspace, buckets, err) != 0)
		return -1;
	return refresh_workspace_images(plan, workspace, false, err);
}

/* A new bucket may win workspaces from others, so those it matches are linked anew. */
static int
link_bucket(struct plan *plan, const struct bucket *bucket, struct err *err)
{
	char *after = mem_str("");
	struct bucket_list buckets;
	struct link_list page;
	size_t read;
	int rc = catalog_buckets(plan->db, &buckets, err);

	if (rc != 0)
		goto out;
	do {
		rc = catalog_workspaces(plan->db, after, PAGE, &page, err);
		for (size_t i = 0; rc == 0 && i < page.count; i++)
			rc = link_if_given(plan, bucket, &page.items[i].workspace, &buckets, err);
		read = page.count;
		if (read > 0) {
			free(after);
			after = mem_str(page.items[read - 1].workspace.key);
		}
		link_list_fini(&page);
	} while (rc == 0 && read == PAGE);
out:
	bucket_list_fini(&buckets);
	free(after);
	return rc;
}

int
plan_know_bucket(struct plan *plan, const struct bucket_name *name, const char *id, char **key,
                 struct err *err)
{
	struct bucket bucket = {
		.key = key_bucket(name->organization_id, name->project_id, name->bucket),
		.organization_id = (char *)name->organization_id,
		.project_id = (char *)name->project_id,
		.name = (char *)name->bucket,
	};
	int rc = catalog_bucket_add(plan->db, &bucket, id, err);

	if (rc == 1)
		rc = plan_place_usages(plan, name, err) != 0 ? -1 : link_bucket(plan, &bucket, err);
	*key = bucket.key;
	return rc < 0 ? -1 : 0;
}

int
plan_learn_bucket(struct plan *plan, const char *name, const char *id, char **key, struct err *err)
{
	const struct packer_news *news = &plan->event->packer;

	return plan_know_bucket(
		plan, &(struct bucket_name){news->organization_id, news->project_id, name}, id, key,
		err);
}
