/*
 * mail_transport.h - one SMTP session, start to end, blocking: only ever called
 * in a helper process (runtime/helper.h), which is killed when it takes too long.
 *
 * libesmtp does submission with STARTTLS (or none).  What it cannot do goes
 * through libcurl: security tls (port 465), XOAUTH2, TLS 1.3.
 */
#ifndef SINKS_MAIL_TRANSPORT_H
#define SINKS_MAIL_TRANSPORT_H

#include "sinks/mail_job.h"

typedef void mail_transport_fn(const struct mail_job *, struct mail_result *);

mail_transport_fn mail_by_esmtp;
mail_transport_fn mail_by_curl;
mail_transport_fn *mail_transport_for(const struct mail_job *);

/* How long a session may take before a transport ends it itself. */
int64_t mail_session_ms(const struct mail_job *);

/* The helper's side of it all: helper_work_fn for helper_serve(). */
int mail_helper_work(char *job, size_t len, struct buf *answer, struct err *);

#endif
