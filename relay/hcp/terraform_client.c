#include "relay/hcp/terraform_client.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/metrics.h"
#include "relay/base/text.h"
#include "relay/hcp/terraform_api.h"
#include "relay/hcp/terraform_client_parts.h"

#define IN_FLIGHT_MAX 8 /* a server that is slow is not asked still more */
#define BODY_MAX (8 * 1024 * 1024)
#define ERRORS_MAX (64 * 1024)      /* what says in more why it was refused is not read */
#define REQUEST_MS (90 * SECOND_MS) /* the Explorer gives up after 60 s itself */
#define TRIES_MAX 3
#define PATIENCE_MS (2 * MINUTE_MS) /* then whoever asked is told to ask again */

static void
call_free(struct api_call *call)
{
	struct api_client *client = call->client;

	if (call->http != NULL || call->reading != NULL) {
		TAILQ_REMOVE(&client->going, call, link);
		client->in_flight--;
	} else {
		TAILQ_REMOVE(&client->waiting, call, link);
	}
	free(call->path);
	free(call);
}

/* done may ask for more, or cancel others: the call is gone before. */
void
api_finish(struct api_call *call, const struct api_answer *answer)
{
	api_done_fn *done = call->done;
	void *arg = call->arg;

	call_free(call);
	done(answer, arg);
}

static void
put_back(struct api_call *call, int64_t not_before)
{
	struct api_client *client = call->client;

	call->http = NULL;
	call->not_before = not_before;
	client->in_flight--;
	TAILQ_REMOVE(&client->going, call, link);
	TAILQ_INSERT_HEAD(&client->waiting, call, link);
}

static void
tell_token(struct api_client *client, bool was_refused)
{
	bool refused = client->pace.refused_until != 0;

	if (refused && !was_refused)
		log_error("the HCP Terraform API does not accept the token", "url", client->url,
		          "next", "in an hour", LOG_END);
	else if (!refused && was_refused)
		log_info("the HCP Terraform API accepts the token again", "url", client->url,
		         LOG_END);
}

enum api_meaning
api_turned_out(struct api_client *client, const struct api_headers *came)
{
	static const enum metric outcomes[] = {
		[API_MEANS_OK] = METRIC_API_OK,
		[API_MEANS_LATER] = METRIC_API_LIMITED,
		[API_MEANS_FAILED] = METRIC_API_FAILED,
		[API_MEANS_BAD_TOKEN] = METRIC_API_BAD_TOKEN,
		[API_MEANS_NO_RIGHTS] = METRIC_API_NO_RIGHTS,
		[API_MEANS_REFUSED] = METRIC_API_REFUSED,
	};
	bool was_refused = client->pace.refused_until != 0;
	enum api_meaning meaning = pace_came(&client->pace, came, clock_mono_ms());

	client->probing = false;
	client->answered |= came->status != 0;
	tell_token(client, was_refused);
	metric_add(outcomes[meaning], 1);
	api_clients_count(client->clients);
	return meaning;
}

/* "HTTP 404: not found", cut to what a person reads. */
static char *
text_of(const struct httpc_response *response, const json_t *document, const char *token)
{
	const char *detail = api_error_text(document);

	if (response->result != HTTPC_ANSWERED)
		return mem_str(response->text);
	if (detail != NULL && strstr(detail, token) != NULL)
		detail = NULL;
	return detail != NULL ? mem_fmt("HTTP %d: %.*s", response->status,
	                                (int)utf8_prefix(detail, 200), detail)
	                      : mem_fmt("HTTP %d", response->status);
}

static void
finish_with(struct api_call *call, enum api_end end, const struct httpc_response *response,
            const json_t *document)
{
	char *text = text_of(response, document, call->client->token);
	struct api_answer answer = {.end = end, .text = text, .again_ms = API_AGAIN_MS};

	if (end == API_BAD_TOKEN)
		answer.again_ms = API_PROBE_MS;
	api_finish(call, &answer);
	free(text);
}

static void
read_answer(struct api_call *call, const struct httpc_response *response)
{
	if (response->body_cut)
		api_finish(call, &(struct api_answer){.end = API_UNUSABLE,
		                                      .text = "the answer is larger than 8 MiB"});
	else
		api_read(call, response->body, response->body_len);
}

/* Again by ourselves, or by whoever asked. */
static bool
may_try_again(const struct api_call *call, enum api_meaning meaning, int64_t now)
{
	int64_t wait = meaning == API_MEANS_FAILED ? pace_backoff(call->tries)
	                                           : pace_wait(&call->client->pace, now);

	return (meaning == API_MEANS_LATER || call->tries < TRIES_MAX) &&
	       now + wait < call->asked_at + PATIENCE_MS;
}

static void
on_answer(const struct httpc_response *response, void *arg)
{
	static const enum api_end ends[] = {
		[API_MEANS_LATER] = API_AGAIN,         [API_MEANS_FAILED] = API_AGAIN,
		[API_MEANS_BAD_TOKEN] = API_BAD_TOKEN, [API_MEANS_NO_RIGHTS] = API_NO_RIGHTS,
		[API_MEANS_REFUSED] = API_UNUSABLE,
	};
	struct api_call *call = arg;
	struct api_client *client = call->client;
	struct api_headers came = {
		.status = response->result == HTTPC_ANSWERED ? response->status : 0,
		.retry_after_ms = response->retry_after_ms,
		.reset = httpc_header(response, "X-RateLimit-Reset"),
		.remaining = httpc_header(response, "X-RateLimit-Remaining"),
	};
	enum api_meaning meaning = api_turned_out(client, &came);
	int64_t now = clock_mono_ms();
	bool later = meaning == API_MEANS_LATER || meaning == API_MEANS_FAILED;
	json_t *document = NULL;

	if (later && may_try_again(call, meaning, now)) {
		put_back(call, meaning == API_MEANS_FAILED ? now + pace_backoff(call->tries) : 0);
	} else if (meaning == API_MEANS_OK) {
		read_answer(call, response);
	} else {
		struct err err;

		if (response->body_len <= ERRORS_MAX)
			(void)json_read(response->body, response->body_len, &document, &err);
		finish_with(call, ends[meaning], response, document);
		json_decref(document);
	}
	api_go_on(client);
}

static void
ask(struct api_call *call)
{
	struct api_client *client = call->client;
	char *url = mem_fmt("%s%s", client->url, call->path);
	char *bearer = mem_fmt("Authorization: Bearer %s", client->token);
	const char *const headers[] = {bearer, "Accept: application/vnd.api+json",
	                               "User-Agent: driftbell/" DRIFTBELL_VERSION, NULL};
	const struct httpc_request request = {
		.method = "GET",
		.url = url,
		.headers = headers,
		.allow_private = client->allow_private,
		.timeout_ms = REQUEST_MS,
		.body_max = BODY_MAX,
		.ca_file = client->ca_file,
	};

	TAILQ_REMOVE(&client->waiting, call, link);
	TAILQ_INSERT_TAIL(&client->going, call, link);
	client->in_flight++;
	call->tries++;
	call->http = httpc_send(client->clients->httpc, &request, on_answer, call);
	mem_wipe_free(bearer, strlen(bearer));
	free(url);
}

/* Nothing is asked with a token that is no good, but for one request when its time comes. */
static bool
is_refused(const struct api_client *client, int64_t now)
{
	return client->pace.refused_until > now ||
	       (client->pace.refused_until != 0 && client->probing);
}

/* The first whose time has come; *wait: how long until there may be one, -1 = no telling. */
static struct api_call *
next_call(struct api_client *client, int64_t now, int64_t *wait)
{
	struct api_call *call;

	*wait = -1;
	TAILQ_FOREACH(call, &client->waiting, link)
	{
		int64_t its = is_refused(client, now) ? 0 : call->not_before - now;

		if (its <= 0)
			return call;
		if (*wait < 0 || its < *wait)
			*wait = its;
	}
	return NULL;
}

static void
refuse(struct api_call *call, int64_t now)
{
	const struct api_client *client = call->client;

	api_finish(call, &(struct api_answer){
				 .end = API_BAD_TOKEN,
				 .text = "the token is not accepted",
				 .again_ms = client->pace.refused_until > now
	                                             ? client->pace.refused_until - now
	                                             : API_AGAIN_MS,
			 });
}

static void
start(struct api_call *call, int64_t now)
{
	struct api_client *client = call->client;

	if (is_refused(client, now)) {
		refuse(call, now);
		return;
	}
	client->probing = client->pace.refused_until != 0;
	pace_went(&client->pace, now);
	if (call->path != NULL)
		ask(call);
	else
		api_finish(call, &(struct api_answer){.end = API_READ});
}

void
api_client_due(void *arg)
{
	struct api_client *client = arg;
	int64_t now = clock_mono_ms(), wait = 0;
	struct api_call *call = NULL;

	if (is_refused(client, now) ||
	    (client->in_flight < IN_FLIGHT_MAX && pace_wait(&client->pace, now) == 0))
		call = next_call(client, now, &wait);
	if (call != NULL)
		start(call, now);
	api_go_on(client);
}

/* What waits goes on when it may: one timer, armed for then. */
void
api_go_on(struct api_client *client)
{
	int64_t now = clock_mono_ms(), wait, pace = pace_wait(&client->pace, now);

	timer_off(client->timer);
	if (next_call(client, now, &wait) != NULL)
		wait = 0;
	if (wait < 0 || (client->in_flight >= IN_FLIGHT_MAX && !is_refused(client, now)))
		return; /* an answer looks again */
	if (!is_refused(client, now) && pace > wait)
		wait = pace;
	timer_in(client->timer, wait);
}

static struct api_call *
call_new(struct api_client *client, const char *path, api_done_fn *done, void *arg)
{
	struct api_call *call = mem_alloc(sizeof(*call));

	call->client = client;
	call->path = mem_str(path);
	call->done = done;
	call->arg = arg;
	call->asked_at = clock_mono_ms();
	TAILQ_INSERT_TAIL(&client->waiting, call, link);
	api_go_on(client);
	return call;
}

struct api_call *
api_get(struct api_client *client, const char *path, api_done_fn *done, void *arg)
{
	return call_new(client, path, done, arg);
}

struct api_call *
api_turn(struct api_client *client, api_done_fn *done, void *arg)
{
	return call_new(client, NULL, done, arg);
}

void
api_call_stop(struct api_call *call)
{
	if (call->http != NULL)
		httpc_cancel(call->http);
	if (call->reading != NULL)
		api_reading_forget(call->reading);
	call_free(call);
}

void
api_cancel(struct api_call *call)
{
	struct api_client *client = call->client;

	api_call_stop(call);
	client->probing = false;
	api_go_on(client);
}
