/*
 * sink.h - kinds of destinations, as rows of a table.
 *
 * A sink turns a notification document into one request and says what became
 * of it.  It cannot reach the store or the scheduler: retries, pauses and
 * order are theirs.  Adding one = a file, a row in sink.c, templates, tests.
 */
#ifndef SINKS_SINK_H
#define SINKS_SINK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/base/err.h"
#include "relay/config/key.h"
#include "relay/runtime/httpc.h"

/* Contract section 8, in the order of how bad it is. */
enum outcome {
	OUTCOME_SENT,
	OUTCOME_RETRY,    /* the other side is slow, down, or asks to wait */
	OUTCOME_REJECTED, /* this message will never be taken as it is */
	OUTCOME_BLOCKED   /* nothing will be taken until somebody mends something */
};
extern const char *const outcome_names[];

struct sink_result {
	enum outcome outcome;
	int code;               /* HTTP status or SMTP code; 0 = none came */
	int64_t retry_after_ms; /* from Retry-After; 0 = not said.  Pauses the whole destination */
	int64_t elapsed_ms;
	bool unheard;     /* no answer came, but it may have been taken */
	bool serves;      /* RETRY, but others were served in the same session */
	const char *text; /* for people; never a secret; borrowed during done */
	/* Which template failed and why: the built-in message went out instead; or NULL. */
	const char *template_fault;
	/*
	 * Where one delivery has several recipients: what became of each so far,
	 * [{"address", "state", "code", "text"}], state sent | retry | rejected.
	 * Handed in again with the next attempt.  NULL for all other kinds.
	 * outcome is then RETRY while anybody is still owed, else REJECTED when
	 * anybody was refused, else SENT.  Borrowed during done.
	 */
	const json_t *recipients;
	/* What the next message of this notification to this destination needs to
	 * know of this one (the mail to thread under, the message to edit); NULL = what
	 * was known stays.  Where messages are edited also of one that was not sent
	 * whole: the next attempt goes on from there. */
	const json_t *reference;
};

/* One delivery.  Borrowed until done. */
struct message {
	const char *id; /* of the notification */
	int64_t revision;
	const json_t *document; /* contract section 7, reason filled in */
	bool plain;             /* the richer form was rejected: send plain text */
	/* Where messages are edited in place: this revision is also said anew, in
	 * the thread (contract section 8).  Elsewhere always true. */
	bool speaks;
	int64_t attempt_at_ms;    /* now, of this attempt */
	const json_t *recipients; /* of the attempt before; NULL at the first */
	const json_t *reference;  /* of the message before to this destination; NULL at the first */
	const char *target;       /* task_callback: the callback URL */
	const char *bearer;       /* task_callback: the token; never logged */
	const char *ca_file; /* task_callback: trust only these certificates; NULL = the system's */
};

typedef void sink_done_fn(const struct sink_result *, void *arg);

struct helpers;
struct templates;
struct sink_env { /* what a sink may use; outlives it */
	struct httpc *httpc;
	struct helpers *helpers;           /* relay/runtime/helper.h */
	const struct templates *templates; /* relay/message/templates.h */
};

#define SINK_SECRET "***"

struct sink; /* begins with `const struct sink_kind *kind` in every kind */
struct sink_kind {
	struct key_kind conf; /* name "slack", rows, size; for conf_load() */
	bool every_revision; /* a webhook gets every revision; the others only what contract 8 calls a new message */
	bool has_plain; /* a rejected message has a plain form */
	/* Messages of a sink with these options are edited in place: it gets every
	 * revision, and message.speaks.  NULL: never. */
	bool (*edits)(const void *options);
	/* What is put behind the name under its key `template` to make the files it is
	 * rendered with (templates.h), ended by NULL.  NULL for a kind without templates. */
	const char *const *template_endings; /* ".slack.json" */
	int slots;                           /* deliveries at once to one destination */
	/* Least time between two goes at one destination; 0 = none.  What comes due
	 * meanwhile goes together: so many at once, or as a digest. */
	int64_t pace_ms;
	/* With these options each team has a destination of its own (address.h).
	 * NULL: never. */
	bool (*per_team)(const void *options);
	/*
	 * The identity of the destination behind these options, for this team
	 * (NULL: where there is none): "slack " and the SHA-256 of what addresses
	 * it, so that neither a renamed sink nor a log tells the secret.  NULL when
	 * the address needs a team and there is none; all others do not look at
	 * the team.  Caller frees.  NULL for a kind no config may name.
	 */
	char *(*destination)(const void *options, const char *team);
	/* options are borrowed and outlive the sink; team is that of its destination. */
	int (*open)(struct sink **, const void *options, const char *team, const struct sink_env *,
	            struct err *);
	/* done: exactly once, never before send returns. */
	void (*send)(struct sink *, const struct message *, sink_done_fn *, void *arg);
	/*
	 * What send would send, for people to read; nothing is opened.  What is
	 * secret stands as SINK_SECRET.  fault is filled when the template failed
	 * and this is the built-in message.  *reference (NULL: nobody asks) gets a
	 * new one, as sink_result's had it been sent, with made-up names for what
	 * the other side gives; it stays NULL where there is none.  Caller frees.
	 * NULL for a kind that has no message of its own.
	 */
	char *(*show)(const void *options, const char *team, const struct templates *,
	              const struct message *, json_t **reference, struct err *fault);
	/* After the last done; or at the end, and cancels what is under way: its
	 * done is not called then. */
	void (*close)(struct sink *);
};

extern const struct sink_kind *const sink_kinds[]; /* those a config may name; ended by NULL */
extern const struct key_kind *const sink_conf_kinds[];
const struct sink_kind *sink_kind_named(const char *); /* also "task_callback" */

/* What an HTTP answer means by its status alone (contract section 8). */
enum outcome outcome_of_response(const struct httpc_response *);

#endif
