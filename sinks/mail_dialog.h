/*
 * mail_dialog.h - who said what in an SMTP session, from the bytes that both
 * libraries let us see.
 *
 * Neither of them reports what became of each command, so this keeps the last
 * reply to each step.  Nothing that the client sent is kept but the verb: what
 * follows AUTH is the password.
 */
#ifndef SINKS_MAIL_DIALOG_H
#define SINKS_MAIL_DIALOG_H

#include <stdbool.h>
#include <stddef.h>

#define MAIL_REPLY_MAX 400

enum mail_step {
	STEP_GREETING, /* nothing sent yet */
	STEP_HELLO,
	STEP_STARTTLS,
	STEP_AUTH,
	STEP_MAIL,
	STEP_RCPT,
	STEP_DATA, /* DATA or BDAT */
	STEP_BODY, /* after the 354: what comes now is about the message */
	STEP_RSET,
	STEP_QUIT,
	STEP_COUNT
};
extern const char *const mail_step_names[STEP_COUNT];

struct mail_reply {
	int code; /* 0: none, or none that is SMTP */
	char text[MAIL_REPLY_MAX];
};

struct mail_dialog {
	enum mail_step step;
	bool answered;                      /* the step has its last reply */
	struct mail_reply said[STEP_COUNT]; /* the last whole one of each */
	/* More came in one piece with the reply to STARTTLS: bytes that nobody
	 * has signed, forged to be taken for what is said inside TLS. */
	bool surplus;
	/* Called for each whole reply; may be NULL. */
	void (*on_reply)(const struct mail_dialog *, void *arg);
	void *arg;

	struct mail_reply reply; /* being read */
	char line[MAIL_REPLY_MAX];
	size_t line_len;
};

/* A new connection: nothing was said. */
void mail_dialog_reset(struct mail_dialog *);
void mail_dialog_sent(struct mail_dialog *, const char *, size_t);
void mail_dialog_heard(struct mail_dialog *, const char *, size_t);

/* AUTH was asked for and refused, by the last of the mechanisms tried. */
bool mail_dialog_auth_refused(const struct mail_dialog *);
bool mail_dialog_authenticated(const struct mail_dialog *);

#endif
