#include "relay/admin/admin.h"

#include <stdlib.h>
#include <string.h>

#include "relay/admin/access.h"
#include "relay/admin/api.h"
#include "relay/admin/call.h"
#include "relay/admin/health.h"
#include "relay/admin/reply.h"
#include "relay/base/buf.h"
#include "relay/base/mem.h"
#include "relay/runtime/httpd.h"

#define ADMIN_BODY_MAX ((size_t)64 * 1024)
#define ADMIN_CONNECTIONS_MAX 128

struct admin {
	struct admin_env env;
	struct conf *conf; /* at the start: what guards the listener belongs to it */
	struct httpd *httpd;
	struct call_home *home;
};

/*
 * Everything the admin side answers.  {id} is one segment of the path.  A row
 * has either `health`, answered at once, or `work`, done by the store.
 */
static const struct route {
	const char *path;
	enum httpd_method method;
	bool open; /* needs no token */
	health_fn *health;
	api_work_fn *work;
	unsigned flags;
	const struct api_filter *filters;
	api_cursor_fn *cursor; /* of a list */
} routes[] = {
	{"/healthz", HTTPD_GET, .open = true, .health = health_alive},
	{"/readyz", HTTPD_GET, .open = true, .health = health_ready},
	{"/metrics", HTTPD_GET, .health = health_metrics},
	{"/api/v1/status", HTTPD_GET, .work = api_status, .flags = API_APIS},
	{"/api/v1/incidents", HTTPD_GET, .work = api_incident_list, .filters = api_incident_filters,
         .cursor = api_incident_cursor},
	{"/api/v1/incidents/{id}", HTTPD_GET, .work = api_incident_show},
	{"/api/v1/incidents/{id}/ack", HTTPD_POST, .work = api_incident_ack,
         .flags = API_WRITE | API_BODY},
	/* Where links.base_url in a message or a run leads: there is no page yet. */
	{"/incidents", HTTPD_GET, .work = api_incident_list, .filters = api_incident_filters,
         .cursor = api_incident_cursor},
	{"/incidents/{id}", HTTPD_GET, .work = api_incident_show},
	{"/workspaces", HTTPD_GET, .work = api_workspace_list, .filters = api_workspace_filters,
         .cursor = api_workspace_cursor},
	{"/workspaces/{id}", HTTPD_GET, .work = api_workspace_show},
	{"/api/v1/images", HTTPD_GET, .work = api_image_list, .filters = api_image_filters,
         .cursor = api_image_cursor},
	{"/api/v1/workspaces", HTTPD_GET, .work = api_workspace_list,
         .filters = api_workspace_filters, .cursor = api_workspace_cursor},
	{"/api/v1/coverage", HTTPD_GET, .work = api_coverage_list, .filters = api_coverage_filters,
         .cursor = api_workspace_cursor},
	{"/api/v1/deliveries", HTTPD_GET, .work = api_delivery_list,
         .filters = api_delivery_filters, .cursor = api_delivery_cursor},
	{"/api/v1/deliveries/{id}/retry", HTTPD_POST, .work = api_delivery_retry,
         .flags = API_WRITE},
	{"/api/v1/silences", HTTPD_GET, .work = api_silence_list, .cursor = api_silence_cursor},
	{"/api/v1/silences", HTTPD_POST, .work = api_silence_add, .flags = API_WRITE | API_BODY},
	{"/api/v1/silences/{id}", HTTPD_DELETE, .work = api_silence_drop, .flags = API_WRITE},
	{"/api/v1/events", HTTPD_GET, .work = api_event_list, .filters = api_event_filters,
         .cursor = api_event_cursor},
	{"/api/v1/events/{id}", HTTPD_GET, .work = api_event_show},
	{"/api/v1/events/{id}/replay", HTTPD_POST, .work = api_event_replay, .flags = API_WRITE},
};

/* Does path fit the pattern?  *id gets the segment at {id}, to free(). */
static bool
path_fits(const char *pattern, const char *path, char **id)
{
	const char *hole = strstr(pattern, "{id}");
	size_t before = hole ? (size_t)(hole - pattern) : strlen(pattern), len;

	*id = NULL;
	if (!hole)
		return strcmp(pattern, path) == 0;
	if (strncmp(pattern, path, before) != 0)
		return false;
	path += before;
	len = strcspn(path, "/");
	if (len == 0 || strcmp(path + len, hole + strlen("{id}")) != 0)
		return false;
	*id = mem_strn(path, len);
	return true;
}

/* What is answered to a path that is there, or is not, with another method. */
static void
refuse_method(struct httpd_request *request, const char *path)
{
	static const char *const words[] = {
		[HTTPD_GET] = "GET, HEAD", [HTTPD_POST] = "POST", [HTTPD_DELETE] = "DELETE"};
	struct buf allow = {0};
	char *id;

	for (size_t i = 0; i < COUNT(routes); i++) {
		if (!path_fits(routes[i].path, path, &id))
			continue;
		free(id);
		buf_printf(&allow, "%s%s", allow.len ? ", " : "", words[routes[i].method]);
	}
	if (allow.len) {
		httpd_reply_header(request, "Allow", buf_text(&allow));
		reply_error(request, 405, "this takes %s", buf_text(&allow));
	} else {
		reply_error(request, 404, "there is nothing here");
	}
	buf_fini(&allow);
}

static const struct route *
find_route(struct httpd_request *request, char **id)
{
	enum httpd_method method = httpd_method(request);

	if (method == HTTPD_HEAD)
		method = HTTPD_GET;
	for (size_t i = 0; i < COUNT(routes); i++) {
		if (routes[i].method != method ||
		    !path_fits(routes[i].path, httpd_path(request), id))
			continue;
		return &routes[i];
	}
	return NULL;
}

/* Who may not come in learns nothing, not even which paths there are. */
static struct refusal
check_access(struct admin *admin, const struct route *route, const struct httpd_request *request)
{
	struct refusal refusal = access_site(admin->conf, httpd_address(admin->httpd), request);

	if (!refusal.code && !(route && route->open))
		refusal = access_token(admin->conf, request);
	if (!refusal.code && route && (route->flags & API_WRITE))
		refusal = access_content(request);
	return refusal;
}

static void
answer(struct admin *admin, struct httpd_request *request)
{
	char *id = NULL;
	const struct route *route = find_route(request, &id);
	struct refusal refusal = check_access(admin, route, request);

	if (refusal.code == 401)
		httpd_reply_header(request, "WWW-Authenticate", "Bearer");
	if (refusal.code)
		reply_error(request, refusal.code, "%s", refusal.why);
	else if (!route)
		refuse_method(request, httpd_path(request));
	else if (route->health)
		route->health(&admin->env, request);
	else
		call_start(admin->home, request,
		           &(struct call_want){route->work, route->flags, route->filters,
		                               route->cursor, id});
	free(id);
}

static void
on_request(struct httpd_request *request, void *arg)
{
	int code;
	const char *fault = httpd_fault(request, &code);

	if (fault)
		reply_error(request, code, "%s", fault);
	else
		answer(arg, request);
}

int
admin_new(struct admin **out, const struct admin_env *env, struct err *err)
{
	struct conf *conf = env->conf(env->arg);
	struct admin *admin = mem_alloc(sizeof *admin);
	const struct httpd_options options = {
		.address = conf->listen.admin,
		.certificate_file = conf->listen.admin_tls.certificate_file,
		.key_file = conf->listen.admin_tls.key_file,
		.body_max = ADMIN_BODY_MAX,
		.header_max = (size_t)conf->limits.headers,
		.request_ms = conf->limits.request,
		.idle_ms = conf->limits.idle,
		.connections_max = ADMIN_CONNECTIONS_MAX,
	};

	*out = NULL;
	admin->env = *env;
	if (httpd_new(&admin->httpd, env->loop, &options, on_request, admin, err) < 0) {
		free(admin);
		return err_prefix(err, "admin listener");
	}
	admin->conf = conf_hold(conf);
	admin->home = call_home_new(env);
	*out = admin;
	return 0;
}

const char *
admin_address(const struct admin *admin)
{
	return httpd_address(admin->httpd);
}

void
admin_free(struct admin *admin)
{
	if (!admin)
		return;
	httpd_free(admin->httpd);
	call_home_close(admin->home);
	conf_release(admin->conf);
	free(admin);
}
