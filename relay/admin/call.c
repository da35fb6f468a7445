#include "relay/admin/call.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "relay/admin/reply.h"
#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/config/faults.h"

struct call {
	struct store_job job; /* first */
	struct call_home *home;
	struct httpd_request *request;
	api_work_fn *work;
	struct conf *conf;
	struct api_ask ask; /* its text is in owned[] */
	char *owned[API_FILTERS_MAX + 2];
	size_t owned_count;
	json_t *body, *apis;
	struct api_answer answer;
	char *text; /* the answer, printed */
};

struct call_home *
call_home_new(const struct admin_env *env)
{
	struct call_home *home = mem_alloc(sizeof *home);

	home->env = *env;
	home->references = 1;
	return home;
}

static void
home_release(struct call_home *home)
{
	if (--home->references == 0)
		free(home);
}

void
call_home_close(struct call_home *home)
{
	home->closed = true;
	home_release(home);
}

int
api_refuse(struct api_answer *answer, int code, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = mem_vfmt(fmt, args);
	va_end(args);
	answer->code = code;
	answer->body = json_pack("{s:s}", "error", text);
	free(text);
	return 0;
}

static void
call_reset(struct call *call)
{
	json_decref(call->answer.body);
	free(call->text);
	call->text = NULL;
	call->answer = (struct api_answer){.code = 200};
}

static void
call_free(struct call *call)
{
	call_reset(call);
	for (size_t i = 0; i < call->owned_count; i++)
		free(call->owned[i]);
	json_decref(call->body);
	json_decref(call->apis);
	conf_release(call->conf);
	home_release(call->home);
	free(call);
}

/* A thread of the store. */
static int
on_run(struct store_job *job, struct db *db, struct err *err)
{
	struct call *call = (struct call *)job;

	call_reset(call);
	if (call->work(&call->ask, db, &call->answer, err) < 0)
		return -1;
	call->text = call->answer.body ? json_dumps(call->answer.body, JSON_COMPACT) : NULL;
	return call->text ? 0 : err_set(err, "the answer could not be written as JSON");
}

/* The loop again. */
static void
on_done(struct store_job *job, int rc)
{
	struct call *call = (struct call *)job;
	const struct admin_env *env = &call->home->env;

	if (rc < 0)
		log_error("admin request failed", "reason", call->job.failure.text, LOG_END);
	if (rc == 0 && call->answer.wake && !call->home->closed)
		env->wake(env->arg);
	/* Also when the listener is gone: that gives the request back. */
	if (rc == 0)
		reply_text(call->request, call->answer.code, "application/json", call->text,
		           strlen(call->text));
	else
		reply_error(call->request, 503, "the store cannot do this now");
	call_free(call);
}

/* Keeps a copy for the life of the call. */
static const char *
own(struct call *call, const char *text)
{
	char *copy = mem_str(text);

	if (copy)
		call->owned[call->owned_count++] = copy;
	return copy;
}

static int
parse_limit(const char *text, int64_t *limit, struct err *err)
{
	size_t len = text ? strlen(text) : 0;

	*limit = QUERY_LIMIT_DEFAULT;
	if (!text)
		return 0;
	*limit = len > 0 && len <= 9 && strspn(text, "0123456789") == len ? atoi(text) : 0;
	if (*limit < 1 || *limit > QUERY_LIMIT_MAX)
		return err_set(err, "limit must be a number from 1 to %d", QUERY_LIMIT_MAX);
	return 0;
}

/* One more of what may stand there. */
static void
add_word(struct err *err, const char *word)
{
	size_t len = strlen(err->text);

	snprintf(err->text + len, sizeof err->text - len, ", %s", word);
}

static int
check_choice(const struct api_filter *filter, const char *value, struct err *err)
{
	for (size_t n = 0; filter->choices[n]; n++)
		if (strcmp(filter->choices[n], value) == 0)
			return 0;
	err_set(err, "%s must be one of %s", filter->name, filter->choices[0]);
	for (size_t n = 1; filter->choices[n]; n++)
		add_word(err, filter->choices[n]);
	return -1;
}

/* "?bucket=" would list all: a script whose variable is empty did not want that. */
static int
check_value(const struct api_filter *filter, const char *value, struct err *err)
{
	if (!*value)
		return err_set(err, "%s has no value", filter->name);
	if (strlen(value) > API_VALUE_MAX)
		return err_set(err, "%s is longer than %d bytes", filter->name, API_VALUE_MAX);
	return filter->choices ? check_choice(filter, value, err) : 0;
}

/* What every list takes. */
static const struct api_filter paging[] = {{"limit", NULL}, {"after", NULL}, {NULL, NULL}};

static bool
is_among(const struct api_filter *filters, const char *name, size_t len)
{
	for (; filters && filters->name; filters++)
		if (strlen(filters->name) == len && strncmp(filters->name, name, len) == 0)
			return true;
	return false;
}

static int
refuse_parameter(const struct api_filter *filters, const char *name, size_t len, struct err *err)
{
	char *text = mem_strn(name, len), *quoted = faults_quote(text);

	err_set(err, "%s is none of limit, after", quoted);
	for (; filters && filters->name; filters++)
		add_word(err, filters->name);
	free(quoted);
	free(text);
	return -1;
}

static int
read_page(struct call *call, const struct call_want *want, struct err *err)
{
	const struct api_filter *cursor = &paging[1];
	struct httpd_request *request = call->request;
	const char *name = NULL, *value;
	size_t len;

	while (httpd_query_next(request, &name, &len))
		if (!is_among(paging, name, len) && !is_among(want->filters, name, len))
			return refuse_parameter(want->filters, name, len, err);
	value = httpd_query(request, cursor->name);
	if (value && check_value(cursor, value, err) < 0)
		return -1;
	if (value && !want->cursor(value))
		return err_set(err, "after must be the next of a page of this list");
	call->ask.page.after = own(call, value);
	return parse_limit(httpd_query(request, "limit"), &call->ask.page.limit, err);
}

static int
read_query(struct call *call, const struct call_want *want, struct err *err)
{
	const char *value;

	for (size_t i = 0; want->filters && want->filters[i].name; i++) {
		value = httpd_query(call->request, want->filters[i].name);
		if (value && check_value(&want->filters[i], value, err) < 0)
			return -1;
		call->ask.values[i] = own(call, value);
	}
	return want->cursor ? read_page(call, want, err) : 0;
}

static int
read_body(struct call *call, struct err *err)
{
	struct err why = {""};
	size_t len;
	const char *text = httpd_body(call->request, &len);

	if (json_read(text, len, &call->body, &why) != JSON_TREE)
		return err_set(err, "the body must be a JSON object: %s", why.text);
	call->ask.body = call->body;
	return json_is_object(call->body) ? 0 : err_set(err, "the body must be a JSON object");
}

void
call_start(struct call_home *home, struct httpd_request *request, const struct call_want *want)
{
	struct call *call = mem_alloc(sizeof *call);
	struct err err = {""};

	home->references++;
	call->home = home;
	call->request = request;
	call->work = want->work;
	call->conf = conf_hold(home->env.conf(home->env.arg));
	call->ask.conf = call->conf;
	call->ask.id = own(call, want->id);
	call->ask.now_ms = clock_wall_ms();
	call->job.run = on_run;
	call->job.done = on_done;
	call->job.awaited = true;
	if (read_query(call, want, &err) < 0 ||
	    ((want->flags & API_BODY) && read_body(call, &err) < 0)) {
		reply_error(request, 400, "%s", err.text);
		call_free(call);
		return;
	}
	if (want->flags & API_APIS)
		call->ask.apis = call->apis = home->env.apis(home->env.arg);
	if (want->flags & API_WRITE)
		store_submit(home->env.store, &call->job);
	else
		store_read(home->env.store, &call->job);
}
