/*
 * email.h - mail to one list of recipients.
 *
 * Mails that wait while a session runs go together in the next one, so a
 * burst reuses sessions and needs no timer.  Every recipient has an outcome
 * of its own; a retry goes only to those that are still owed.
 */
#ifndef SINKS_EMAIL_H
#define SINKS_EMAIL_H

#include "relay/config/key.h"

struct email_options {
	char *server;           /* HOST:PORT */
	int security;           /* enum mail_security */
	int auth;               /* enum mail_auth */
	int tls_min;            /* 0: 1.2, 1: 1.3 */
	char *username;         /* NULL */
	struct secret password; /* or the access token */
	char *ca_file;          /* NULL: the system's */
	char *from;             /* "Name <address>" */
	struct key_texts to;    /* may name the team: address.h */
	char *sender;           /* reverse path; NULL: from's address */
	char *reply_to;         /* NULL */
	char *hello;            /* EHLO name; NULL: from's domain */
	char *list_id;          /* NULL: driftbell. and from's domain */
	char *template;         /* default "notification" */
};

#endif
