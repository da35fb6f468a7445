#include "relay/command/explain_message.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/base/buf.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/sign.h"

#define DOCUMENT_SCHEMA "driftbell.notification.v1"
#define MEMBERS_MAX 12

/* ---- mail: as sinks/mail_message.h builds it, its line ends "\n" ---- */

#define WORD_BEGIN "=?UTF-8?B?"
#define WORD_END "?="

/* A header field's value, unfolded; NULL when it is not there.  `header` ends with an empty line. */
static char *
field(const char *header, const char *name)
{
	struct buf value = {0};
	size_t len = strlen(name);
	bool inside = false;

	for (const char *line = header; *line && *line != '\n';) {
		size_t end = strcspn(line, "\n");
		bool folded = *line == ' ' || *line == '\t';

		if (!folded)
			inside = strncasecmp(line, name, len) == 0 && line[len] == ':';
		if (inside) {
			/* The blank behind the colon is none of the value, wherever it stands. */
			const char *text = folded ? line : line + len + 1;

			text += value.len == 0 ? strspn(text, " \t") : 0;
			buf_add(&value, text, (size_t)(line + end - text));
		}
		line += end + (line[end] == '\n');
	}
	if (value.len)
		return buf_take(&value);
	buf_fini(&value);
	return NULL;
}

/* One encoded word at the begin of text; how long it is, or 0. */
static size_t
decode_word(const char *text, struct buf *out)
{
	const char *data = text + strlen(WORD_BEGIN), *end;
	unsigned char *bytes;
	char *base64;
	size_t len;

	if (strncasecmp(text, WORD_BEGIN, strlen(WORD_BEGIN)) != 0)
		return 0;
	end = strstr(data, WORD_END);
	if (!end)
		return 0;
	base64 = mem_strn(data, (size_t)(end - data));
	bytes = base64_decode(base64, &len);
	free(base64);
	if (!bytes)
		return 0;
	buf_add(out, bytes, len);
	free(bytes);
	return (size_t)(end - text) + strlen(WORD_END);
}

/* RFC 2047: blanks between two encoded words are none. */
static void
add_decoded(struct buf *out, const char *value)
{
	while (*value) {
		size_t word = decode_word(value, out), blanks;

		if (!word) {
			buf_putc(out, *value++);
			continue;
		}
		value += word;
		blanks = strspn(value, " \t");
		if (strncasecmp(value + blanks, WORD_BEGIN, strlen(WORD_BEGIN)) == 0)
			value += blanks;
	}
}

static int
hex(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static void
add_unquoted(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '=') {
			buf_putc(out, text[i]);
		} else if (i + 1 < len && text[i + 1] == '\n') {
			i++;
		} else if (i + 2 < len && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
			buf_putc(out, (char)(hex(text[i + 1]) * 16 + hex(text[i + 2])));
			i += 2;
		} else {
			buf_putc(out, text[i]);
		}
	}
}

/* "--BOUNDARY" of a mail with several parts, or NULL. */
static char *
boundary_of(const char *header)
{
	static const char name[] = "boundary=\"";
	char *type = field(header, "Content-Type"), *out = NULL;
	const char *at = type ? strstr(type, name) : NULL;

	if (at)
		out = mem_fmt("--%.*s", (int)strcspn(at + strlen(name), "\""), at + strlen(name));
	free(type);
	return out;
}

/* The text is the first part, or all there is. */
static bool
add_text(struct buf *out, const char *header)
{
	char *boundary = boundary_of(header);
	const char *body = strstr(header, "\n\n"), *end = NULL;

	if (boundary && body)
		body = strstr(body, boundary);
	if (boundary && body)
		body = strstr(body, "\n\n");
	if (body)
		body += 2;
	if (boundary && body)
		end = strstr(body, boundary);
	if (body)
		add_unquoted(out, body, end ? (size_t)(end - body) : strlen(body));
	free(boundary);
	return body != NULL;
}

static bool
mail(struct buf *out, const char *message)
{
	static const char *const names[] = {"From", "To", "Subject", "Message-ID"};

	for (size_t i = 0; i < COUNT(names); i++) {
		char *value = field(message, names[i]);

		if (!value)
			return false;
		buf_printf(out, "%s: ", names[i]);
		add_decoded(out, value);
		buf_putc(out, '\n');
		free(value);
	}
	buf_putc(out, '\n');
	return add_text(out, message);
}

/* ---- Slack ---- */

/* Every text object below, in order; each begins a line. */
static void
add_texts(struct buf *out, const json_t *node)
{
	const char *text = json_text_at(node, "text"), *name;
	json_t *child;
	size_t i;

	if (text)
		buf_printf(out, "%s\n", text);
	json_array_foreach(node, i, child) add_texts(out, child);
	json_object_foreach((json_t *)node, name, child) add_texts(out, child);
}

static bool
add_payload(struct buf *out, const json_t *payload)
{
	const char *text = json_text_at(payload, "text");

	if (text) {
		buf_printf(out, "%s\n", text);
		if (json_array_size(json_object_get(payload, "blocks")) > 0)
			buf_putc(out, '\n');
		add_texts(out, json_object_get(payload, "blocks"));
	}
	return text != NULL;
}

/* One call of the Web API: its method's line and its arguments; what is behind them, or NULL. */
static const char *
add_call(struct buf *out, const char *message)
{
	size_t method = strcspn(message, "\n");
	const char *body = message + method + (message[method] == '\n');
	json_error_t end;
	json_t *payload = json_loadb(body, strlen(body), JSON_DISABLE_EOF_CHECK, &end);
	const char *channel = json_text_at(payload, "channel"), *thread;
	bool read = false;

	if (method > 0 && channel) {
		thread = json_text_at(payload, "thread_ts");
		buf_printf(out, "%s%.*s in %s%s\n\n", out->len > 0 ? "\n" : "", (int)method,
		           message, channel, thread ? ", in the thread" : "");
		read = add_payload(out, payload);
	}
	json_decref(payload);
	return read ? body + end.position + strspn(body + end.position, "\n") : NULL;
}

/* What an incoming webhook gets, or the calls of a bot. */
static bool
slack(struct buf *out, const char *message)
{
	json_t *payload = json_loads(message, 0, NULL);
	bool read = payload ? add_payload(out, payload) : *message != '\0';

	while (!payload && read && *message != '\0')
		read = (message = add_call(out, message)) != NULL;
	json_decref(payload);
	return read;
}

/* ---- webhook ---- */

/* "alerts, status, and 3 more" */
static void
add_members(struct buf *out, json_t *object)
{
	size_t count = 0;
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		if (count++ < MEMBERS_MAX)
			buf_printf(out, "%s%s", count > 1 ? ", " : "", name);
	}
	if (count > MEMBERS_MAX)
		buf_printf(out, " and %zu more", count - MEMBERS_MAX);
}

static bool
webhook(struct buf *out, const char *message)
{
	const char *empty = strstr(message, "\n\n");
	json_t *body = empty ? json_loads(empty + 2, JSON_DECODE_ANY, NULL) : NULL;
	char *type = field(message, "Content-Type"), *signature;
	const char *schema = json_text_at(body, "schema");

	if (body) {
		signature = field(message, "webhook-signature");
		buf_printf(out, "%s%s: ", type ? type : "JSON", signature ? ", signed" : "");
		free(signature);
		if (schema && strcmp(schema, DOCUMENT_SCHEMA) == 0)
			buf_puts(out, "the document " DOCUMENT_SCHEMA);
		else if (json_is_object(body))
			add_members(out, body);
		else
			buf_puts(out, json_is_array(body) ? "a list" : "a single value");
		buf_putc(out, '\n');
	}
	free(type);
	json_decref(body);
	return body != NULL;
}

/* ---- all ---- */

char *
explain_message(const char *kind, const char *message)
{
	static const struct {
		const char *kind;
		bool (*add)(struct buf *, const char *message);
	} kinds[] = {{"email", mail}, {"slack", slack}, {"webhook", webhook}};
	struct buf out = {0};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (strcmp(kinds[i].kind, kind) != 0 || !kinds[i].add(&out, message))
			continue;
		while (out.len > 1 && out.data[out.len - 1] == '\n' &&
		       out.data[out.len - 2] == '\n')
			out.data[--out.len] = '\0';
		return buf_take(&out);
	}
	buf_fini(&out);
	return mem_str(message);
}
