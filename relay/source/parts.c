#include "relay/source/parts.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"

/* A kind is shown in lists and is part of an incident's key: no novels. */
#define KIND_CHARS 100

void
event_start(struct event *event, json_t *body)
{
	memset(event, 0, sizeof(*event));
	event->type = EVENT_UNKNOWN;
	event->body = json_incref(body);
}

void
event_says(struct event *event, enum event_type type, const char *kind)
{
	if (kind == NULL || kind[0] == '\0')
		kind = "payload";
	free((char *)event->kind);
	event->type = type;
	event->kind = mem_strn(kind, utf8_prefix(kind, KIND_CHARS));
}

const char *
event_keep(struct event *event, const char *text, size_t len)
{
	json_t *kept = json_stringn_nocheck(text, len);

	if (event->made == NULL)
		event->made = json_array();
	if (json_array_append_new(event->made, kept) != 0)
		return NULL;
	return json_string_value(kept);
}

bool
workspace_is_told(const struct workspace_ref *ws)
{
	return ws->id != NULL || (ws->organization != NULL && ws->name != NULL);
}

void
workspace_place(struct workspace_ref *ws, const char *const *urls, size_t count)
{
	for (size_t i = 0; i < count && ws->host == NULL; i++)
		ws->host = urls[i] ? url_authority(urls[i]) : NULL;
}

/* NULL unless it looks like a run's URL.  A workspace may be named "runs": the last one counts. */
static char *
before_run(const char *run_url)
{
	static const char mark[] = "/runs/";
	const char *end = NULL;

	if (run_url == NULL || !url_is_http(run_url))
		return NULL;
	for (const char *at = strstr(run_url, mark); at != NULL; at = strstr(at + 1, mark))
		end = at;
	if (end == NULL)
		return NULL;
	char *before = mem_strn(run_url, (size_t)(end - run_url));
	if (url_is_http(before))
		return before;
	free(before); /* "https://runs/x" */
	return NULL;
}

static void
add_encoded(struct buf *url, const char *part)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *part != '\0'; part++) {
		if (strchr(plain, *part) != NULL)
			buf_putc(url, *part);
		else
			buf_printf(url, "%%%02X", (unsigned)(unsigned char)*part);
	}
}

char *
workspace_url(const struct workspace_ref *ws)
{
	struct buf url = {0};

	if (ws->host == NULL || ws->organization == NULL || ws->name == NULL)
		return NULL;
	buf_printf(&url, "https://%s/app/", ws->host);
	add_encoded(&url, ws->organization);
	buf_putc(&url, '/');
	add_encoded(&url, ws->name);
	return buf_take(&url);
}

void
workspace_link(struct workspace_ref *ws, const char *app_url, const char *run_url)
{
	if (app_url != NULL && url_is_http(app_url))
		ws->url = mem_str(app_url);
	else
		ws->url = before_run(run_url);
	if (ws->url == NULL)
		ws->url = workspace_url(ws);
}

void
identity_add_bytes(struct buf *out, const char *text, size_t len)
{
	buf_number(out, len);
	buf_putc(out, ':');
	buf_add(out, text, len);
	buf_putc(out, ',');
}

void
identity_add(struct buf *out, const char *text)
{
	if (text != NULL)
		identity_add_bytes(out, text, strlen(text));
	else
		buf_puts(out, "-,");
}
