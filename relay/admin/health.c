#include "relay/admin/health.h"

#include <stdlib.h>

#include "relay/admin/reply.h"
#include "relay/base/buf.h"
#include "relay/base/metrics.h"

void
health_alive(const struct admin_env *env, struct httpd_request *request)
{
	(void)env;
	reply_json(request, 200, json_pack("{s:s}", "status", "alive"));
}

void
health_ready(const struct admin_env *env, struct httpd_request *request)
{
	struct err why = {""};

	if (store_failing(env->store, &why) || !env->ready(env->arg, &why))
		reply_json(request, 503,
		           json_pack("{s:s, s:s}", "status", "unready", "reason", why.text));
	else
		reply_json(request, 200, json_pack("{s:s}", "status", "ready"));
}

void
health_metrics(const struct admin_env *env, struct httpd_request *request)
{
	struct buf text = {0};

	(void)env;
	metrics_text(&text);
	reply_text(request, 200, "text/plain; version=0.0.4; charset=utf-8", buf_text(&text),
	           text.len);
	buf_fini(&text);
}
