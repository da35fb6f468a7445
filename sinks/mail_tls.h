/*
 * mail_tls.h - the TLS context that libesmtp is given, and why a handshake failed.
 *
 * OpenSSL verifies the certificate against the name that was configured, and
 * sends that name (SNI).  libesmtp's own check takes the name from DNS, and its
 * own context is freed while it is still used.
 */
#ifndef SINKS_MAIL_TLS_H
#define SINKS_MAIL_TLS_H

#include <openssl/ssl.h>

#include "relay/base/err.h"
#include "sinks/mail_job.h"

struct mail_tls {
	SSL_CTX *ctx;
	const char *host; /* borrowed */
	bool is_address;
	int verify_error; /* X509_V_*, of the handshake that failed */
	int alert;        /* fatal one that the server sent; 0 = none */
};

int mail_tls_open(struct mail_tls *, const struct mail_job *, struct err *) MUST_CHECK;
void mail_tls_close(struct mail_tls *);

/* After a handshake that failed: is it for people to mend, or an outage? */
enum outcome mail_tls_fault(const struct mail_tls *, struct err *why);

#endif
