/*
 * usage.h - does this workspace run this image?
 *
 * A plan or a state names the image: a usage.  Evidence by rule names a bucket
 * and a channel, not a version.  Which version that was follows from two
 * histories: what the channel held, and when the workspace's last applied run
 * was created and ended (contract 6, "Who is affected").
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

/* An applied run of a workspace: created and ended; 0, 0 when none was seen. */
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

/* What tells of a usage. */
enum usage_basis {
	USAGE_BY_RESOURCE, /* an instance's own image */
	USAGE_BY_DATA,     /* a data source of HCP Packer that no known instance is tied to */
	USAGE_BY_DEFERRED  /* one that is read only while applying: its version is not known */
};
extern const char *const usage_basis_names[]; /* "resource", ...; ended by NULL */

/* Where a run's id stands: what the data sources of a plan say that failed, until
 * the next plan. */
#define USAGE_RUN_ERRORED "errored"

/* What a plan or a state says that a workspace runs, or will.  Text is owned. */
struct usage {
	char *run;                 /* "": it runs; else the run that plans it, while that goes on */
	char *bucket_key;          /* "": no bucket is known that has it */
	char *fingerprint;         /* "": which version is not known */
	char *external_identifier; /* "": none is known */
	enum evidence evidence;
	/* false: it may be so or not, because a run broke off while it was applying, or
	 * because the end of an earlier one was not heard */
	bool certain;
	enum usage_basis basis;
	char *channel, *version, *platform, *region;
	bool pinned; /* the configuration names the version itself, and no channel */
	char *provider, *type, *address; /* of the first of the instances, or the data source */
	int64_t instances;
	bool fresh; /* planned, and an instance is created or replaced to run it */
	int64_t seen_at;
};
void usage_fini(struct usage *);
bool usage_is_current(const struct usage *);

struct usage_list {
	struct usage *items;
	size_t count;
};
void usage_list_fini(struct usage_list *);
/* Is an image among what runs that no bucket is known to have? */
bool usage_list_has_gaps(const struct usage_list *);

/* How well it is known what a workspace runs. */
struct exact {
	/* What the runs did that were created until then is known; 0: nothing is. */
	int64_t as_of;
	bool gaps;    /* it has images that no bucket is known to have */
	bool partial; /* what was read was too large to be read whole */
};

/*
 * As of a run that was applied, and as of one that is only planned.  By the second: a
 * run task tells when a run was created with its milliseconds, a notification of the
 * same run without (reference, hcp-terraform.md 1 and 4.1).
 */
int64_t exact_with(int64_t run_created_at);
int64_t exact_before(int64_t run_created_at);
/* Is what was read still what it runs?  Not after a later apply. */
bool exact_holds(struct exact, struct applied);
/* Is this usage still what was read?  What is planned is. */
bool usage_holds(const struct usage *, struct applied, struct exact);

/* One bucket, as far as a workspace has to do with it.  Text is owned. */
struct bucket_use {
	char *bucket_key;
	bool linked;   /* by a rule */
	char *channel; /* the rule's; NULL = any */
	int64_t linked_at;
	struct usage_list usages;
};
void bucket_use_fini(struct bucket_use *);

struct usage_found {
	bool known; /* certainty */
	enum evidence evidence;
	const char *channel; /* borrowed from the bucket_use; NULL = any */
	bool planned;        /* by the plan of a run that goes on or broke off: it will, or would */
};

/*
 * Does a workspace whose last applied run this was run the image, and how do
 * we know?  What is known as of the last applied run overrules the rule, but for
 * images that no bucket is known to have: one of those may be the bucket's.  After
 * a later run of which nothing was read the rule counts again; where there is none,
 * what was known before may still be so.
 */
bool usage_judge(const struct bucket_use *, const struct history *, struct applied, struct exact,
                 const struct image *, int64_t now_ms, struct usage_found *out);

/* Does this usage of it count?  What is planned does in any case; what it runs while
 * that is known, and where nothing else tells of it; and what a run that broke off may
 * have left, until the next apply. */
bool usage_counts(const struct bucket_use *, const struct usage *, struct applied, struct exact);
/* Does the rule? */
bool usage_by_rule(const struct bucket_use *, struct applied, struct exact);

/* Does it follow this channel: by a usage of its own, or else by the rule? */
bool usage_follows(const struct bucket_use *, struct applied, struct exact, const char *channel);
/* The same, of what it has from this channel, or from no channel that is known. */
bool usage_judge_on(const struct bucket_use *, const char *channel, const struct history *,
                    struct applied, struct exact, const struct image *, int64_t now_ms,
                    struct usage_found *out);

/* Applied runs of one workspace, the first to end first. */
struct applied_list {
	struct applied *items;
	size_t count;
};

/*
 * By rule: may it have run the image at some moment since then?  `heard_at` is
 * when it was first heard of: until its first applied run it may have run every
 * version there was.
 */
bool usage_was_possible(const struct history *, const char *channel, const struct applied_list *,
                        int64_t heard_at, const struct image *, int64_t since);

#endif
