/*
 * mail_judge.h - what SMTP's replies mean for a delivery (contract section 8),
 * the same for both transports.
 */
#ifndef SINKS_MAIL_JUDGE_H
#define SINKS_MAIL_JUDGE_H

#include "sinks/mail_dialog.h"
#include "sinks/mail_job.h"

/* What was heard of one letter. */
struct mail_heard {
	struct mail_reply mail;   /* to MAIL FROM */
	struct mail_reply *rcpts; /* to each RCPT TO, in order */
	bool *complete;           /* the library too takes this recipient for served */
	struct mail_reply end;    /* to DATA, or at the end of the message */
	bool handed_over;         /* the message was read to its end */
	bool authenticated;
	enum mail_step at; /* where the session was when nothing more was heard */
};
void mail_heard_init(struct mail_heard *, size_t recipients);
void mail_heard_fini(struct mail_heard *);

/* Before: result->session, where something stopped the session. */
void mail_judge(struct mail_result *, const struct mail_job *, size_t letter,
                const struct mail_heard *);

/* What a reply to a session's step, before any letter, or `what` happened when
 * there was none, makes of the session.  The first that is told stays. */
void mail_judge_session(struct mail_result *, enum mail_step, const struct mail_reply *);
void mail_stop_session(struct mail_result *, enum outcome, int code, const char *what);

#endif
