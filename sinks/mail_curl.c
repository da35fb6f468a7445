/*
 * mail_curl.c - a session by libcurl: what libesmtp cannot do.
 *
 * One easy handle serves all letters, so they share a connection while it
 * lasts.  libcurl reports one result for a whole mail; what became of each
 * recipient is read from the replies it lets us see (mail_dialog.h).  Its own
 * result only says what happened when no reply does.
 */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "sinks/mail_cut.h"
#include "sinks/mail_judge.h"
#include "sinks/mail_transport.h"

#define LOGIN_MS (60 * SECOND_MS)  /* from the dial to the last word of AUTH */
#define REPLY_MS (120 * SECOND_MS) /* each one from MAIL FROM on */
#define QUIT_S 2L                  /* the mails are settled by then */

struct session {
	const struct mail_job *job;
	struct mail_result *result;
	CURL *easy;
	char fault[CURL_ERROR_SIZE];
	struct mail_dialog dialog;
	struct mail_reply turned_away; /* to EHLO */
	int64_t ends_ms;               /* monotonic */

	/* The letter under way. */
	const struct mail_letter *letter;
	size_t read, answered; /* bytes; recipients */
	struct mail_heard heard;
};

/* After any refusal libcurl tries HELO, and then goes on without AUTH.  That is
 * for servers that know no EHLO (RFC 5321 4.1.4), not for those that say no. */
static bool
is_turned_away(int code)
{
	return code >= 400 && (code < 500 || code > 504);
}

static void
on_reply(const struct mail_dialog *d, void *arg)
{
	struct session *s = arg;
	const struct mail_reply *reply = &d->said[d->step];

	if (d->step == STEP_HELLO && is_turned_away(reply->code)) {
		s->turned_away = *reply;
		mail_cut_now();
	} else if (d->step == STEP_MAIL)
		s->heard.mail = *reply;
	else if (d->step == STEP_RCPT && s->answered < s->letter->to_count)
		s->heard.rcpts[s->answered++] = *reply;
	else if (d->step == STEP_BODY || (d->step == STEP_DATA && reply->code / 100 != 2))
		s->heard.end = *reply; /* "250" to DATA is no word about the message */
}

/* What is sent may hold the password: mail_dialog_sent() keeps the verb alone. */
static int
on_seen(CURL *easy, curl_infotype type, char *data, size_t len, void *arg)
{
	struct session *s = arg;

	(void)easy;
	if (type == CURLINFO_HEADER_OUT)
		mail_dialog_sent(&s->dialog, data, len);
	else if (type == CURLINFO_HEADER_IN)
		mail_dialog_heard(&s->dialog, data, len);
	return 0;
}

static int
on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	struct session *s = arg;

	(void)fd;
	(void)purpose;
	mail_dialog_reset(&s->dialog);
	return CURL_SOCKOPT_OK;
}

static size_t
on_read(char *out, size_t size, size_t n, void *arg)
{
	struct session *s = arg;
	size_t left = s->letter->len - s->read;
	size_t len = size * n < left ? size * n : left;

	memcpy(out, s->letter->data + s->read, len);
	s->read += len;
	s->heard.handed_over = s->read == s->letter->len;
	return len;
}

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	(void)data;
	(void)arg;
	return size * n;
}

/* The path of the URL is what is said behind EHLO. */
static char *
url_new(const struct mail_job *job)
{
	bool is_v6 = strchr(job->host, ':') != NULL;
	char *hello = job->hello ? curl_easy_escape(NULL, job->hello, 0) : NULL;
	char *url = mem_fmt("%s://%s%s%s:%d/%s", job->security == MAIL_TLS ? "smtps" : "smtp",
	                    is_v6 ? "[" : "", job->host, is_v6 ? "]" : "", job->port,
	                    hello ? hello : "");

	curl_free(hello);
	return url;
}

static void
set_trust(CURL *easy, const struct mail_job *job)
{
	curl_easy_setopt(easy, CURLOPT_USE_SSL,
	                 job->security == MAIL_NONE ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION,
	                 job->tls13 ? (long)CURL_SSLVERSION_TLSv1_3
	                            : (long)CURL_SSLVERSION_TLSv1_2);
	if (!job->ca_file)
		return;
	curl_easy_setopt(easy, CURLOPT_CAINFO, job->ca_file);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* else the system's count too */
}

static void
set_credentials(CURL *easy, const struct mail_job *job)
{
	bool is_token = job->auth == MAIL_AUTH_XOAUTH2;

	if (!job->username)
		return;
	curl_easy_setopt(easy, CURLOPT_USERNAME, job->username);
	curl_easy_setopt(easy, is_token ? CURLOPT_XOAUTH2_BEARER : CURLOPT_PASSWORD, job->password);
	/* Else it may choose one that the server offers and cannot do (NTLM). */
	curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS,
	                 is_token ? "AUTH=XOAUTH2" : "AUTH=PLAIN;AUTH=LOGIN");
}

static void
set_bounds(CURL *easy, const struct mail_job *job)
{
	int64_t reply_ms = job->timeout_ms ? job->timeout_ms : REPLY_MS;
	int64_t login_ms = job->timeout_ms ? 2 * job->timeout_ms : LOGIN_MS;
	long reply_s = (long)((reply_ms + SECOND_MS - 1) / SECOND_MS);

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)login_ms);
	curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, reply_s);
	/* A message that nobody reads. */
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, reply_s);
}

static int
set_up(struct session *s)
{
	char *url = url_new(s->job);
	CURL *easy = s->easy = curl_easy_init();

	if (!easy)
		mem_die("libcurl cannot be set up");
	CURLcode code = curl_easy_setopt(easy, CURLOPT_URL, url);
	free(url);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, s->fault);
	curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L); /* to on_seen() alone */
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_seen);
	curl_easy_setopt(easy, CURLOPT_DEBUGDATA, s);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, s);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(easy, CURLOPT_READDATA, s);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, s->job->sender);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
	set_trust(easy, s->job);
	set_credentials(easy, s->job);
	set_bounds(easy, s->job);
	return code == CURLE_OK ? 0 : -1;
}

/* What happened when no reply tells; the rest is an outage. */
static const struct {
	CURLcode code;
	const char *fault; /* NULL, or what libcurl's text must hold */
	const char *text;  /* NULL: libcurl's */
} lasting[] = {
	{CURLE_PEER_FAILED_VERIFICATION, NULL, NULL},
	{CURLE_SSL_CACERT_BADFILE, NULL, NULL},
	{CURLE_SSL_ISSUER_ERROR, NULL, NULL},
	{CURLE_USE_SSL_FAILED, NULL, "the server offers no STARTTLS"},
	{CURLE_LOGIN_DENIED, NULL, "the server took no credentials"},
	{CURLE_SSL_CONNECT_ERROR, "protocol version", NULL},
	{CURLE_SSL_CONNECT_ERROR, "unsupported protocol", NULL},
	{CURLE_SSL_CONNECT_ERROR, "handshake failure", NULL},
	{CURLE_SSL_CONNECT_ERROR, "wrong version number",
         "the server does not speak TLS from the start here (security: tls)"},
	{CURLE_URL_MALFORMAT, NULL, NULL},
};

static void
judge_fault(struct session *s, CURLcode code)
{
	const char *text = s->fault[0] ? s->fault : curl_easy_strerror(code);

	for (size_t i = 0; i < COUNT(lasting); i++) {
		if (lasting[i].code != code ||
		    (lasting[i].fault && !strstr(text, lasting[i].fault)))
			continue;
		mail_stop_session(s->result, OUTCOME_BLOCKED, 0,
		                  lasting[i].text ? lasting[i].text : text);
		return;
	}
	mail_stop_session(s->result, OUTCOME_RETRY, 0, text);
}

/*
 * True when the session may go on with the next letter.  A mail that was
 * refused, as a whole or for all its recipients, is an error for libcurl too,
 * which then makes a new connection for the next one.
 */
static bool
judge_session(struct session *s, CURLcode code)
{
	const struct mail_dialog *d = &s->dialog;

	if (s->turned_away.code)
		mail_judge_session(s->result, STEP_HELLO, &s->turned_away);
	/* Only of this letter's session: a reused connection said it before. */
	for (enum mail_step step = STEP_GREETING; s->heard.mail.code == 0 && step <= STEP_AUTH;
	     step++)
		if (d->said[step].code >= 400)
			mail_judge_session(s->result, step, &d->said[step]);
	bool is_answered = s->heard.mail.code >= 400 || s->heard.end.code >= 200;
	bool is_refused = s->heard.mail.code && s->answered == s->letter->to_count;
	for (size_t i = 0; i < s->answered; i++)
		is_refused &= s->heard.rcpts[i].code >= 400;
	if (code != CURLE_OK && !(is_answered && s->heard.end.code != 354) && !is_refused)
		judge_fault(s, code);
	return s->result->session.outcome == OUTCOME_SENT;
}

static bool
send_letter(struct session *s, size_t i)
{
	struct curl_slist *to = NULL;
	int64_t left_ms = s->ends_ms - clock_mono_ms();

	s->letter = &s->job->letters[i];
	s->read = s->answered = 0;
	for (size_t j = 0; j < s->letter->to_count; j++)
		to = curl_slist_append(to, s->letter->to[j]);
	curl_easy_setopt(s->easy, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(s->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->letter->len);
	curl_easy_setopt(s->easy, CURLOPT_TIMEOUT_MS, (long)(left_ms > 1 ? left_ms : 1));
	s->fault[0] = '\0';
	CURLcode code = curl_easy_perform(s->easy);
	curl_easy_setopt(s->easy, CURLOPT_MAIL_RCPT, NULL);
	curl_slist_free_all(to);

	for (size_t j = 0; j < s->letter->to_count; j++)
		s->heard.complete[j] = s->heard.rcpts[j].code / 100 == 2;
	s->heard.authenticated = mail_dialog_authenticated(&s->dialog);
	s->heard.at = s->dialog.step;
	return judge_session(s, code);
}

void
mail_by_curl(const struct mail_job *job, struct mail_result *result)
{
	struct session s = {.job = job, .result = result};

	s.dialog.on_reply = on_reply;
	s.dialog.arg = &s;
	s.ends_ms = clock_mono_ms() + mail_session_ms(job);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	bool going = set_up(&s) == 0;
	if (!going)
		judge_fault(&s, CURLE_URL_MALFORMAT);
	for (size_t i = 0; i < job->letter_count; i++) {
		mail_heard_init(&s.heard, job->letters[i].to_count);
		if (going)
			going = send_letter(&s, i);
		mail_judge(result, job, i, &s.heard);
		mail_heard_fini(&s.heard);
		going = going && result->session.outcome == OUTCOME_SENT;
	}
	/* It says QUIT now and waits for an answer. */
	curl_easy_setopt(s.easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, QUIT_S);
	s.dialog.on_reply = NULL;
	curl_easy_cleanup(s.easy);
	curl_global_cleanup();
}
