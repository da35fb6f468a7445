/*
 * usage_change.h - what one workspace is known to run, while a reading or the
 * end of a run changes it.  Writer thread, in the caller's transaction.
 */
#ifndef RELAY_FLOW_USAGE_CHANGE_H
#define RELAY_FLOW_USAGE_CHANGE_H

#include "relay/flow/plan.h"
#include "relay/model/usage.h"
#include "relay/model/workspace.h"

struct usage_change {
	struct plan *plan;
	struct workspace *workspace;
	struct usage_list before; /* all of it, when the change began */
};

/* The caller calls usage_change_fini() in each case. */
int usage_change_begin(struct usage_change *, struct plan *, struct workspace *,
                       struct err *) MUST_CHECK;
void usage_change_fini(struct usage_change *);

/* What the run of this id planned, as what runs now.  The items are borrowed: free()
 * the array. */
struct usage_list usage_change_planned(const struct usage_list *, const char *run_id);

/* Did it run this when the change began? */
bool usage_change_runs(const struct usage_change *, const struct usage *);

/* The channel that a plan gives what runs already is that of its own configuration,
 * which may be discarded: what a state or an apply told stands until it ends. */
void usage_change_keep_channels(const struct usage_change *, struct usage_list *now);

/*
 * `now` runs.  What did before and is not among it has ended at `until`, and is
 * remembered as what ran if that was certain.  With `instances` it tells of instances
 * alone: what no instance told of before stays, unless one of its bucket does now.
 */
int usage_change_current(struct usage_change *, const struct usage_list *now, bool instances,
                         int64_t until, struct err *) MUST_CHECK;
/* `planned` may run beside what did, and neither is certain; what is in both is. */
int usage_change_mixed(struct usage_change *, const struct usage_list *planned,
                       struct err *) MUST_CHECK;

/* Finds out whether it runs images that no bucket is known to have. */
int usage_change_gaps(struct usage_change *, struct err *) MUST_CHECK;

#endif
