/*
 * relay.h - the running relay: the rooms wired together, started, reloaded,
 * drained and stopped.
 *
 *	intake  ->  store (plan desk on its writer thread)  ->  deliver
 *
 * Loop thread only.
 */
#ifndef RELAY_FLOW_RELAY_H
#define RELAY_FLOW_RELAY_H

#include <jansson.h>
#include <stdbool.h>

#include "relay/base/err.h"
#include "relay/config/conf.h"
#include "relay/runtime/loop.h"
#include "relay/store/store.h"

struct relay;
struct templates;

/* Opens the store and the ingest listener and starts to deliver.  Takes a
 * reference of the config and the templates (flow/load.h). */
int relay_new(struct relay **, struct loop *, struct conf *, struct templates *,
              struct err *) MUST_CHECK;
/* Others from now on; resends nothing.  Takes references. */
void relay_reload(struct relay *, struct conf *, struct templates *);
/* Takes nothing new in, gives what is in flight at most 10 s, then calls done. */
void relay_drain(struct relay *, loop_fn *done, void *arg);
bool relay_draining(const struct relay *);
void relay_free(struct relay *);

struct conf *relay_conf(struct relay *); /* of now, borrowed */
struct store *relay_store(struct relay *);
const char *relay_ingest_address(const struct relay *);
json_t *relay_apis(struct relay *); /* how it is with them now, as apis_show() has it */
/* Something may be owed or to be planned: after a retry or a replay by hand. */
void relay_wake(struct relay *);

#endif
