/*
 * silences.h - silences that people made through the API, and which
 * deliveries are held by one.
 *
 * A held delivery is pending like any other and due when the silence ends:
 * `held_until` and `held_by` say why, so that it can be let go when the silence
 * is taken back.  All functions run inside a transaction of the caller, on the
 * writer thread; the list also on a reader.
 */
#ifndef RELAY_STORE_SILENCES_H
#define RELAY_STORE_SILENCES_H

#include "relay/base/ulid.h"
#include "relay/config/silence.h"
#include "relay/store/db.h"

#define SILENCES_MAX 1000 /* that are not over */

struct stored_silence {
	char id[ID_SIZE];
	struct silence_form form;
	int64_t created_at;
};
struct stored_silence_list {
	struct stored_silence *items;
	size_t count;
};
void stored_silence_list_fini(struct stored_silence_list *);

/* Those that were not over at `since`, oldest first. */
int silences_load(struct db *, int64_t since, struct stored_silence_list *,
                  struct err *) MUST_CHECK;
/* Which ones there are: another mark where any was added or is gone, for none is ever
 * changed and ids only grow. */
struct silences_mark {
	int64_t count;
	char last[ID_SIZE];
};
int silences_mark(struct db *, struct silences_mark *, struct err *) MUST_CHECK;
/* 1: added, with id, created_at and starts_at filled in; 0: there are as many as there may be; -1. */
int silences_add(struct db *, struct stored_silence *, int64_t now_ms, struct err *) MUST_CHECK;
/* 1: gone; 0: there is no such; -1. */
int silences_drop(struct db *, const char *id, struct err *) MUST_CHECK;

/* The ids of incidents with anything owed, or only those with anything held,
 * in order: up to `limit` behind the id `after` ("": from the first).  free(*out).
 * How many, or -1. */
int64_t silences_owed(struct db *, bool held_only, const char *after, int limit,
                      char (**out)[ID_SIZE], struct err *) MUST_CHECK;
/* What is owed of this incident is held by that silence, or (until 0, by NULL)
 * not held; what waited for the end of another silence is due at `not_before`
 * where that is later.  What of it a digest carries that nobody can have had is
 * taken out.  1: that is new; 0: it was so; -1. */
int silences_hold(struct db *, const char *incident_id, int64_t until, const char *by,
                  int64_t not_before, int64_t now_ms, struct err *) MUST_CHECK;
/* Is anything of it held by just that silence until then?  1, 0, -1. */
int silences_holds(struct db *, const char *incident_id, int64_t until, const char *by,
                   struct err *) MUST_CHECK;

#endif
