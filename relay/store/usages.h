/*
 * usages.h - which workspace runs which image: by rule (links), and by plan and
 * state (usages).  Inside a transaction of the caller.
 *
 * A usage of run "" is what the workspace runs as far as is known; one of a run
 * is what that will make of it, and waits for the run's end.
 */
#ifndef RELAY_STORE_USAGES_H
#define RELAY_STORE_USAGES_H

#include "relay/model/usage.h"
#include "relay/model/workspace.h"
#include "relay/store/db.h"

/* A workspace and a bucket that have to do with each other, by rule or by usage. */
struct user {
	struct workspace workspace; /* zeroed where one workspace was asked for */
	struct bucket_use use;
};
struct user_list {
	struct user *items;
	size_t count;
};
void user_list_fini(struct user_list *);

/* All of a bucket, by workspace; all of a workspace, by bucket. */
int users_of_bucket(struct db *, const char *bucket_key, struct user_list *,
                    struct err *) MUST_CHECK;
int users_of_workspace(struct db *, const char *workspace_key, struct user_list *,
                       struct err *) MUST_CHECK;

/* All usages of a workspace, those of no known bucket included. */
int usages_of(struct db *, const char *workspace_key, struct usage_list *, struct err *) MUST_CHECK;
/* The same usage again adds nothing: the better evidence and the newer words of it are kept,
 * and when it was first seen. */
int usages_put(struct db *, const char *workspace_key, const struct usage *,
               struct err *) MUST_CHECK;
int usages_drop(struct db *, const char *workspace_key, const struct usage *,
                struct err *) MUST_CHECK;
/* It may be so, or not. */
int usages_doubt(struct db *, const char *workspace_key, const struct usage *,
                 struct err *) MUST_CHECK;
int usages_drop_run(struct db *, const char *workspace_key, const char *run,
                    struct err *) MUST_CHECK;
/* What runs plan that were created until then, and what an errored plan says: it is over,
 * or may have been applied or not. */
int usages_drop_planned(struct db *, const char *workspace_key, int64_t created_until,
                        struct err *) MUST_CHECK;
int usages_doubt_planned(struct db *, const char *workspace_key, int64_t created_until,
                         struct err *) MUST_CHECK;
/* What a run planned that ended, and was not heard to apply any of it: that may be heard
 * late, so it is kept apart, and counts nowhere. */
int usages_undo_run(struct db *, const char *workspace_key, const char *run,
                    struct err *) MUST_CHECK;
int usages_undone(struct db *, const char *workspace_key, const char *run, struct usage_list *,
                  struct err *) MUST_CHECK;
int usages_forget_undone(struct db *, const char *workspace_key, struct err *) MUST_CHECK;
/* It ran the image of this usage until then: for who is told late of its revocation. */
int usages_ended(struct db *, const char *workspace_key, const struct usage *, int64_t until,
                 struct err *) MUST_CHECK;
/* Did it run this image, and stopped after `since`?  1, 0, -1. */
struct former_usage {
	enum evidence evidence;
	char *channel; /* free() it */
};
int usages_former(struct db *, const char *workspace_key, const struct image *, int64_t since,
                  struct former_usage *out, struct err *) MUST_CHECK;
/* Their keys. */
struct workspace_keys {
	char **items;
	size_t count;
};
void workspace_keys_fini(struct workspace_keys *);
/* Workspaces with usages of this artifact of which the version is not known. */
int usages_unresolved(struct db *, const char *external_identifier, struct workspace_keys *,
                      struct err *) MUST_CHECK;
/* Workspaces with usages of this bucket. */
int usages_in(struct db *, const char *bucket_key, struct workspace_keys *,
              struct err *) MUST_CHECK;

#endif
