/*
 * acknowledge.h - somebody says "I know" of an open incident.
 *
 * Those told together with it are acknowledged with it.
 * Until the time given nobody is reminded of it, and every message says who
 * took it on and why.  What gets worse is still told.  When the time has come
 * those who were told hear that it has run out (remind.c).
 *
 * Inside a transaction of the caller, on the writer thread.
 */
#ifndef RELAY_FLOW_ACKNOWLEDGE_H
#define RELAY_FLOW_ACKNOWLEDGE_H

#include "relay/config/conf.h"
#include "relay/store/db.h"

struct acknowledgement {
	const char *by, *comment; /* comment: NULL where none */
	int64_t until;
};

enum ack { ACK_FAILED = -1, ACK_UNKNOWN, ACK_TAKEN, ACK_RESOLVED };

/* A later one takes the place of the one before; ACK_FAILED: the store did. */
enum ack acknowledge_incident(struct db *, const struct conf *, const char *incident_id,
                              const struct acknowledgement *, int64_t now_ms,
                              struct err *) MUST_CHECK;

#endif
