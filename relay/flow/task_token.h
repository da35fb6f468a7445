/*
 * task_token.h - the token that came with a run task, in clear for as long as it
 * takes to use it.
 */
#ifndef RELAY_FLOW_TASK_TOKEN_H
#define RELAY_FLOW_TASK_TOKEN_H

#include "relay/config/conf.h"
#include "relay/source/source.h"

/*
 * The token, and the options of the source whose key sealed it (borrowed from the
 * config): what it is used for goes by the rules of the source it came to.  NULL
 * when no source of now has that key.  The caller wipes and frees it.
 */
char *task_token_open(const struct conf *, const char *sealed,
                      const struct run_task_options **options);

/* May this token go to the host of this URL?  Why not, or NULL. */
const char *task_url_refusal(const struct run_task_options *, const char *url);

#endif
