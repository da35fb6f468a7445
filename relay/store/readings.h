/*
 * readings.h - plans and states that are to be read: what is owed to nobody
 * but our own knowledge.  As durable as deliveries: owed in the transaction
 * that finds it needed, claimed, and settled together with what was learnt.
 *
 * States: pending -> claimed -> done | pending (again, later).  Inside a
 * transaction of the caller, on the writer thread.
 */
#ifndef RELAY_STORE_READINGS_H
#define RELAY_STORE_READINGS_H

#include "relay/base/ulid.h"
#include "relay/store/db.h"

enum reading_kind {
	READING_PLAN,       /* of a run task, with the task's own token */
	READING_STATE,      /* the current state of a workspace, by API */
	READING_ASSESSMENT, /* what drifted and which checks failed, by API */
	READING_TASKS,      /* the results of a failed run's tasks, by API */
	READING_KIND_COUNT
};
extern const char *const reading_kind_names[]; /* ended by NULL */

struct owed_reading {
	char id[ID_SIZE];
	enum reading_kind kind;
	char *subject; /* task result, run or assessment id: one of a kind and subject is owed once */
	char *source; /* whose options and API access it needs */
	char *workspace_key;
	char *run_id; /* NULL where none is */
	int64_t run_created_at;
	char *event_id; /* whose sealed token it needs; NULL */
	char *url;      /* where to begin; NULL: the API's own place for it */
	int attempts;   /* this one included */
	int64_t created_at;
	int64_t until_at; /* then it is given up; always set */
	char *sealed;     /* the sealed token, when event_id has one; wiped by _fini */
};
void owed_reading_fini(struct owed_reading *);

/* Owes it, due at `due_at`; one of its kind and subject that is there already stays as it is. */
int readings_owe(struct db *, const struct owed_reading *, int64_t due_at, int64_t now_ms,
                 struct err *) MUST_CHECK;
/* Claims up to `slots` of a kind that are due, oldest first, and besides those whose
 * until_at has come: they are only to be given up.  `out` has `room` for all of them.
 * How many, or -1.  *next_at: when the next may be claimed, 0 = none waits. */
int readings_claim(struct db *, enum reading_kind, int slots, int room, int64_t now_ms,
                   struct owed_reading *out, int64_t *next_at, struct err *) MUST_CHECK;
int readings_again(struct db *, const char *id, int64_t due_at, const char *why,
                   struct err *) MUST_CHECK;
/* outcome, for people: READING_READ, or why it was not. */
#define READING_READ "read"
int readings_done(struct db *, const char *id, const char *outcome, struct err *) MUST_CHECK;
/* At start: what a killed relay was at is read again. */
int readings_release_all(struct db *, struct err *) MUST_CHECK;
/* What was tried in vain is due now: under another config it may go well. */
int readings_hurry(struct db *, int64_t now_ms, struct err *) MUST_CHECK;
/* Was the plan of this run read?  1, and when the run was created, as far as that was
 * told; 0, -1. */
int readings_of_run(struct db *, const char *workspace_key, const char *run_id, int64_t *created_at,
                    struct err *) MUST_CHECK;
/* Does a reading of this kind wait for this workspace, not yet begun?  Then it is
 * of this run, where that is newer than its own.  1, 0, -1. */
int readings_newer_run(struct db *, enum reading_kind, const char *workspace_key,
                       const char *run_id, int64_t run_created_at, struct err *) MUST_CHECK;
/* How many of a kind that a source owes are under way or due by then, or -1. */
int64_t readings_waiting(struct db *, enum reading_kind, const char *source, int64_t due_by,
                         struct err *);
/* How many of a kind are not done, or -1. */
int64_t readings_pending(struct db *, enum reading_kind, struct err *);

#endif
