/*
 * mail_job.h - what goes to a mail helper and what comes back, as JSON.
 *
 * One job is one SMTP session with up to MAIL_BATCH_MAX mails.
 */
#ifndef SINKS_MAIL_JOB_H
#define SINKS_MAIL_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/base/buf.h"
#include "relay/base/err.h"
#include "sinks/sink.h"

#define MAIL_BATCH_MAX 20
#define MAIL_RECIPIENTS_MAX 100
/* The whole session; the helper is killed then. */
#define MAIL_DEADLINE_MS (180 * INT64_C(1000))

enum mail_security { MAIL_STARTTLS, MAIL_TLS, MAIL_NONE };
enum mail_auth { MAIL_AUTH_PASSWORD, MAIL_AUTH_XOAUTH2 };

struct mail_letter {
	char *data; /* a whole message (mail_message.h) */
	size_t len;
	char **to;
	size_t to_count;
};

struct mail_job {
	char *host; /* a name, or an address; v6 without brackets */
	int port;
	int security; /* enum mail_security */
	int auth;     /* enum mail_auth */
	bool tls13;   /* nothing below TLS 1.3 */
	/* NULL where not given; hello: the EHLO name. */
	char *username, *password, *ca_file, *hello;
	char *sender;       /* reverse path */
	int64_t timeout_ms; /* of one reply; 0 = by RFC 5321's steps, shortened */
	/* When the helper itself cuts the session short, so that what is known by
	 * then is told; 0 = 10 s before MAIL_DEADLINE_MS. */
	int64_t session_ms;
	struct mail_letter *letters;
	size_t letter_count;
};
/* Appends.  The password is in it: the caller wipes the buffer when it is done. */
void mail_job_write(const struct mail_job *, struct buf *);
/* Strict: whatever could end a line of SMTP early is refused here.  Nothing is
 * left in it when it fails. */
int mail_job_read(struct mail_job *, const char *, size_t len, struct err *) MUST_CHECK;
void mail_job_fini(struct mail_job *); /* wipes the password */

/* What became of one recipient, or, with no recipient, of a whole session. */
struct mail_fate {
	enum outcome outcome;
	int code;     /* SMTP reply; 0 = none came */
	bool unheard; /* the message was handed over whole, but no answer came */
	bool content; /* the message itself was refused, not the recipient */
	char *text;   /* for people, never a secret */
};

struct mail_result {
	/* What stopped the session, where something did; else outcome SENT.  Fates
	 * of recipients that nothing was heard of are this one. */
	struct mail_fate session;
	struct mail_fate **fates; /* [letter][recipient], as in the job */
	size_t letter_count;
	size_t *to_counts;
};
void mail_result_init(struct mail_result *, const struct mail_job *); /* all RETRY, code 0 */
void mail_result_write(const struct mail_result *, struct buf *);
/* As strict: only what fits the job.  Nothing is left in it when it fails. */
int mail_result_read(struct mail_result *, const char *, size_t len, const struct mail_job *,
                     struct err *) MUST_CHECK;
void mail_result_fini(struct mail_result *);
/* The text is copied as one line of UTF-8, whatever it was; NULL is fine. */
void mail_fate_set(struct mail_fate *, enum outcome, int code, const char *text);

#endif
