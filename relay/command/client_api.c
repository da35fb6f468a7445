#include "relay/command/client_api.h"

#include <getopt.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"

int
client_api_init(struct client_api *api, const struct conf *conf, const char *where, struct err *err)
{
	const struct secret *token = &conf->listen.admin_token;

	*api = (struct client_api){.bearer = NULL};
	if (token->count == 0 && token->origin)
		return err_set(err, "listen.%s", token->origin);
	if (client_target_init(&api->target, where ? where : conf->listen.admin,
	                       &conf->listen.admin_tls, err) < 0) {
		if (!where)
			err_prefix(err, "listen.admin (--admin ADDRESS names another)");
		return -1;
	}
	if (token->count > 0)
		api->bearer = mem_fmt("Authorization: Bearer %s", token->values[0]);
	return 0;
}

void
client_api_fini(struct client_api *api)
{
	if (api->bearer)
		mem_wipe_free(api->bearer, strlen(api->bearer));
	client_target_fini(&api->target);
}

static int
read_answer(int code, const struct buf *answer, json_t **out, struct err *err)
{
	struct err unreadable = {""};
	json_t *json = NULL;
	const char *why;

	if (json_read(buf_text(answer), answer->len, &json, &unreadable) != JSON_TREE)
		json = NULL;
	if (code == 200 && json) {
		*out = json;
		return 0;
	}
	why = json_filled_at(json, "error");
	if (code == 200)
		err_set(err, "the relay's answer cannot be read: %s", unreadable.text);
	else if (why)
		err_set(err, "the relay answered %d: %s", code, why);
	else
		err_set(err, "the relay answered %d", code);
	json_decref(json);
	return -1;
}

int
client_api_get(const struct client_api *api, const char *path, json_t **out, struct err *err)
{
	const struct client_request request = {
		.method = "GET",
		.path = path,
		.headers = (const char *const[]){api->bearer, NULL},
	};
	struct buf answer = {0};
	int code = client_send(&api->target, &request, &answer, err);
	int rc = code < 0 ? -1 : read_answer(code, &answer, out, err);

	buf_fini(&answer);
	return rc;
}

static void
add_query(struct buf *path, const char *name, const char *value)
{
	char *escaped = value ? curl_easy_escape(NULL, value, (int)strlen(value)) : NULL;

	if (escaped)
		buf_printf(path, "&%s=%s", name, escaped);
	curl_free(escaped);
}

int
client_api_pages(const struct client_api *api, const struct client_list *list, client_page_fn *page,
                 void *arg, struct err *err)
{
	char *after = NULL;
	int rc;

	do {
		struct buf url = {0};
		json_t *answer = NULL;

		buf_printf(&url, "%s?limit=%d", list->path, list->page);
		for (size_t i = 0; list->queries[i].name; i++)
			add_query(&url, list->queries[i].name, list->queries[i].value);
		add_query(&url, "after", after);
		rc = client_api_get(api, buf_text(&url), &answer, err);
		buf_fini(&url);
		free(after);
		after = NULL;
		if (rc == 0) {
			page(arg, json_at(answer, "items"));
			after = mem_str(json_filled_at(answer, "next"));
		}
		json_decref(answer);
	} while (after);
	return rc;
}

int
client_options(int argc, char **argv, struct client_want *want, const struct client_filter *filters)
{
	enum { FILTER, JSON = CLIENT_FILTERS_MAX, ADMIN };
	struct option options[CLIENT_FILTERS_MAX + 3] = {
		{"json", no_argument, NULL, JSON},
		{"admin", required_argument, NULL, ADMIN},
	};
	int option;

	for (int i = 0; filters != NULL && filters[i].name != NULL; i++)
		options[2 + i] =
			(struct option){filters[i].name, required_argument, NULL, FILTER + i};
	optind = 0; /* start over: main has looked at its own options */
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == JSON)
			want->as_json = true;
		else if (option == ADMIN)
			want->where = optarg;
		else if (option < CLIENT_FILTERS_MAX)
			*filters[option].value = optarg;
		else
			return 2;
	}
	return optind == argc ? 0 : 2;
}

int
client_ask(const struct command_context *context, const struct client_want *want,
           client_ask_fn *ask, void *arg)
{
	struct conf *conf = client_conf(context);
	struct client_api api;
	struct err err = {""};
	int rc;

	if (!conf)
		return 1;
	rc = client_api_init(&api, conf, want->where, &err);
	if (rc == 0) {
		rc = ask(&api, arg, &err);
		client_api_fini(&api);
	}
	conf_release(conf);
	if (rc != 0) {
		char *clean = log_escape(err.text);

		fprintf(stderr, "driftbell: %s\n", clean);
		free(clean);
	}
	return rc == 0 ? 0 : 1;
}

void
client_print_json(const json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
}

struct listed {
	bool pages, items; /* there were any */
};

static void
print_items(void *arg, const json_t *items)
{
	struct listed *listed = arg;
	const json_t *item;
	size_t i;

	if (!listed->pages)
		fputs("{\"items\": [", stdout);
	listed->pages = true;
	json_array_foreach(items, i, item)
	{
		fputs(listed->items ? ",\n" : "\n", stdout);
		client_print_json(item);
		listed->items = true;
	}
}

int
client_print_list(const struct client_api *api, const struct client_list *list, struct err *err)
{
	struct listed listed = {false, false};
	int rc = client_api_pages(api, list, print_items, &listed, err);

	/* What broke off is not closed: it must not be taken for the whole. */
	if (rc == 0)
		puts("],\n\"next\": null}");
	return rc;
}
