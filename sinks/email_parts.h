/*
 * email_parts.h - what the files of email.h share, and nobody else.
 *
 *	email.c          keys, the sink's life
 *	email_check.c    what does not fit together in the options
 *	email_to.c       whom it goes to, and how that destination is called
 *	email_letter.c   a notification document as one mail
 *	email_batch.c    what waits, and the session under way
 *	email_judge.c    from the fates of recipients to the delivery's outcome
 */
#ifndef SINKS_EMAIL_PARTS_H
#define SINKS_EMAIL_PARTS_H

#include "relay/base/buf.h"
#include "relay/runtime/helper.h"
#include "sinks/email.h"
#include "sinks/mail_job.h"
#include "sinks/sink.h"

/* One delivery from send to done.  Nothing in it is borrowed from the message. */
struct email_delivery {
	struct email_delivery *next;
	struct buf data; /* the mail */
	size_t *owed;    /* whom it goes to: indices into email->to */
	size_t owed_count;
	json_t *before;       /* message.recipients; NULL */
	json_t *reference;    /* for the next mail of the thread */
	char *template_fault; /* NULL */
	bool plain;
	sink_done_fn *done;
	void *arg;
};

struct email_session {
	struct email_delivery *deliveries;
	struct mail_job job; /* letter i is that of the i-th delivery */
	struct helper *helper;
};

struct email {
	const struct sink_kind *kind;
	const struct sink_env *env;
	const struct email_options *options;
	struct key_texts to; /* those of options for this sink's team */
	char *host;
	int port;
	char *from_name, *from;                /* of options->from; the name may be NULL */
	struct email_delivery *waiting, **end; /* in their order */
	struct email_session *session;         /* NULL: none runs */
	struct email_delivery *answered;       /* everybody has, before: told soon */
	struct timer *tell_soon;               /* NULL: never was any */
};

/* ---- email_check.c ---- */

/* Of struct key_kind. */
void email_check(const void *options, const struct section *);
void email_check_team(const void *options, const char *team, const struct section *);
const char *email_needs_team(const void *options);
/* HOST:PORT or [V6]:PORT; the caller frees *host, which has no brackets. */
bool email_server_parse(const char *server, char **host, int *port);

/* ---- email_to.c ---- */

/* Those of the addresses that are whole for this team (NULL: nobody's); there
 * may be none.  email_to_fini() frees them. */
struct key_texts email_to(const struct email_options *, const char *team);
void email_to_fini(struct key_texts *);
bool email_per_team(const void *options);
/* sink_kind.destination */
char *email_destination(const void *options, const char *team);

/* ---- email_letter.c ---- */

/* Fills data, reference and template_fault.  Never fails: where a template
 * does, the mail is made of title, summary and URL. */
void email_letter(const struct email *, const struct message *, struct email_delivery *);

/* ---- email_batch.c ---- */

/* Takes the delivery; its done comes later. */
void email_queue(struct email *, struct email_delivery *);
/* Cancels and forgets everything. */
void email_queue_fini(struct email *);

/* ---- email_judge.c ---- */

/* Whom a delivery still goes to; see message.recipients.  Fills owed. */
void email_owed(const struct key_texts *to, struct email_delivery *);

struct email_verdict {
	enum outcome outcome;
	int code;
	bool unheard;
	bool told; /* somebody has the mail, or may have it */
	json_t *recipients;
	char *text;
};
/* fates: of the owed ones, in that order. */
void email_judge(const struct key_texts *to, const struct email_delivery *,
                 const struct mail_fate *fates, struct email_verdict *);
void email_verdict_fini(struct email_verdict *);

#endif
