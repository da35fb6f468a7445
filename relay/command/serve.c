/*
 * driftbell serve: run the relay until SIGTERM; SIGHUP reloads.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/admin/admin.h"
#include "relay/base/log.h"
#include "relay/base/metrics.h"
#include "relay/command/command.h"
#include "relay/command/kinds.h"
#include "relay/flow/load.h"
#include "relay/flow/relay.h"

struct service {
	const char *config_path;
	struct conf *started; /* what the keys that a reload does not change are taken from */
	struct loop *loop;
	struct relay *relay;
	struct admin *admin;
	struct loop_signal *on_term, *on_int, *on_hup;
};

static void
log_report(const struct buf *report, enum log_level level)
{
	char *text = strdup(buf_text(report)), *rest = text;

	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		if (line[0] != '\0')
			log_line(strstr(line, ": warning: ") != NULL ? LOG_WARN : level, "config",
			         "fault", line, LOG_END);
	free(text);
}

static int
load(struct loaded *loaded, const char *path)
{
	struct buf report = {0};
	int rc = relay_load(loaded, path, &command_kinds, &report);

	log_report(&report, LOG_ERROR);
	buf_fini(&report);
	return rc;
}

static void
reload(void *arg)
{
	struct service *service = arg;
	struct loaded loaded;
	char *kept;

	if (load(&loaded, service->config_path) != 0) {
		metric_add(METRIC_CONFIG_RELOAD_FAILURES, 1);
		log_error("reload refused, the old config and templates stay", "config",
		          service->config_path, LOG_END);
		return;
	}
	kept = conf_restart_changes(service->started, loaded.conf);
	if (kept[0] != '\0')
		log_warn("these keys change at the next start only", "keys", kept, LOG_END);
	free(kept);
	relay_reload(service->relay, loaded.conf, loaded.templates);
	loaded_release(&loaded);
	metric_add(METRIC_CONFIG_RELOADS, 1);
	log_info("config reloaded", "config", service->config_path, LOG_END);
}

static void
drained(void *arg)
{
	struct service *service = arg;

	loop_stop(service->loop);
}

static void
stop(void *arg)
{
	struct service *service = arg;

	log_info("stopping", LOG_END);
	relay_drain(service->relay, drained, service);
}

static struct conf *
conf_of(void *arg)
{
	return relay_conf(((struct service *)arg)->relay);
}

static void
wake(void *arg)
{
	relay_wake(((struct service *)arg)->relay);
}

static json_t *
apis(void *arg)
{
	return relay_apis(((struct service *)arg)->relay);
}

/* The listeners are opened before the loop runs, and close with the drain. */
static bool
ready(void *arg, struct err *err)
{
	struct service *service = arg;

	if (!relay_draining(service->relay))
		return true;
	err_set(err, "the relay is stopping");
	return false;
}

static int
start(struct service *service, const struct loaded *loaded, struct err *err)
{
	struct admin_env env = {
		.conf = conf_of, .wake = wake, .ready = ready, .apis = apis, .arg = service};

	if (relay_new(&service->relay, service->loop, loaded->conf, loaded->templates, err) != 0)
		return -1;
	env.loop = service->loop;
	env.store = relay_store(service->relay);
	if (admin_new(&service->admin, &env, err) != 0)
		return -1;
	service->on_term = loop_on_signal(service->loop, SIGTERM, stop, service);
	service->on_int = loop_on_signal(service->loop, SIGINT, stop, service);
	service->on_hup = loop_on_signal(service->loop, SIGHUP, reload, service);
	log_info("ready", "ingest", relay_ingest_address(service->relay), "admin",
	         admin_address(service->admin), LOG_END);
	return 0;
}

static void
finish(struct service *service)
{
	loop_signal_free(service->on_term);
	loop_signal_free(service->on_int);
	loop_signal_free(service->on_hup);
	admin_free(service->admin);
	relay_free(service->relay);
	loop_free(service->loop);
	conf_release(service->started);
}

static int
run(const struct command_context *context, int argc, char **argv)
{
	struct service service = {.config_path = context->config_path};
	struct loaded loaded;
	struct err err = {{0}};
	int rc;

	(void)argv;
	if (argc != 1)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	if (load(&loaded, context->config_path) != 0)
		return 1;
	service.started = conf_hold(loaded.conf);
	service.loop = loop_new();
	rc = start(&service, &loaded, &err);
	loaded_release(&loaded);
	if (rc == 0)
		loop_run(service.loop);
	else
		log_error("cannot start", "error", err.text, LOG_END);
	finish(&service);
	if (rc == 0)
		log_info("stopped", LOG_END);
	return rc == 0 ? 0 : 1;
}

const struct command command_serve = {
	.name = "serve",
	.arguments = "",
	.summary = "run the relay; SIGHUP reloads the config, SIGTERM drains and stops",
	.run = run,
};
