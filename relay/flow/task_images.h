/*
 * task_images.h - the images that a run is about to run, with what is known of
 * them: the rows of message/words_task.h.  Writer thread, in the caller's
 * transaction.
 */
#ifndef RELAY_FLOW_TASK_IMAGES_H
#define RELAY_FLOW_TASK_IMAGES_H

#include "relay/flow/findings.h"
#include "relay/flow/plan.h"
#include "relay/hcp/reading.h"

struct task_images {
	json_t *rows;      /* owned */
	json_t *elsewhere; /* owned: {image id: null}, of those that no bucket is known to have */
	struct usage_list usages;
	struct findings findings; /* of a plan */
};
void task_images_init(struct task_images *);
void task_images_fini(struct task_images *);

/* What the plan that was read makes of the workspace.  What runs now and is
 * replaced by it is no fault of it, and is left out. */
int task_images_of_plan(struct plan *, const struct workspace *, const struct reading *,
                        struct task_images *, struct err *) MUST_CHECK;
/* What a run's plan made of the workspace when it was read; where none was, what
 * the workspace runs. */
int task_images_known(struct plan *, const char *workspace_key, const char *run_id,
                      struct task_images *, struct err *) MUST_CHECK;

#endif
