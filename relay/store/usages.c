#include "relay/store/usages.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/model/image_id.h"
#include "relay/model/key.h"
#include "relay/store/workspace_row.h"

void
user_list_fini(struct user_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		workspace_fini(&list->items[i].workspace);
		bucket_use_fini(&list->items[i].use);
	}
	free(list->items);
	*list = (struct user_list){0};
}

void
workspace_keys_fini(struct workspace_keys *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct workspace_keys){0};
}

/* USAGE_COLUMNS, from the first column on. */
static struct usage
read_usage(struct db_row *row)
{
	int evidence = name_index(evidence_names, EVIDENCE_STATE + 1, db_text(row, 4));
	int basis = name_index(usage_basis_names, USAGE_BY_DEFERRED + 1, db_text(row, 6));

	return (struct usage){
		.run = mem_str(db_text(row, 0)),
		.bucket_key = mem_str(db_text(row, 1)),
		.fingerprint = mem_str(db_text(row, 2)),
		.external_identifier = mem_str(db_text(row, 3)),
		.evidence = evidence >= 0 ? (enum evidence)evidence : EVIDENCE_PLAN,
		.certain = db_int(row, 5) != 0,
		.basis = basis >= 0 ? (enum usage_basis)basis : USAGE_BY_RESOURCE,
		.channel = mem_str(db_text(row, 7)),
		.version = mem_str(db_text(row, 8)),
		.platform = mem_str(db_text(row, 9)),
		.region = mem_str(db_text(row, 10)),
		.provider = mem_str(db_text(row, 11)),
		.type = mem_str(db_text(row, 12)),
		.address = mem_str(db_text(row, 13)),
		.instances = db_int(row, 14),
		.fresh = db_int(row, 15) != 0,
		.seen_at = db_int(row, 16),
		.pinned = db_int(row, 17) != 0,
	};
}

static void
append_usage(struct usage_list *list, struct usage usage)
{
	list->items = mem_grow(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = usage;
}

static struct user *
append_user(struct user_list *list, const char *bucket_key)
{
	struct user *user;

	list->items = mem_grow(list->items, list->count + 1, sizeof(*list->items));
	user = &list->items[list->count++];
	*user = (struct user){.use.bucket_key = mem_str(bucket_key)};
	return user;
}

/* Each workspace by a rule, or by a usage, once: both statements are sorted by its key. */
static int
read_linked(struct db *db, const char *bucket_key, struct user_list *list, struct err *err)
{
	struct db_row *row = db_bind(db, ST_LINKED_OF_BUCKET, "t", bucket_key);
	int rc;

	while ((rc = db_step(row, err)) == 1) {
		struct user *user = append_user(list, bucket_key);

		user->use.linked = true;
		user->use.channel = mem_str(db_text(row, 0));
		user->use.linked_at = db_int(row, 1);
		workspace_row(row, 2, &user->workspace);
	}
	db_end(row);
	return rc;
}

static int
by_workspace(const void *a, const void *b)
{
	const struct user *x = a, *y = b;

	return strcmp(x->workspace.key, y->workspace.key);
}

static struct user *
user_with(const struct user_list *list, size_t count, const char *workspace_key)
{
	struct user key = {.workspace.key = (char *)workspace_key};

	return count > 0 ? bsearch(&key, list->items, count, sizeof(key), by_workspace) : NULL;
}

static int
read_using(struct db *db, const char *bucket_key, struct user_list *list, struct err *err)
{
	struct db_row *row = db_bind(db, ST_USING_BUCKET, "t", bucket_key);
	size_t linked = list->count;
	int rc;

	while ((rc = db_step(row, err)) == 1)
		if (user_with(list, linked, db_text(row, 0)) == NULL)
			workspace_row(row, 0, &append_user(list, bucket_key)->workspace);
	db_end(row);
	if (list->count > linked)
		qsort(list->items, list->count, sizeof(*list->items), by_workspace);
	return rc;
}

static int
add_usages(struct db *db, const char *bucket_key, struct user_list *list, struct err *err)
{
	struct db_row *row = db_bind(db, ST_USAGES_OF_BUCKET, "t", bucket_key);
	int rc;

	while ((rc = db_step(row, err)) == 1) {
		struct user *user = user_with(list, list->count, db_text(row, 18));

		if (user != NULL)
			append_usage(&user->use.usages, read_usage(row));
	}
	db_end(row);
	return rc;
}

int
users_of_bucket(struct db *db, const char *bucket_key, struct user_list *list, struct err *err)
{
	*list = (struct user_list){0};
	if (read_linked(db, bucket_key, list, err) != 0 ||
	    read_using(db, bucket_key, list, err) != 0)
		return -1;
	return add_usages(db, bucket_key, list, err);
}

static struct user *
user_of(struct user_list *list, const char *bucket_key)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].use.bucket_key, bucket_key) == 0)
			return &list->items[i];
	return append_user(list, bucket_key);
}

int
users_of_workspace(struct db *db, const char *workspace_key, struct user_list *list,
                   struct err *err)
{
	struct db_row *row = db_bind(db, ST_LINKS_OF_WORKSPACE, "t", workspace_key);
	int rc;

	*list = (struct user_list){0};
	while ((rc = db_step(row, err)) == 1) {
		struct user *user = append_user(list, db_text(row, 0));

		user->use.linked = true;
		user->use.channel = mem_str(db_text(row, 1));
		user->use.linked_at = db_int(row, 2);
	}
	db_end(row);
	if (rc < 0)
		return -1;
	row = db_bind(db, ST_USAGES_OF_WORKSPACE, "t", workspace_key);
	while ((rc = db_step(row, err)) == 1)
		if (db_text(row, 1)[0] != '\0')
			append_usage(&user_of(list, db_text(row, 1))->use.usages, read_usage(row));
	db_end(row);
	return rc;
}

static int
read_usages(struct db_row *row, struct usage_list *list, struct err *err)
{
	int rc;

	*list = (struct usage_list){0};
	while ((rc = db_step(row, err)) == 1)
		append_usage(list, read_usage(row));
	db_end(row);
	return rc;
}

int
usages_of(struct db *db, const char *workspace_key, struct usage_list *list, struct err *err)
{
	return read_usages(db_bind(db, ST_USAGES_OF_WORKSPACE, "t", workspace_key), list, err);
}

int
usages_put(struct db *db, const char *workspace_key, const struct usage *u, struct err *err)
{
	char *identifier_key = image_id_key(u->external_identifier);
	int64_t n = db_run(db, err, ST_USAGE_PUT, "tttttttittttttttiiii", workspace_key, u->run,
	                   u->bucket_key, u->fingerprint, u->external_identifier, identifier_key,
	                   evidence_names[u->evidence], (int64_t)u->certain,
	                   usage_basis_names[u->basis], u->channel, u->version, u->platform,
	                   u->region, u->provider, u->type, u->address, u->instances,
	                   (int64_t)u->fresh, u->seen_at, (int64_t)u->pinned);

	free(identifier_key);
	return n < 0 ? -1 : 0;
}

int
usages_drop(struct db *db, const char *workspace_key, const struct usage *u, struct err *err)
{
	int64_t n = db_run(db, err, ST_USAGE_DROP, "ttttt", workspace_key, u->run, u->bucket_key,
	                   u->fingerprint, u->external_identifier);

	return n < 0 ? -1 : 0;
}

int
usages_doubt(struct db *db, const char *workspace_key, const struct usage *u, struct err *err)
{
	int64_t n = db_run(db, err, ST_USAGE_DOUBT, "ttttt", workspace_key, u->run, u->bucket_key,
	                   u->fingerprint, u->external_identifier);

	return n < 0 ? -1 : 0;
}

/* A statement that takes these alone, and answers nothing. */
static int
run_of(struct db *db, enum statement which, const char *workspace_key, const char *run,
       struct err *err)
{
	return db_run(db, err, which, "tt", workspace_key, run) < 0 ? -1 : 0;
}

static int
run_until(struct db *db, enum statement which, const char *workspace_key, int64_t until,
          struct err *err)
{
	return db_run(db, err, which, "ti", workspace_key, until) < 0 ? -1 : 0;
}

int
usages_drop_run(struct db *db, const char *workspace_key, const char *run, struct err *err)
{
	return run_of(db, ST_USAGES_DROP_RUN, workspace_key, run, err);
}

int
usages_drop_planned(struct db *db, const char *workspace_key, int64_t created_until,
                    struct err *err)
{
	return run_until(db, ST_USAGES_DROP_PLANNED, workspace_key, created_until, err);
}

int
usages_doubt_planned(struct db *db, const char *workspace_key, int64_t created_until,
                     struct err *err)
{
	return run_until(db, ST_USAGES_DOUBT_PLANNED, workspace_key, created_until, err);
}

int
usages_undo_run(struct db *db, const char *workspace_key, const char *run, struct err *err)
{
	if (run_of(db, ST_USAGES_UNDO, workspace_key, run, err) != 0)
		return -1;
	return usages_drop_run(db, workspace_key, run, err);
}

int
usages_undone(struct db *db, const char *workspace_key, const char *run, struct usage_list *list,
              struct err *err)
{
	return read_usages(db_bind(db, ST_USAGES_UNDONE, "tt", workspace_key, run), list, err);
}

int
usages_forget_undone(struct db *db, const char *workspace_key, struct err *err)
{
	return db_run(db, err, ST_USAGES_FORGET_UNDONE, "t", workspace_key) < 0 ? -1 : 0;
}

int
usages_ended(struct db *db, const char *workspace_key, const struct usage *u, int64_t until,
             struct err *err)
{
	if (u->bucket_key[0] == '\0' || u->fingerprint[0] == '\0')
		return 0;
	return db_run(db, err, ST_FORMER_USAGE_PUT, "tttitt", workspace_key, u->bucket_key,
	              u->fingerprint, until, evidence_names[u->evidence], u->channel) < 0
	               ? -1
	               : 0;
}

int
usages_former(struct db *db, const char *workspace_key, const struct image *image, int64_t since,
              struct former_usage *out, struct err *err)
{
	struct db_row *row = db_bind(db, ST_FORMER_USAGE, "ttti", workspace_key, image->bucket_key,
	                             image->fingerprint, since);
	int rc = db_step(row, err);

	*out = (struct former_usage){.channel = NULL};
	if (rc == 1) {
		int evidence = name_index(evidence_names, EVIDENCE_STATE + 1, db_text(row, 0));

		out->evidence = evidence >= 0 ? (enum evidence)evidence : EVIDENCE_PLAN;
		out->channel = mem_str(db_text(row, 1));
	}
	db_end(row);
	return rc;
}

static int
read_keys(struct db_row *row, struct workspace_keys *list, struct err *err)
{
	int rc;

	*list = (struct workspace_keys){0};
	while ((rc = db_step(row, err)) == 1) {
		list->items = mem_grow(list->items, list->count + 1, sizeof(*list->items));
		list->items[list->count++] = mem_str(db_text(row, 0));
	}
	db_end(row);
	return rc;
}

int
usages_unresolved(struct db *db, const char *external_identifier, struct workspace_keys *list,
                  struct err *err)
{
	char *key = image_id_key(external_identifier);
	int rc = read_keys(db_bind(db, ST_USAGES_UNRESOLVED, "t", key), list, err);

	free(key);
	return rc;
}

int
usages_in(struct db *db, const char *bucket_key, struct workspace_keys *list, struct err *err)
{
	return read_keys(db_bind(db, ST_USAGES_IN, "t", bucket_key), list, err);
}
