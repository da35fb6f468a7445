/*
 * applies.h - all applied runs of a workspace, whichever was heard of first:
 * what it ran when.  Inside a transaction of the caller.
 */
#ifndef RELAY_STORE_APPLIES_H
#define RELAY_STORE_APPLIES_H

#include "relay/model/usage.h"
#include "relay/store/db.h"

int applies_add(struct db *, const char *workspace_key, struct applied, struct err *) MUST_CHECK;
/* free() its items. */
int applies_of(struct db *, const char *workspace_key, struct applied_list *,
               struct err *) MUST_CHECK;

#endif
