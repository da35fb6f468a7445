#include "relay/flow/intake.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/lasting.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/metrics.h"
#include "relay/base/ulid.h"
#include "relay/runtime/httpd.h"
#include "relay/source/source.h"
#include "relay/store/events.h"

/* A configured source, its keys prepared. */
struct entrance {
	const char *name; /* borrowed from the config */
	const struct source_kind *kind;
	const struct source_options *options;
	struct verifier *verifier;
};

struct intake {
	struct httpd *httpd;
	struct store *store;
	struct conf *conf;
	struct entrance *entrances;
	size_t count;
	bool more;               /* may come in this round of the loop */
	struct timer *no_more;   /* at its end */
	struct lasting unstored; /* events that cannot be stored */
};

/* One event on its way to the disk. */
struct accept_job {
	struct store_job job; /* first */
	struct intake *in;
	struct httpd_request *request;
	struct conf *conf; /* a reference: the names below are borrowed from it */
	struct new_event event;
	char *body, *sealed;
	char id[ID_SIZE], key[EVENT_KEY_SIZE], first_id[ID_SIZE];
	bool duplicate;
};

static void
answer(struct httpd_request *request, int code, const char *body, enum metric metric)
{
	metric_add(metric, 1);
	httpd_reply(request, code, "application/json", body, strlen(body));
}

static void
answer_error(struct httpd_request *request, int code, const char *why, enum metric metric)
{
	json_t *document = json_pack("{s:s}", "error", why);
	char *body = document != NULL ? json_dumps(document, JSON_COMPACT) : mem_str("{}");

	answer(request, code, body, metric);
	free(body);
	json_decref(document);
}

static void
answer_unavailable(struct httpd_request *request, const char *why)
{
	httpd_reply_header(request, "Retry-After", "5");
	answer_error(request, 503, why, METRIC_INGEST_UNAVAILABLE);
}

static int
accept_run(struct store_job *base, struct db *db, struct err *err)
{
	struct accept_job *job = (struct accept_job *)base;
	int rc = event_insert(db, &job->event, job->first_id, err);

	job->duplicate = rc == 0;
	return rc < 0 ? -1 : 0;
}

static void
accept_answer(struct accept_job *job)
{
	char body[128], *end;

	end = stpcpy(body, job->duplicate ? "{\"status\":\"duplicate\",\"event\":\""
	                                  : "{\"status\":\"accepted\",\"event\":\"");
	end = stpcpy(end, job->duplicate ? job->first_id : job->id);
	stpcpy(end, "\"}");
	answer(job->request, 200, body,
	       job->duplicate ? METRIC_INGEST_DUPLICATE : METRIC_INGEST_ACCEPTED);
}

/* Senders try again, so one reason is met by each of them, many times. */
static void
accept_refuse(struct accept_job *job)
{
	if (lasting_begins(&job->in->unstored, job->job.failure.text))
		log_error("events are not stored", "source", job->event.source, "reason",
		          job->job.failure.text, LOG_END);
	answer_unavailable(job->request, "the event could not be stored; send it again");
}

static void
accept_done(struct store_job *base, int rc)
{
	struct accept_job *job = (struct accept_job *)base;

	if (rc != 0) {
		accept_refuse(job);
	} else {
		if (lasting_ends(&job->in->unstored))
			log_info("events are stored again", LOG_END);
		accept_answer(job);
	}
	conf_release(job->conf);
	free(job->body);
	free(job->sealed);
	free(job);
}

/* A run task's bearer is cut from what is stored and kept sealed on the side. */
static void
cut_token(struct accept_job *job, const struct entrance *entrance, const char *body, size_t len)
{
	const struct secret *keys = &entrance->options->hmac_key;
	char *token;

	job->body = run_task_cut_token(body, len, &job->event.body_len, &token);
	if (token != NULL && keys->count > 0)
		job->sealed = seal_text(keys->values[0], "run task token", token);
	if (token != NULL)
		mem_wipe_free(token, strlen(token));
}

static void
no_more(void *arg)
{
	struct intake *in = arg;

	in->more = false;
	store_go(in->store);
}

/* What one round of the loop reads is stored together. */
static void
submit(struct intake *in, struct store_job *job)
{
	if (!in->more)
		timer_in(in->no_more, 0);
	in->more = true;
	store_submit_more(in->store, job);
}

static void
accept_event(struct intake *in, const struct entrance *entrance, struct httpd_request *request,
             const struct json_picks *picks, const char *body, size_t len)
{
	struct accept_job *job = mem_alloc(sizeof(*job));
	int64_t now_ms = clock_wall_ms();

	job->job.run = accept_run;
	job->job.single = true; /* event_insert() is atomic by itself */
	job->job.awaited = true;
	job->job.done = accept_done;
	job->in = in;
	job->request = request;
	job->conf = conf_hold(in->conf);
	id_make("evt", now_ms, job->id);
	event_key(entrance->kind, picks, body, len, job->key);
	job->event = (struct new_event){
		.id = job->id,
		.key = job->key,
		.source = entrance->name,
		.source_kind = entrance->kind->conf.name,
		.body_len = len,
		.received_at = now_ms,
		.state = EVENT_ACCEPTED,
	};
	if (entrance->kind->bearer)
		cut_token(job, entrance, body, len);
	else
		job->body = mem_strn(body, len);
	job->event.body = job->body;
	job->event.sealed = job->sealed;
	submit(in, &job->job);
}

static void
read_body(struct intake *in, const struct entrance *entrance, struct httpd_request *request,
          const char *body, size_t len)
{
	struct err why;
	struct json_picks picks;
	enum json_answer is = json_pick(body, len, entrance->kind->wants, &picks, &why);

	if (is == JSON_NOT_JSON && store_failing(in->store, &why))
		answer_unavailable(request, "the store cannot take events now");
	else if (is == JSON_NOT_JSON)
		answer_error(request, 400, why.text, METRIC_INGEST_BAD_REQUEST);
	else if (is == JSON_TREE && entrance->kind->is_verification(&picks))
		answer(request, 200, "{\"status\":\"verified\"}", METRIC_INGEST_VERIFIED);
	else
		accept_event(in, entrance, request, is == JSON_TREE ? &picks : NULL, body, len);
	json_picks_fini(&picks);
}

static const struct entrance *
entrance_at(const struct intake *in, const char *path)
{
	static const char prefix[] = "/hooks/";

	if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
		return NULL;
	for (size_t i = 0; i < in->count; i++)
		if (strcmp(path + sizeof(prefix) - 1, in->entrances[i].name) == 0)
			return &in->entrances[i];
	return NULL;
}

static void
on_request(struct httpd_request *request, void *arg)
{
	struct intake *in = arg;
	const struct entrance *entrance = entrance_at(in, httpd_path(request));
	const char *body, *fault;
	size_t len;
	int code;

	metric_set(METRIC_INGEST_CONNECTIONS, httpd_connections(in->httpd));
	if (entrance == NULL) {
		answer_error(request, 404, "no such source", METRIC_INGEST_OTHER);
		return;
	}
	if (httpd_method(request) != HTTPD_POST) {
		httpd_reply_header(request, "Allow", "POST");
		answer_error(request, 405, "webhooks come by POST", METRIC_INGEST_OTHER);
		return;
	}
	fault = httpd_fault(request, &code);
	if (fault != NULL) {
		answer_error(request, code, fault, METRIC_INGEST_OTHER);
		return;
	}
	body = httpd_body(request, &len);
	if (!verifier_accepts(entrance->verifier, httpd_header(request, entrance->kind->header),
	                      body, len)) {
		log_warn("signature refused", "source", entrance->name, LOG_END);
		answer_error(request, 401, "the signature is missing or does not match",
		             METRIC_INGEST_BAD_SIGNATURE);
		return;
	}
	if (store_backlog(in->store) >= in->conf->limits.queue) {
		answer_unavailable(request, "too many events are waiting");
		return;
	}
	read_body(in, entrance, request, body, len);
}

static void
close_entrances(struct intake *in)
{
	for (size_t i = 0; i < in->count; i++)
		verifier_free(in->entrances[i].verifier);
	free(in->entrances);
	conf_release(in->conf);
}

static void
open_entrances(struct intake *in, struct conf *conf)
{
	in->conf = conf_hold(conf);
	in->count = conf->sources.count;
	in->entrances = mem_array(in->count + 1, sizeof(*in->entrances));
	for (size_t i = 0; i < in->count; i++) {
		const struct conf_source *source = conf_item(conf->sources, struct conf_source, i);
		struct entrance *entrance = &in->entrances[i];

		entrance->name = source->name;
		entrance->kind = source_kind_named(source->kind->name);
		entrance->options = source->options;
		entrance->verifier = verifier_new(entrance->kind, &entrance->options->hmac_key);
	}
}

static struct httpd_options
options_of(const struct conf *conf)
{
	return (struct httpd_options){
		.address = conf->listen.ingest,
		.certificate_file = conf->listen.tls.certificate_file,
		.key_file = conf->listen.tls.key_file,
		.body_max = (size_t)conf->limits.body,
		.header_max = (size_t)conf->limits.headers,
		.request_ms = conf->limits.request,
		.idle_ms = conf->limits.idle,
		.connections_max = (unsigned)conf->limits.connections,
	};
}

int
intake_new(struct intake **out, struct loop *loop, struct store *store, struct conf *conf,
           struct err *err)
{
	struct intake *in = mem_alloc(sizeof(*in));
	struct httpd_options options = options_of(conf);

	*out = NULL;
	in->store = store;
	in->no_more = timer_new(loop, no_more, in);
	open_entrances(in, conf);
	if (httpd_new(&in->httpd, loop, &options, on_request, in, err) != 0) {
		intake_free(in);
		return -1;
	}
	*out = in;
	return 0;
}

void
intake_configure(struct intake *in, struct conf *conf)
{
	struct intake old = *in;
	struct httpd_options options = options_of(conf);

	httpd_limit(in->httpd, &options);
	open_entrances(in, conf);
	close_entrances(&old);
}

const char *
intake_address(const struct intake *in)
{
	return httpd_address(in->httpd);
}

void
intake_drain(struct intake *in)
{
	httpd_drain(in->httpd);
	no_more(in);
}

bool
intake_idle(const struct intake *in)
{
	return httpd_open_requests(in->httpd) == 0;
}

void
intake_free(struct intake *in)
{
	if (in == NULL)
		return;
	timer_free(in->no_more);
	httpd_free(in->httpd);
	close_entrances(in);
	free(in);
}
