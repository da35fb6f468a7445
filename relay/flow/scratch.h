/*
 * scratch.h - a private folder for a store that nobody keeps.
 *
 * Under $TMPDIR (else /tmp), mode 0700.  It goes with scratch_remove(), and
 * also when the process is ended by SIGINT, SIGTERM or SIGHUP before.  One at
 * a time; main thread.
 */
#ifndef RELAY_FLOW_SCRATCH_H
#define RELAY_FLOW_SCRATCH_H

#include "relay/base/err.h"

int scratch_make(struct err *) MUST_CHECK;
/* "sqlite:..." of a store in it; borrowed until it is removed. */
const char *scratch_store(void);
void scratch_remove(void); /* also without one */

#endif
