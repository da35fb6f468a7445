/*
 * catalog.h - what is known of images and workspaces, and which workspace may
 * run which bucket's images.
 *
 * Getters answer 1 (found, *out is the caller's to x_fini), 0 (not known,
 * *out is zeroed) or -1.  All functions run inside a transaction of the
 * caller.  Links are the materialised usages by rule: made when either side
 * is first seen or the rules change, so that a revocation is a look-up.
 */
#ifndef RELAY_STORE_CATALOG_H
#define RELAY_STORE_CATALOG_H

#include "relay/model/image.h"
#include "relay/model/usage.h"
#include "relay/model/workspace.h"
#include "relay/store/db.h"

struct bucket {
	char *key, *organization_id, *project_id, *name;
};

struct bucket_list {
	struct bucket *items;
	size_t count;
};
void bucket_list_fini(struct bucket_list *);

struct image_list {
	struct image *items;
	size_t count;
};
void image_list_fini(struct image_list *);

/* A workspace that a rule links to a bucket. */
struct link {
	struct workspace workspace;
	char *bucket_key;
	char *channel; /* the rule's; NULL = any */
};

struct link_list {
	struct link *items;
	size_t count;
};
void link_list_fini(struct link_list *);

/* 1: new; 0: known. */
int catalog_bucket_add(struct db *, const struct bucket *, const char *id, struct err *) MUST_CHECK;
int catalog_buckets(struct db *, struct bucket_list *, struct err *) MUST_CHECK;

int catalog_image(struct db *, const char *key, struct image *, struct err *) MUST_CHECK;
int catalog_image_put(struct db *, const struct image *, struct err *) MUST_CHECK;
int catalog_images_of(struct db *, const char *bucket_key, struct image_list *,
                      struct err *) MUST_CHECK;
/* Those revoked, scheduled to be, or deleted. */
int catalog_withdrawn_of(struct db *, const char *bucket_key, struct image_list *,
                         struct err *) MUST_CHECK;
/* All that inherited its revocation, also by way of others. */
int catalog_descendants(struct db *, const char *ancestor_key, struct image_list *,
                        struct err *) MUST_CHECK;
/* Those of this incident and of those it leads, with what inherited from them. */
int catalog_images_led(struct db *, const char *incident_id, struct image_list *,
                       struct err *) MUST_CHECK;
#define GENERATIONS_MAX 16 /* so that ancestors that name each other end too */
/* The key of the version whose revocation this one inherited, the first of
 * them all where that one inherited it too; its own when it is its own.  *key is
 * the caller's. */
int catalog_root(struct db *, const struct image *, char **key, struct err *) MUST_CHECK;
/* The newest version of that name; *fingerprint is the caller's. */
int catalog_fingerprint(struct db *, const char *bucket_key, const char *version,
                        char **fingerprint, struct err *) MUST_CHECK;

/* The same by HCP's version id. */
int catalog_fingerprint_of_id(struct db *, const char *bucket_key, const char *id,
                              char **fingerprint, struct err *) MUST_CHECK;
/* The only bucket of this name, of whichever organization or project where those are
 * NULL: 1, its key is the caller's; 0 none, or several; -1. */
int catalog_bucket_named(struct db *, const char *organization_id, const char *project_id,
                         const char *name, char **key, struct err *) MUST_CHECK;

/* `a->at` must be set; an assignment that is known already changes nothing. */
int catalog_assign(struct db *, const char *bucket_key, const char *event_id,
                   const struct assignment *a, struct err *) MUST_CHECK;
int catalog_history(struct db *, const char *bucket_key, struct history *, struct err *) MUST_CHECK;

/* By host and id, else by host, organization and name: a workspace first heard
 * of without its id is the same one when the id comes. */
int catalog_workspace_find(struct db *, const struct workspace_ref *, struct workspace *,
                           struct err *) MUST_CHECK;
int catalog_workspace(struct db *, const char *key, struct workspace *, struct err *) MUST_CHECK;
int catalog_workspace_put(struct db *, const struct workspace *, struct err *) MUST_CHECK;
/* Up to `limit` workspaces behind the key `after` ("" = from the first), as links without a bucket. */
int catalog_workspaces(struct db *, const char *after, int limit, struct link_list *,
                       struct err *) MUST_CHECK;

/* One that is there already gets the channel and keeps the time it was first seen. */
int catalog_link_add(struct db *, const char *workspace_key, const char *bucket_key,
                     const char *channel, int64_t now_ms, struct err *) MUST_CHECK;
int catalog_link_drop(struct db *, const char *workspace_key, const char *bucket_key,
                      struct err *) MUST_CHECK;
/* Their workspace members are empty. */
int catalog_links_of_workspace(struct db *, const char *workspace_key, struct link_list *,
                               struct err *) MUST_CHECK;

#endif
