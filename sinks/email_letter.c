/*
 * A notification document as one mail: its words, and its place in the
 * thread of its incident.
 *
 * Everything but the thread comes from the document alone, the time included,
 * so a retry is the same mail under the same Message-ID.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/message/digest.h"
#include "relay/message/templates.h"
#include "relay/message/view.h"
#include "sinks/email_parts.h"
#include "sinks/mail_address.h"
#include "sinks/mail_message.h"
#include "sinks/post.h"

#define SUBJECT_CHARS 200
#define ID_BYTES 100       /* of a notification's or an incident's id */
#define MESSAGE_ID_MAX 500 /* of one read back */
#define DRILL "Drill: "

/* ---- words ---- */

struct words {
	struct buf subject, text, html; /* html empty: none */
};

static void
words_fini(struct words *words)
{
	buf_fini(&words->subject);
	buf_fini(&words->text);
	buf_fini(&words->html);
}

static bool
is_drill(const json_t *document)
{
	const char *reason = json_text_at(document, "reason");

	return reason && strcmp(reason, "drill") == 0;
}

/* The built-in words: they need nothing but the document. */
static void
builtin(const json_t *document, struct words *out)
{
	static const char *const paths[] = {"title", "summary", "url"};

	words_fini(out);
	text_line(&out->subject,
	          json_text_at(document, "title") ? json_text_at(document, "title") : "",
	          SUBJECT_CHARS);
	if (is_drill(document))
		buf_puts(&out->text, "This is a drill.\n\n");
	for (size_t i = 0; i < COUNT(paths); i++) {
		const char *text = json_filled_at(document, paths[i]);
		if (text)
			buf_printf(&out->text, "%s\n\n", text);
	}
	if (out->text.len)
		out->text.data[--out->text.len] = '\0'; /* one line end is enough */
}

static int
render(const struct email *email, const char *ending, const json_t *view, int64_t now_ms,
       struct buf *out, struct err *err)
{
	char *file =
		templates_file_for(email->env->templates, view, email->options->template, ending);
	int rc = file ? templates_text(email->env->templates, file, view, now_ms, out, err)
	              : err_set(err, "there is no template for digests");

	free(file);
	return rc;
}

static bool
has_html(const struct email *email, const json_t *document)
{
	char *file = templates_file_for(email->env->templates, document, email->options->template,
	                                ".html");
	bool has = file && templates_have(email->env->templates, file);

	free(file);
	return has;
}

static char *
list_id(const struct email *email)
{
	const char *domain = mail_address_domain(email->from);

	if (email->options->list_id)
		return mem_str(email->options->list_id);
	return mem_fmt("driftbell.%s", *domain == '[' ? "localhost" : domain);
}

/* -1: one of the templates failed. */
static int
rendered(const struct email *email, const struct message *message, int64_t now_ms,
         struct words *out, struct err *err)
{
	struct buf line = {0};
	char *list = list_id(email);
	json_t *values = json_pack("{s:s}", "list", list);
	json_t *view = view_of(message->document, values);
	int rc = render(email, ".line", view, now_ms, &line, err);

	if (rc == 0)
		rc = render(email, ".txt", view, now_ms, &out->text, err);
	if (rc == 0 && !message->plain && has_html(email, message->document))
		rc = render(email, ".html", view, now_ms, &out->html, err);
	text_line(&out->subject, buf_text(&line), SUBJECT_CHARS);
	buf_fini(&line);
	json_decref(view);
	json_decref(values);
	free(list);
	return rc;
}

static void
words_of(const struct email *email, const struct message *message, int64_t now_ms,
         struct words *out, char **fault)
{
	struct err err = {0};

	*out = (struct words){0};
	*fault = NULL;
	if (!email->env->templates) {
		builtin(message->document, out);
	} else if (rendered(email, message, now_ms, out, &err) < 0) {
		*fault = mem_str(err.text);
		builtin(message->document, out);
	}
}

/* ---- the thread ---- */

/* Ids are ours and made of letters, digits and "_"; should one ever not be, it
 * does no harm in a header. */
static void
add_id(struct buf *out, const char *id)
{
	static const char taken[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

	for (size_t i = 0; id[i] && i < ID_BYTES; i++)
		buf_putc(out, strchr(taken, id[i]) ? id[i] : '-');
}

static char *
message_id(const struct email *email, const struct message *message)
{
	struct buf id = {0};

	add_id(&id, message->id);
	buf_printf(&id, ".%lld@%s", (long long)message->revision, mail_address_domain(email->from));
	return buf_take(&id);
}

/* No mail has this Message-ID; readers make the incident's thread below it. */
static char *
thread_root(const struct email *email, const struct message *message)
{
	const char *incident = json_filled_at(message->document, "incident.id");
	struct buf id = {0};

	add_id(&id, incident ? incident : message->id);
	buf_printf(&id, "@%s", mail_address_domain(email->from));
	return buf_take(&id);
}

static bool
is_message_id(const char *text)
{
	const char *c = text;

	while (*c > ' ' && *c < 0x7f && *c != '<' && *c != '>')
		c++;
	return *c == '\0' && c > text && c - text <= MESSAGE_ID_MAX && strchr(text, '@');
}

/*
 * The ids of the thread so far, its root first.  The mail before may be this
 * very one, of an attempt that reached a part of the list.
 */
static json_t *
thread_of(const struct email *email, const struct message *message, const char *own)
{
	json_t *ids = json_array(), *id;
	size_t i;

	json_array_foreach(json_at(message->reference, "message_ids"), i, id)
	{
		const char *text = json_string_value(id);
		if (text && strcmp(text, own) == 0)
			break;
		if (text && is_message_id(text))
			json_array_append(ids, id);
	}
	if (json_array_size(ids) == 0) {
		char *root = thread_root(email, message);
		json_array_append_new(ids, json_string(root));
		free(root);
	}
	while (json_array_size(ids) > MAIL_REFERENCES_MAX)
		json_array_remove(ids, 1);
	return ids;
}

/* What the thread is called stays: several readers take another subject for
 * another thread. */
static void
subject_of(const struct message *message, const struct words *words, struct buf *out)
{
	const char *known = json_filled_at(message->reference, "subject");
	const char *title = json_filled_at(message->document, "title");

	if (known) {
		text_line(out, known, SUBJECT_CHARS);
	} else {
		const char *subject = buf_text(&words->subject);
		if (is_drill(message->document) && !strcasestr(subject, "drill"))
			buf_puts(out, DRILL);
		buf_puts(out, subject);
	}
	if (out->len && out->data[out->len - 1] == ' ') /* where it was cut */
		out->data[--out->len] = '\0';
	if (out->len == 0)
		text_line(out, title ? title : "Driftbell", SUBJECT_CHARS);
}

/* ---- the mail ---- */

/*
 * When the incident, or the digest, came to be as the document tells it.  A reminder tells what
 * has been so for days, and its mail is of now.
 */
static int64_t
date_of(const struct message *message)
{
	const char *reason = json_text_at(message->document, "reason");
	int64_t at =
		json_time_at(message->document,
	                     is_digest(message->document) ? "period.to" : "incident.updated_at");
	bool reminder = reason && strcmp(reason, "reminder") == 0;

	return at && !reminder ? at : message->attempt_at_ms;
}

static bool
is_urgent(const json_t *document)
{
	const char *severity = json_text_at(document, "incident.severity");
	const char *status = json_text_at(document, "incident.status");

	return severity && status && strcmp(severity, "critical") == 0 &&
	       strcmp(status, "open") == 0 && !is_drill(document);
}

static void
build(const struct email *email, const struct message *message, struct mail mail, struct buf *out)
{
	const json_t *document = message->document;
	bool urgent = is_urgent(document);
	const struct mail_header extra[] = {
		{"X-Driftbell-Kind", json_text_at(document, "incident.kind")},
		{"X-Driftbell-Severity", json_text_at(document, "incident.severity")},
		{"X-Driftbell-Status", json_text_at(document, "incident.status")},
		{"X-Driftbell-Incident", json_text_at(document, "incident.id")},
		{"X-Driftbell-Team", json_text_at(document, "team")},
		{"X-Driftbell-Reason", json_text_at(document, "reason")},
		{"Importance", urgent ? "high" : NULL},
		{"X-Priority", urgent ? "1 (Highest)" : NULL},
		{NULL, NULL},
	};
	char *list = list_id(email);

	mail.from_name = email->from_name;
	mail.from = email->from;
	mail.to = (const char *const *)email->to.items;
	mail.to_count = email->to.count;
	mail.reply_to = email->options->reply_to;
	mail.list_name = "Driftbell alerts";
	mail.list_id = list;
	mail.extra = extra;
	mail_build(&mail, out);
	free(list);
}

void
email_letter(const struct email *email, const struct message *message,
             struct email_delivery *delivery)
{
	int64_t date_ms = date_of(message);
	char *own = message_id(email, message);
	json_t *ids = thread_of(email, message, own);
	const char *references[MAIL_REFERENCES_MAX];
	struct words words;
	struct buf subject = {0};

	words_of(email, message, date_ms, &words, &delivery->template_fault);
	subject_of(message, &words, &subject);
	for (size_t i = 0; i < json_array_size(ids); i++)
		references[i] = json_string_value(json_array_get(ids, i));
	struct mail mail = {
		.subject = subject.data,
		.date_ms = date_ms,
		.message_id = own,
		.references = references,
		.reference_count = json_array_size(ids),
		.text = buf_text(&words.text),
		.html = words.html.len ? words.html.data : NULL,
	};
	build(email, message, mail, &delivery->data);
	json_array_append_new(ids, json_string(own));
	delivery->reference = json_pack("{s:s, s:o}", "subject", subject.data, "message_ids", ids);
	words_fini(&words);
	buf_fini(&subject);
	free(own);
}
