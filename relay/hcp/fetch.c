#include "relay/hcp/fetch.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/runtime/guard.h"

#define CONNECT_MS 10000L
/* A server that says nothing may be making the document; less than this is no download. */
#define TRICKLE_BYTES 1024L
#define TRICKLE_S 30L
#define WAIT_MIN_MS SECOND_MS
#define WAIT_MAX_MS HOUR_MS
#define URL_MAX_LEN 8192

const char *const fetch_end_names[FETCH_ENDS] = {
	[FETCH_READ] = "read",
	[FETCH_UNFINISHED] = "unfinished",
	[FETCH_LIMITED] = "limited",
	[FETCH_UNREACHABLE] = "unreachable",
	[FETCH_FAILED] = "failed",
	[FETCH_CUT] = "cut",
	[FETCH_SLOW] = "slow",
	[FETCH_UNAUTHORIZED] = "unauthorized",
	[FETCH_FORBIDDEN] = "forbidden",
	[FETCH_MISSING] = "missing",
	[FETCH_UNSUPPORTED] = "unsupported",
	[FETCH_UNEXPECTED] = "unexpected",
	[FETCH_REFUSED] = "refused",
	[FETCH_UNTRUSTED] = "untrusted",
	[FETCH_TOO_LARGE] = "too-large",
	[FETCH_UNREADABLE] = "unreadable",
};

bool
fetch_may_pass(enum fetch_end end)
{
	return end >= FETCH_UNFINISHED && end <= FETCH_SLOW;
}

/* One GET of the two that a fetch may need. */
struct get {
	const struct fetch_request *request;
	struct fetch_result *result;
	fetch_body_fn *body;
	void *arg;
	CURL *easy;
	char *host; /* for people */
	bool refused, dialled;
	bool too_large, unreadable;
};

static void
conclude(struct get *get, enum fetch_end end, const char *what)
{
	get->result->end = end;
	snprintf(get->result->text, sizeof(get->result->text), "%s %s",
	         get->host ? get->host : "the URL", what);
}

/* ---- before anything is sent ---- */

static bool
is_allowed_host(const struct key_texts *hosts, const char *host)
{
	for (size_t i = 0; i < hosts->count; i++)
		if (strcasecmp(hosts->items[i], host) == 0)
			return true;
	return false;
}

/* Also fills get->host. */
static bool
may_go(struct get *get, const char *url, bool with_bearer)
{
	bool is_https = strncasecmp(url, "https://", 8) == 0;

	get->host = url_host(url);
	if (!get->host)
		conclude(get, FETCH_REFUSED, "is not one of http or https");
	else if (strlen(url) > URL_MAX_LEN)
		conclude(get, FETCH_REFUSED, "has a URL that is longer than 8192 bytes");
	else if (!is_https && !get->request->allow_private)
		conclude(get, FETCH_REFUSED, "is not spoken to in plain http");
	else if (with_bearer && !is_allowed_host(get->request->hosts, get->host))
		conclude(get, FETCH_REFUSED, "is not in allowed_hosts");
	else
		return true;
	return false;
}

/* ---- while it runs ---- */

/* The last moment before a dial, with the address that resolving gave. */
static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct get *get = arg;

	(void)purpose;
	if (!guard_admits(&address->addr, get->request->allow_private)) {
		get->refused = true;
		return CURL_SOCKET_BAD;
	}
	get->dialled = true;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Of anything but the document itself nothing is read on. */
static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct get *get = arg;
	size_t len = size * n;
	long status = 0;

	curl_easy_getinfo(get->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return 0;
	if ((int64_t)len > get->request->max_bytes - get->result->bytes) {
		get->too_large = true;
		return 0;
	}
	get->result->bytes += (int64_t)len;
	if (get->body(data, len, get->arg) < 0) {
		get->unreadable = true;
		return 0;
	}
	return len;
}

/* ---- setting up ---- */

static void
set_bounds(struct get *get, int64_t left_ms)
{
	const char *schemes = get->request->allow_private ? "http,https" : "https";
	CURL *easy = get->easy;

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, schemes);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, get);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(left_ms > 1 ? left_ms : 1));
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, TRICKLE_BYTES);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, TRICKLE_S);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
}

static void
set_trust(struct get *get)
{
	curl_easy_setopt(get->easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(get->easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(get->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (!get->request->ca_file)
		return;
	curl_easy_setopt(get->easy, CURLOPT_CAINFO, get->request->ca_file);
	curl_easy_setopt(get->easy, CURLOPT_CAPATH, NULL); /* else the system's count too */
}

static struct curl_slist *
headers_new(const char *bearer)
{
	struct curl_slist *headers = NULL;
	char *authorization = bearer ? mem_fmt("Authorization: Bearer %s", bearer) : NULL;

	headers = curl_slist_append(headers, "Accept: application/json, */*;q=0.5");
	if (headers && authorization) {
		struct curl_slist *longer = curl_slist_append(headers, authorization);
		if (!longer)
			mem_die("out of memory");
		headers = longer;
	}
	if (authorization)
		mem_wipe_free(authorization, strlen(authorization));
	return headers;
}

/* ---- what came of it ---- */

static int64_t
bounded(double ms)
{
	if (!(ms > (double)WAIT_MIN_MS))
		return WAIT_MIN_MS;
	return ms > (double)WAIT_MAX_MS ? WAIT_MAX_MS : (int64_t)ms;
}

/* Retry-After is seconds or a date (RFC 9110, 10.2.3); X-RateLimit-Reset is
 * seconds with a fraction, until then ("API rate limiting", developer.hashicorp.com). */
static int64_t
wait_of(CURL *easy)
{
	static const char *const names[] = {"Retry-After", "X-RateLimit-Reset"};
	struct curl_header *header;

	for (size_t i = 0; i < COUNT(names); i++) {
		if (curl_easy_header(easy, names[i], 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
			continue;
		if (isdigit((unsigned char)header->value[0]) &&
		    !header->value[strspn(header->value, "0123456789.")])
			return bounded(strtod(header->value, NULL) * (double)SECOND_MS);
		time_t date = curl_getdate(header->value, NULL);
		if (date >= 0)
			return bounded((double)date * (double)SECOND_MS - (double)clock_wall_ms());
	}
	return 0;
}

static const struct {
	int status;
	enum fetch_end end;
} statuses[] = {
	{204, FETCH_UNFINISHED}, {401, FETCH_UNAUTHORIZED}, {403, FETCH_FORBIDDEN},
	{404, FETCH_MISSING},    {422, FETCH_UNSUPPORTED},  {429, FETCH_LIMITED},
};

/* What the blob host refuses, a new URL of it may give. */
static enum fetch_end
end_of_status(int status, bool is_blob)
{
	if (status == 200)
		return FETCH_READ;
	if (status >= 500 || (is_blob && status >= 400))
		return status == 429 ? FETCH_LIMITED : FETCH_FAILED;
	for (size_t i = 0; !is_blob && i < COUNT(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].end;
	return FETCH_UNEXPECTED;
}

static void
answered(struct get *get, int status, bool is_blob)
{
	enum fetch_end end = end_of_status(status, is_blob);
	char what[32];

	snprintf(what, sizeof(what), "answered %d", status);
	conclude(get, end, what);
	get->result->retry_after_ms =
		end == FETCH_LIMITED || end == FETCH_FAILED ? wait_of(get->easy) : 0;
}

static const struct {
	CURLcode code;
	enum fetch_end end;
	const char *what;
} faults[] = {
	{CURLE_PARTIAL_FILE, FETCH_CUT, "ended before the end of the document"},
	{CURLE_BAD_CONTENT_ENCODING, FETCH_CUT, "sent what cannot be unpacked"},
	{CURLE_OPERATION_TIMEDOUT, FETCH_SLOW, "is too slow"},
	{CURLE_PEER_FAILED_VERIFICATION, FETCH_UNTRUSTED, "has a certificate that is not trusted"},
	{CURLE_SSL_ISSUER_ERROR, FETCH_UNTRUSTED, "has a certificate that is not trusted"},
	{CURLE_SSL_CACERT_BADFILE, FETCH_UNTRUSTED,
         "cannot be trusted: the file of certificates cannot be used"},
	{CURLE_URL_MALFORMAT, FETCH_REFUSED, "has no URL that can be asked"},
	{CURLE_COULDNT_RESOLVE_HOST, FETCH_UNREACHABLE, "has no address"},
};

/* In our own words: libcurl's may quote the URL. */
static void
unanswered(struct get *get, CURLcode code)
{
	if (get->refused && !get->dialled) {
		conclude(get, FETCH_REFUSED, "has a private or reserved address");
		return;
	}
	for (size_t i = 0; i < COUNT(faults); i++)
		if (faults[i].code == code) {
			conclude(get, faults[i].end, faults[i].what);
			return;
		}
	if (get->result->bytes > 0)
		conclude(get, FETCH_CUT, "ended before the end of the document");
	else
		conclude(get, FETCH_UNREACHABLE, curl_easy_strerror(code));
}

static bool
is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Fills the result; the URL that it redirects to, the caller's, where it does. */
static char *
judge(struct get *get, CURLcode code, bool is_blob)
{
	long status = 0;
	char *to = NULL;

	curl_easy_getinfo(get->easy, CURLINFO_RESPONSE_CODE, &status);
	get->result->status = (int)status;
	if (get->too_large)
		conclude(get, FETCH_TOO_LARGE, "sent more than may be read");
	else if (get->unreadable)
		conclude(get, FETCH_UNREADABLE, "sent what cannot be read");
	else if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && status != 200))
		unanswered(get, code);
	else if (!is_redirect((int)status))
		answered(get, (int)status, is_blob);
	else if (is_blob)
		conclude(get, FETCH_REFUSED, "redirects once more");
	else if (curl_easy_getinfo(get->easy, CURLINFO_REDIRECT_URL, &to) != CURLE_OK || !to)
		conclude(get, FETCH_UNEXPECTED, "redirects to nowhere");
	return mem_str(to);
}

/* One GET; the URL it redirects to, the caller's, or NULL. */
static char *
perform(struct get *get, const char *url, bool is_blob, int64_t left_ms)
{
	const char *bearer = is_blob ? NULL : get->request->bearer;
	struct curl_slist *headers = NULL;
	char *to = NULL;

	get->refused = get->dialled = false;
	if (!may_go(get, url, bearer != NULL))
		return NULL;
	get->easy = curl_easy_init();
	headers = headers_new(bearer);
	if (!get->easy || !headers)
		mem_die("libcurl cannot be set up");
	curl_easy_setopt(get->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(get->easy, CURLOPT_USERAGENT, "driftbell/" DRIFTBELL_VERSION);
	curl_easy_setopt(get->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(get->easy, CURLOPT_WRITEDATA, get);
	set_bounds(get, left_ms);
	set_trust(get);
	CURLcode code = curl_easy_setopt(get->easy, CURLOPT_URL, url);
	if (code == CURLE_OK)
		code = curl_easy_perform(get->easy);
	to = judge(get, code, is_blob);
	curl_easy_cleanup(get->easy);
	for (struct curl_slist *h = headers; h; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(headers);
	return to;
}

void
fetch(const struct fetch_request *request, fetch_body_fn *body, void *arg,
      struct fetch_result *result)
{
	struct get get = {.request = request, .result = result, .body = body, .arg = arg};
	int64_t ends_ms = clock_mono_ms() + request->deadline_ms;

	*result = (struct fetch_result){.end = FETCH_REFUSED};
	curl_global_init(CURL_GLOBAL_DEFAULT);
	char *to = perform(&get, request->url, false, request->deadline_ms);
	if (to) {
		free(get.host);
		free(perform(&get, to, true, ends_ms - clock_mono_ms()));
		mem_wipe_free(to, strlen(to));
	}
	free(get.host);
	curl_global_cleanup();
}
