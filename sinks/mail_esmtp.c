/*
 * mail_esmtp.c - a session by libesmtp: submission with STARTTLS, or without TLS.
 *
 * The library says that nearly everything went well, has no total timeout, and
 * goes on without authentication after a password was refused.  So what it
 * sends and hears is followed (mail_dialog.h), the connection is cut where it
 * must not go on (mail_cut.h), and only replies are believed (mail_judge.h).
 */
#include <stddef.h>

#include <openssl/ssl.h>

/* In this order: libesmtp.h declares only what it has seen the types of. */
#include <auth-client.h>

#include <libesmtp.h>

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "sinks/mail_cut.h"
#include "sinks/mail_judge.h"
#include "sinks/mail_tls.h"
#include "sinks/mail_transport.h"

#define CONNECT_MS (10 * SECOND_MS) /* for each address */
#define QUIT_MS (2 * SECOND_MS)     /* the mails are settled by then */
#define TIMEOUT_LEAST_MS SECOND_MS  /* the library's own */

struct letter {
	const struct mail_letter *letter;
	smtp_message_t message;
	smtp_recipient_t *recipients;
	bool begun, ended; /* of reading it, by the library */
};

struct session {
	const struct mail_job *job;
	struct mail_result *result;
	smtp_session_t smtp;
	auth_context_t auth;
	struct mail_tls tls;
	struct mail_dialog dialog;
	struct letter *letters;
	int64_t ends_ms; /* monotonic */
	bool connected, secured, quitting;
	struct mail_reply auth_delayed; /* a mechanism that may work later: 4xx */
};

static const struct {
	int which;
	int64_t ms;
} timeouts[] = {
	{Timeout_GREETING, 20 * SECOND_MS}, {Timeout_ENVELOPE, 20 * SECOND_MS},
	{Timeout_DATA, 30 * SECOND_MS},     {Timeout_TRANSFER, 60 * SECOND_MS},
	{Timeout_DATA2, 120 * SECOND_MS},
};

/* The whole message in one piece, then the end; no len: from the beginning. */
static const char *
on_read(void **unused, int *len, void *arg)
{
	struct letter *l = arg;

	(void)unused;
	if (!len) {
		l->begun = l->ended = false;
		return NULL;
	}
	l->ended = l->begun;
	l->begun = true;
	*len = l->ended ? 0 : (int)l->letter->len;
	return l->ended ? NULL : l->letter->data;
}

static int
on_credentials(auth_client_request_t request, char **result, int fields, void *arg)
{
	const struct mail_job *job = arg;

	for (int i = 0; i < fields; i++)
		result[i] = request[i].flags & AUTH_PASS   ? job->password
		            : request[i].flags & AUTH_USER ? job->username
		                                           : NULL;
	return 1;
}

static void
quit_soon(struct session *s)
{
	s->quitting = true;
	mail_cut_in(QUIT_MS);
}

static bool
begins_with(const char *data, int len, const char *word)
{
	size_t n = strlen(word);

	return (size_t)len >= n && strncasecmp(data, word, n) == 0;
}

/* Before it is sent, and after it was read; not while a message is sent. */
static void
on_monitor(const char *data, int len, int writing, void *arg)
{
	struct session *s = arg;

	if (writing == SMTP_CB_WRITING) {
		/* It would now try without a name what needs one. */
		if (mail_dialog_auth_refused(&s->dialog) && !begins_with(data, len, "AUTH ") &&
		    !begins_with(data, len, "QUIT"))
			mail_cut_now();
		if (begins_with(data, len, "QUIT"))
			quit_soon(s);
		mail_dialog_sent(&s->dialog, data, (size_t)len);
	} else if (writing == SMTP_CB_READING) {
		mail_dialog_heard(&s->dialog, data, (size_t)len);
		if (s->dialog.surplus)
			mail_cut_now();
	}
}

static void
on_reply(const struct mail_dialog *dialog, void *arg)
{
	struct session *s = arg;

	if (dialog->step == STEP_AUTH && dialog->said[STEP_AUTH].code / 100 == 4)
		s->auth_delayed = dialog->said[STEP_AUTH];
}

static void
on_connected(struct session *s)
{
	s->connected = true;
	s->secured = s->quitting = false;
	mail_dialog_reset(&s->dialog);
	mail_cut_in(s->ends_ms - clock_mono_ms());
}

/* It takes the beginning of a line for a reply when the connection ends there:
 * that says nothing of what the server offers. */
static void
on_no_starttls(struct session *s)
{
	if (s->dialog.said[STEP_HELLO].code / 100 == 2)
		mail_stop_session(s->result, OUTCOME_BLOCKED, 0, "the server offers no STARTTLS");
}

static void
on_event(smtp_session_t smtp, int event, void *arg, ...)
{
	struct session *s = arg;
	const struct letter *last = &s->letters[s->job->letter_count - 1];
	va_list args;

	(void)smtp;
	va_start(args, arg);
	if (event == SMTP_EV_CONNECT)
		on_connected(s);
	else if (event == SMTP_EV_STARTTLS_OK)
		s->secured = true;
	else if (event == SMTP_EV_WRONG_PEER_CERTIFICATE)
		/* OpenSSL has checked the name that was configured. */
		*va_arg(args, int *) = 1;
	else if (event == SMTP_EV_EXTNA_STARTTLS)
		on_no_starttls(s);
	else if (event == SMTP_EV_WEAK_CIPHER || event == SMTP_EV_NO_PEER_CERTIFICATE)
		mail_stop_session(s->result, OUTCOME_BLOCKED, 0, "the server's TLS is too weak");
	else if (event == SMTP_EV_MESSAGESENT && va_arg(args, smtp_message_t) == last->message)
		quit_soon(s); /* with CHUNKING it is not shown to on_monitor() */
	va_end(args);
}

static void
set_timeouts(struct session *s)
{
	int64_t given = s->job->timeout_ms;

	for (size_t i = 0; i < COUNT(timeouts); i++) {
		int64_t ms = given ? given : timeouts[i].ms;
		if (ms < TIMEOUT_LEAST_MS)
			ms = TIMEOUT_LEAST_MS;
		smtp_set_timeout(s->smtp, timeouts[i].which | Timeout_OVERRIDE_RFC2822_MINIMUM,
		                 (long)ms);
	}
}

static void
add_letter(struct session *s, size_t i)
{
	struct letter *l = &s->letters[i];

	l->letter = &s->job->letters[i];
	l->message = smtp_add_message(s->smtp);
	l->recipients = mem_array(l->letter->to_count, sizeof(*l->recipients));
	if (!l->message)
		mem_die("out of memory");
	smtp_set_reverse_path(l->message, s->job->sender);
	smtp_set_messagecb(l->message, on_read, l);
	smtp_size_set_estimate(l->message, l->letter->len);
	for (size_t j = 0; j < l->letter->to_count; j++)
		l->recipients[j] = smtp_add_recipient(l->message, l->letter->to[j]);
}

static int
set_up(struct session *s, struct err *err)
{
	char *server = mem_fmt("%s:%d", s->job->host, s->job->port);

	s->smtp = smtp_create_session();
	if (!s->smtp)
		mem_die("out of memory");
	smtp_set_server(s->smtp, server);
	free(server);
	if (s->job->hello)
		smtp_set_hostname(s->smtp, s->job->hello);
	set_timeouts(s);
	smtp_set_eventcb(s->smtp, on_event, s);
	smtp_set_monitorcb(s->smtp, on_monitor, s, 0);
	if (s->job->username) {
		auth_client_init();
		s->auth = auth_create_context();
		auth_set_mechanism_flags(s->auth, AUTH_PLUGIN_PLAIN, 0);
		auth_set_interact_cb(s->auth, on_credentials, (void *)s->job);
		smtp_auth_set_context(s->smtp, s->auth);
	}
	for (size_t i = 0; i < s->job->letter_count; i++)
		add_letter(s, i);
	if (s->job->security == MAIL_NONE) {
		smtp_starttls_enable(s->smtp, Starttls_DISABLED);
		return 0;
	}
	if (mail_tls_open(&s->tls, s->job, err) < 0)
		return -1;
	smtp_starttls_enable(s->smtp, Starttls_REQUIRED);
	smtp_starttls_set_ctx(s->smtp, s->tls.ctx);
	return 0;
}

static void
judge_connection(struct session *s)
{
	char text[200] = "";
	struct err err = {0};

	smtp_strerror(smtp_errno(), text, sizeof(text));
	/* The last address had its time: the tick of mail_cut_tick(). */
	bool is_late = strcmp(text, strerror(EINTR)) == 0;
	err_set(&err, "no connection to %s: %s", s->job->host, is_late ? "no answer" : text);
	mail_stop_session(s->result, OUTCOME_RETRY, 0, err.text);
}

/* What kept it from coming to the letters. */
static void
judge_session(struct session *s)
{
	const struct mail_dialog *d = &s->dialog;
	struct err why = {0};

	if (!s->connected)
		judge_connection(s);
	if (d->surplus)
		mail_stop_session(s->result, OUTCOME_RETRY, 0,
		                  "the server said more than its reply to STARTTLS: not trusted");
	if (d->said[STEP_STARTTLS].code == 220 && !s->secured)
		mail_stop_session(s->result, mail_tls_fault(&s->tls, &why), 0, why.text);
	for (enum mail_step step = STEP_GREETING; step < STEP_AUTH; step++)
		if (d->said[step].code >= 400)
			mail_judge_session(s->result, step, &d->said[step]);
	if (s->auth_delayed.code && !mail_dialog_authenticated(d))
		mail_judge_session(s->result, STEP_AUTH, &s->auth_delayed);
	if (mail_dialog_auth_refused(d))
		mail_judge_session(s->result, STEP_AUTH, &d->said[STEP_AUTH]);
	if (mail_cut_done() && !s->quitting)
		mail_stop_session(s->result, OUTCOME_RETRY, 0, "the session took too long");
}

static void
take_status(struct mail_reply *reply, const smtp_status_t *status)
{
	char enhanced[40] = "";

	if (!status)
		return;
	if (status->enh_class)
		snprintf(enhanced, sizeof(enhanced), "%d.%d.%d ", status->enh_class,
		         status->enh_subject, status->enh_detail);
	reply->code = status->code;
	snprintf(reply->text, sizeof(reply->text), "%s%s", enhanced,
	         status->text ? status->text : "");
}

static void
judge_letter(struct session *s, size_t i)
{
	const struct letter *l = &s->letters[i];
	struct mail_heard heard;

	mail_heard_init(&heard, l->letter->to_count);
	take_status(&heard.mail, smtp_reverse_path_status(l->message));
	take_status(&heard.end, smtp_message_transfer_status(l->message));
	for (size_t j = 0; j < l->letter->to_count; j++) {
		take_status(&heard.rcpts[j], smtp_recipient_status(l->recipients[j]));
		heard.complete[j] = smtp_recipient_check_complete(l->recipients[j]);
	}
	heard.handed_over = l->ended;
	heard.authenticated = mail_dialog_authenticated(&s->dialog);
	heard.at = s->dialog.step;
	mail_judge(s->result, s->job, i, &heard);
	mail_heard_fini(&heard);
}

static void
tear_down(struct session *s)
{
	smtp_destroy_session(s->smtp);
	if (s->auth) {
		auth_destroy_context(s->auth);
		auth_client_exit();
	}
	mail_tls_close(&s->tls);
	for (size_t i = 0; i < s->job->letter_count; i++)
		free(s->letters[i].recipients);
	free(s->letters);
}

void
mail_by_esmtp(const struct mail_job *job, struct mail_result *result)
{
	struct session s = {.job = job, .result = result};
	struct err err = {0};

	signal(SIGPIPE, SIG_IGN); /* its writes are plain ones */
	s.ends_ms = clock_mono_ms() + mail_session_ms(job);
	s.letters = mem_array(job->letter_count, sizeof(*s.letters));
	s.dialog.on_reply = on_reply;
	s.dialog.arg = &s;
	if (set_up(&s, &err) < 0) {
		mail_stop_session(result, OUTCOME_BLOCKED, 0, err.text);
	} else {
		mail_cut_tick(CONNECT_MS);
		smtp_start_session(s.smtp); /* what it returns says nothing */
		mail_cut_off();
		judge_session(&s);
	}
	for (size_t i = 0; i < job->letter_count; i++)
		judge_letter(&s, i);
	tear_down(&s);
}
