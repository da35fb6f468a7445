#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/runtime/guard.h"
#include "relay/runtime/httpc_internal.h"

#define BODY_KEPT 65536
#define BODY_DROPPED_MAX (1024 * 1024) /* then the rest is not worth waiting for */
#define CONNECT_MS 5000L
#define TOTAL_MS (20 * SECOND_MS)
#define RETRY_AFTER_MIN SECOND_MS
#define RETRY_AFTER_MAX DAY_MS

static const char has_line_break[] = "the request holds a line break";
static const char not_settable[] = "the request cannot be set up";

/* The last moment before a dial, with the address that resolving gave. */
static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct httpc_call *call = arg;

	(void)purpose;
	if (!guard_admits(&address->addr, !call->guarded)) {
		call->refused = true;
		return CURL_SOCKET_BAD;
	}
	call->dialled = true;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct httpc_call *call = arg;
	size_t len = size * n;
	size_t room = call->body_max - call->body.len;
	size_t kept = len < room ? len : room;

	buf_add(&call->body, data, kept);
	call->dropped += len - kept;
	return call->dropped > BODY_DROPPED_MAX ? 0 : len;
}

static bool
breaks_line(const char *text)
{
	return text[strcspn(text, "\r\n")] != '\0';
}

/* libcurl has the same error for a scheme it may not use and for an answer
 * that is not HTTP, so the scheme is looked at here. */
static const char *
url_fault(const struct httpc_request *request)
{
	bool is_http = strncasecmp(request->url, "http://", 7) == 0;

	if (breaks_line(request->url))
		return has_line_break;
	if (strncasecmp(request->url, "https://", 8) == 0 || (is_http && request->allow_private))
		return NULL;
	return request->allow_private ? "only http and https are allowed" : "only https is allowed";
}

static void
add_header(struct httpc_call *call, const char *line)
{
	struct curl_slist *longer = curl_slist_append(call->headers, line);

	if (!longer)
		call->fault = not_settable;
	else
		call->headers = longer;
}

static void
set_headers(struct httpc_call *call, const struct httpc_request *request)
{
	bool typed = false;

	for (const char *const *h = request->headers; h && *h; h++) {
		if (breaks_line(*h))
			call->fault = has_line_break;
		typed |= strncasecmp(*h, "Content-Type:", 13) == 0;
		add_header(call, *h);
	}
	/* A name without a value takes libcurl's own header away. */
	add_header(call, "Expect:");
	if (!typed)
		add_header(call, "Content-Type:");
}

static void
set_method(struct httpc_call *call, const struct httpc_request *request)
{
	CURL *easy = call->easy;

	if (breaks_line(request->method))
		call->fault = has_line_break;
	if (strcmp(request->method, "GET") == 0)
		return;
	if (strcmp(request->method, "HEAD") == 0) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (request->body || strcmp(request->method, "POST") == 0) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
		if (curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS,
		                     request->body ? request->body : "") != CURLE_OK)
			call->fault = not_settable;
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

/* What keeps a request where the operator sent it. */
static void
set_bounds(struct httpc_call *call, const struct httpc_request *request)
{
	CURL *easy = call->easy;
	int64_t total_ms = request->timeout_ms ? request->timeout_ms : TOTAL_MS;
	const char *schemes = request->allow_private ? "http,https" : "https";

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, schemes);
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, schemes);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* nor the environment's */
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Names are resolved in a thread of libcurl's: a call that ends before its
	 * resolver does leaves it behind, and does not wait for it on the loop. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)total_ms);
	curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, 600L);
	/* A stream that fails must not take others to the same host with it. */
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void
set_trust(struct httpc_call *call, const struct httpc_request *request)
{
	CURL *easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (!request->ca_file)
		return;
	curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* else the system's count too */
}

struct httpc_call *
call_new(const struct httpc_request *request, httpc_done_fn *done, void *arg)
{
	struct httpc_call *call = mem_alloc(sizeof(*call));

	call->easy = curl_easy_init();
	call->done = done;
	call->arg = arg;
	call->started_ms = clock_mono_ms();
	call->guarded = !request->allow_private;
	call->body_max = request->body_max ? request->body_max : BODY_KEPT;
	call->url = mem_str(request->url);
	call->fault = call->easy ? url_fault(request) : not_settable;
	if (call->fault)
		return call;
	curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->text);
	curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(call->easy, CURLOPT_USERAGENT, "driftbell");
	if (curl_easy_setopt(call->easy, CURLOPT_URL, request->url) != CURLE_OK)
		call->fault = not_settable;
	set_bounds(call, request);
	set_trust(call, request);
	set_method(call, request);
	set_headers(call, request);
	curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
	return call;
}

void
call_free(struct httpc_call *call)
{
	LIST_REMOVE(call, link);
	timer_free(call->fault_timer);
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	buf_fini(&call->body);
	free(call->url);
	free(call);
}

static int64_t
clamp(int64_t ms)
{
	if (ms < RETRY_AFTER_MIN)
		return RETRY_AFTER_MIN;
	return ms > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : ms;
}

static const char *
header_of(CURL *easy, const char *name)
{
	struct curl_header *header;

	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return NULL;
	return header->value;
}

const char *
httpc_header(const struct httpc_response *response, const char *name)
{
	return response->call ? header_of(response->call->easy, name) : NULL;
}

/*
 * RFC 9110, 10.2.3: seconds, or a date.  libcurl's own reading cannot tell
 * "0" from a header that is not there.
 */
static int64_t
retry_after(CURL *easy)
{
	const char *value = header_of(easy, "Retry-After");
	time_t date;

	if (!value)
		return 0;
	if (isdigit((unsigned char)value[0]) && !value[strspn(value, "0123456789.")]) {
		/* Saturates: more digits than fit are a long time. */
		long long seconds = strtoll(value, NULL, 10);
		return seconds > RETRY_AFTER_MAX / SECOND_MS ? RETRY_AFTER_MAX
		                                             : clamp(seconds * SECOND_MS);
	}
	date = curl_getdate(value, NULL);
	return date < 0 ? 0 : clamp((int64_t)date * SECOND_MS - clock_wall_ms());
}

/* Path and query of webhook URLs are often the secret itself. */
static bool
tells_path(const struct httpc_call *call)
{
	const char *host = strstr(call->url, "://");
	const char *path = host ? strpbrk(host + 3, "/?#") : NULL;
	char *alone;
	bool told;

	if (!path || strlen(path) < 2)
		return false;
	alone = mem_strn(path + 1, strcspn(path + 1, "?#"));
	told = strstr(call->text, path) || (strlen(alone) >= 8 && strstr(call->text, alone));
	free(alone);
	return told;
}

static void
unanswered(struct httpc_call *call, struct httpc_response *r, CURLcode code)
{
	curl_off_t sent_from_us = 0;

	/* Set once the connection stands and the request may go out. */
	curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_from_us);
	r->unheard = sent_from_us > 0;
	r->result = HTTPC_UNREACHABLE;
	r->text = call->text[0] && !tells_path(call) ? call->text : curl_easy_strerror(code);
	switch (code) {
	case CURLE_URL_MALFORMAT:
		r->result = HTTPC_REFUSED;
		r->text = "malformed URL";
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		r->result = HTTPC_UNTRUSTED;
		break;
	case CURLE_SSL_CACERT_BADFILE:
		r->result = HTTPC_UNTRUSTED;
		r->text = "the file of trusted certificates cannot be used";
		break;
	default:
		/* With several addresses, one that may be dialled counts. */
		if (call->refused && !call->dialled) {
			r->result = HTTPC_REFUSED;
			r->text = "the address is private or reserved";
		}
	}
}

static void
answered(struct httpc_call *call, struct httpc_response *r)
{
	long status = 0;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	r->result = HTTPC_ANSWERED;
	r->status = (int)status;
	r->body_cut = call->dropped > 0;
	r->call = call;
	r->retry_after_ms = retry_after(call->easy);
}

void
call_finish(struct httpc_call *call, CURLcode code)
{
	struct httpc_response r = {
		.body = buf_text(&call->body),
		.body_len = call->body.len,
		.elapsed_ms = clock_mono_ms() - call->started_ms,
		.text = "",
	};

	if (call->fault) {
		r.result = HTTPC_REFUSED;
		r.text = call->fault;
	} else if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && call->dropped)) {
		answered(call, &r);
	} else {
		unanswered(call, &r, code);
	}
	call->done(&r, call->arg);
}
