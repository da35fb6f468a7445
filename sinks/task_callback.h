/*
 * task_callback.h - the answer to a run task (HCP Terraform, "Run tasks
 * integration", "Run task callback").  No config names it: the relay opens it
 * by itself, and every message brings its own URL (target) and token (bearer).
 *
 * The token is good for one run only, so no refusal says anything about the
 * host: nothing is ever BLOCKED here.
 */
#ifndef SINKS_TASK_CALLBACK_H
#define SINKS_TASK_CALLBACK_H

#include <stdbool.h>

/* A destination is this and the host: "task_callback app.terraform.io". */
#define TASK_CALLBACK_DESTINATION "task_callback "

struct task_callback_options {
	bool allow_private; /* of the source that the run task came to */
};

#endif
