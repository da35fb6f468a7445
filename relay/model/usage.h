/*
 * usage.h - may this workspace run this image?
 *
 * Evidence by rule names a bucket and a channel, not a version.  Which version
 * follows from two histories: what the channel held, and when the workspace's
 * last applied run was created and ended (contract 6, "Who is affected").
 */
#ifndef RELAY_MODEL_USAGE_H
#define RELAY_MODEL_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/model/image.h"

/* One `assign` as seen.  Text is owned by the history. */
struct assignment {
	char *channel;
	int64_t at;
	char *fingerprint, *version;                   /* NULL: unassigned */
	char *previous_fingerprint, *previous_version; /* NULL: nothing was there before */
	bool managed;                                  /* `latest`: assigned by HCP at each build */
};

/* All assignments of one bucket, sorted by channel, then time, then arrival. */
struct history {
	struct assignment *items;
	size_t count;
};

void history_fini(struct history *);
/* Is it its channel's newest? */
bool history_is_current(const struct history *, const struct assignment *);
/* The newest assignment of a channel, or NULL. */
const struct assignment *history_current(const struct history *, const char *channel);

/* The last applied run of a workspace: created and ended; 0, 0 when none was seen. */
struct applied {
	int64_t from, to;
};

/*
 * By rule: was the image on the channel (NULL = any) at some moment between
 * the run's creation and end?  Where the channel's past is not known, or no
 * applied run was seen, every version completed before then may be it.
 */
bool usage_possible(const struct history *, const char *channel, struct applied,
                    const struct image *, int64_t now_ms);

/* The channel a workspace follows by its rule: the rule's, or `production`. */
const char *usage_followed_channel(const char *rule_channel);

#endif
