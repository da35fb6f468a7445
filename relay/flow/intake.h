/*
 * intake.h - the ingest listener: POST /hooks/SOURCE, answered as contract
 * section 4 says and in its order.
 *
 *	404, 405        which source, which method
 *	413, 431, 408   the listener's own (httpd_fault())
 *	401             the signature
 *	503             the store cannot take it now
 *	400             not JSON
 *	200             verified, duplicate, accepted
 *
 * "accepted" is said after the commit and never before.  Loop thread only.
 */
#ifndef RELAY_FLOW_INTAKE_H
#define RELAY_FLOW_INTAKE_H

#include "relay/base/err.h"
#include "relay/config/conf.h"
#include "relay/runtime/loop.h"
#include "relay/store/store.h"

struct intake;

/* Takes a reference of the config; loop and store outlive it. */
int intake_new(struct intake **, struct loop *, struct store *, struct conf *,
               struct err *) MUST_CHECK;
/* A reload: other sources and keys from the next request on.  The listener stays. */
void intake_configure(struct intake *, struct conf *);
const char *intake_address(const struct intake *);
/* Takes no new connections; what was read is still answered. */
void intake_drain(struct intake *);
bool intake_idle(const struct intake *); /* nothing is waiting for its answer */
void intake_free(struct intake *);       /* after store_close() and the last answer of its inbox */

#endif
