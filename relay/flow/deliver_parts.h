/*
 * deliver_parts.h - what the files of deliver.h share, and nobody else.
 *
 *	deliver.c     life, claims, the timer
 *	tidy.c        what a killed relay left, what moves with its sink, what is too old
 *	endpoints.c   destinations and their sinks; reloads
 *	sending.c     one claimed delivery on its way
 *	verdict.c     what an outcome means for the delivery and its destination
 *	settle.c      writing that down
 */
#ifndef RELAY_FLOW_DELIVER_PARTS_H
#define RELAY_FLOW_DELIVER_PARTS_H

#include "relay/base/lasting.h"
#include "relay/config/conf.h"
#include "relay/flow/deliver.h"
#include "relay/store/queue.h"
#include "relay/store/store.h"
#include "sinks/sink.h"
#include "sinks/task_callback.h"

/* The longest a send may take (mail: three sessions, two of others before its
 * own), and a minute.  For stores with several owners; ours has one. */
#define DELIVER_LEASE_MS (10 * MINUTE_MS)

/* One open sink.  Lives until its endpoint has another and its last message
 * is settled; the options it works with are the config's. */
struct outlet {
	const struct sink_kind *kind;
	struct sink *sink;
	struct sink_env env;
	struct conf *conf;           /* NULL for task callbacks */
	struct templates *templates; /* the same */
	int users;
};
struct deliver;
/* own: the options are of no config (task callbacks). */
struct outlet *outlet_new(const struct deliver *, const struct sink_kind *, const void *options,
                          const char *team, bool own);
void outlet_release(struct outlet *); /* NULL is fine */

/* One destination. */
struct endpoint {
	struct endpoint *next;
	char *destination;
	const struct sink_kind *kind;
	struct outlet *outlet; /* NULL: task callbacks, or no longer in the config */
	int in_flight;
	int64_t next_send_at; /* pace */
};

struct sending {
	struct sending *next, **link;
	struct deliver *deliver;
	struct endpoint *endpoint;
	struct outlet *outlet;
	struct claimed claimed;
	struct message message; /* borrows from claimed */
	char *bearer;           /* unsealed; wiped when sent */
	char *ca_file;          /* of the source that a task callback goes by; or NULL */
	int64_t started_at;
};

struct deliver {
	struct loop *loop;
	struct store *store;
	int64_t (*now_ms)(void);
	struct httpc *httpc;
	struct helpers *helpers;
	struct conf *conf;
	struct templates *templates;
	struct endpoint *endpoints;
	struct outlet *callbacks[2]; /* by allow_private */
	struct sending *sendings;    /* on their way */
	struct timer *due;           /* the next time something may be owed */
	struct timer *tick;          /* hourly: what is too old */
	struct timer *follow;        /* soon: what lost its sink on the way */
	struct timer *drained;
	loop_fn *drain_done;
	void *drain_arg;
	loop_fn *troubled; /* deliver_watch() */
	void *troubled_arg;
	int settling;
	bool ready; /* what a killed relay had in flight was put back */
	bool claiming, claim_again, draining;
	struct lasting unclaimed;
	int64_t counted_at; /* when the pending ones were counted last */
};

/* What was under way at a reload and has come back: it goes to where its sink
 * delivers now. */
void deliver_follow(struct deliver *);

/* Its two timers; frees nothing. */
void deliver_tidy_init(struct deliver *);
/* release: at the start, what was in flight is put back; nothing is claimed
 * before.  probe: blocked destinations are tried again. */
void deliver_tidy(struct deliver *, bool release, bool probe);

void endpoints_configure(struct deliver *);
void endpoints_free(struct deliver *);
struct endpoint *endpoint_named(const struct deliver *, const char *destination);
/* Also a new one for a task callback; NULL when the config has no such sink any more. */
struct endpoint *endpoint_for(struct deliver *, const char *destination);
bool endpoint_is_open(const struct endpoint *);           /* there is a sink to send by */
void endpoint_leave(struct deliver *, struct endpoint *); /* a slot is free again; may free it */

/* Takes the claimed delivery over. */
void sending_start(struct deliver *, struct claimed *);
void sending_free(struct sending *);

/* Takes the sending over.  No result: it was not tried, and is put back. */
void settle_submit(struct sending *, const struct sink_result *);

/*
 * The pure part: what an outcome means.  `random` is drawn by the caller, so
 * that the same answer always means the same.
 */
struct verdict_facts {
	const struct sink_kind *kind;
	enum outcome outcome;
	int64_t retry_after_ms;
	int attempts; /* this one included */
	bool plain;
	bool all_answered; /* several recipients, and each has taken or refused it for good */
	bool half_told;    /* several recipients, and one of them has it */
	bool serves;       /* the destination took something else in the same go */
	int64_t created_at, started_at, now_ms;
	uint32_t random;
};
struct verdict {
	enum settle settle;
	int64_t due_at;
};
/* Changes *state as the destination's lot. */
struct verdict verdict_of(const struct verdict_facts *, struct destination_state *state);

#endif
