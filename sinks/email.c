#include "sinks/email.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "sinks/email_parts.h"
#include "sinks/kinds.h"
#include "sinks/mail_address.h"

#define AT(member) offsetof(struct email_options, member)

static const char *const securities[] = {"starttls", "tls", "none", NULL};
static const char *const auths[] = {"password", "xoauth2", NULL};
static const char *const tls_versions[] = {"1.2", "1.3", NULL};

static const struct key keys[] = {
	{.name = "server",
         .type = KEY_TEXT,
         .offset = AT(server),
         .flags = KEY_REQUIRED,
         .help = "HOST:PORT of the mail server that takes our mail."},
	{.name = "security",
         .type = KEY_CHOICE,
         .offset = AT(security),
         .choices = securities,
         .fallback = "starttls",
         .help = "TLS after a greeting in clear (starttls), TLS from the first byte (tls, as on "
                 "port 465), or none."},
	{.name = "auth",
         .type = KEY_CHOICE,
         .offset = AT(auth),
         .choices = auths,
         .fallback = "password",
         .help = "How the user name is proved; with xoauth2 the password is an access token."},
	{.name = "tls_min",
         .type = KEY_CHOICE,
         .offset = AT(tls_min),
         .choices = tls_versions,
         .fallback = "1.2",
         .help = "The oldest version of TLS that is taken."},
	{.name = "username",
         .type = KEY_TEXT,
         .offset = AT(username),
         .help = "Whom to log in as; nobody when left out."},
	{.name = "password",
         .type = KEY_SECRET,
         .offset = AT(password),
         .help = "The password of that user, or its access token."},
	{.name = "ca_file",
         .type = KEY_PATH,
         .offset = AT(ca_file),
         .help = "Certificates, in PEM, to trust instead of the system's."},
	{.name = "from",
         .type = KEY_TEXT,
         .offset = AT(from),
         .flags = KEY_REQUIRED,
         .help = "Who writes: \"Name <local@domain>\" or an address."},
	{.name = "to",
         .type = KEY_TEXTS,
         .offset = AT(to),
         .flags = KEY_REQUIRED,
         .help = "The addresses it goes to, at most 100; {{team}} in one is the team's name."},
	{.name = "sender",
         .type = KEY_TEXT,
         .offset = AT(sender),
         .help = "The address that bounces go to; the one in from when left out."},
	{.name = "reply_to",
         .type = KEY_TEXT,
         .offset = AT(reply_to),
         .help = "The address that answers go to."},
	{.name = "hello",
         .type = KEY_TEXT,
         .offset = AT(hello),
         .help = "The name to greet the server with; the domain of from when left out."},
	{.name = "list_id",
         .type = KEY_TEXT,
         .offset = AT(list_id),
         .help = "The List-Id that readers sort by; driftbell. and the domain of from when left "
                 "out."},
	{.name = "template",
         .type = KEY_TEXT,
         .offset = AT(template),
         .fallback = "notification",
         .help = "The template: NAME.line is the subject, NAME.txt the text, NAME.html the HTML."},
	{.name = NULL},
};

static int
email_open(struct sink **out, const void *arg, const char *team, const struct sink_env *env,
           struct err *err)
{
	const struct email_options *options = arg;
	struct email *email = mem_alloc(sizeof(*email));

	email->kind = &sink_email;
	email->env = env;
	email->options = options;
	email->end = &email->waiting;
	email->to = email_to(options, team);
	*out = (struct sink *)email;
	bool to = email->to.count > 0;
	if (to && email_server_parse(options->server, &email->host, &email->port) &&
	    mail_mailbox_parse(options->from, &email->from_name, &email->from))
		return 0;
	sink_email.close(*out);
	*out = NULL;
	return err_set(err, to ? "server or from is not as it must be"
	                       : "all its addresses need a team");
}

static void
email_send(struct sink *sink, const struct message *message, sink_done_fn *done, void *arg)
{
	struct email *email = (struct email *)sink;
	struct email_delivery *delivery = mem_alloc(sizeof(*delivery));

	delivery->before = message->recipients ? json_deep_copy(message->recipients) : NULL;
	delivery->plain = message->plain;
	delivery->done = done;
	delivery->arg = arg;
	email_owed(&email->to, delivery);
	email_letter(email, message, delivery);
	email_queue(email, delivery);
}

/* Line ends as people's tools have them; all else is the mail as it is. */
static char *
email_show(const void *options, const char *team, const struct templates *templates,
           const struct message *message, json_t **reference, struct err *fault)
{
	const struct sink_env env = {.templates = templates};
	struct email_delivery delivery = {.plain = message->plain};
	struct buf out = {0};
	struct sink *sink;

	if (email_open(&sink, options, team, &env, fault) != 0)
		return mem_str("");
	email_letter((struct email *)sink, message, &delivery);
	if (delivery.template_fault)
		err_set(fault, "%s", delivery.template_fault);
	for (const char *c = buf_text(&delivery.data); *c; c++)
		if (*c != '\r')
			buf_putc(&out, *c);
	sink_email.close(sink);
	free(delivery.template_fault);
	if (reference)
		*reference = json_incref(delivery.reference);
	json_decref(delivery.reference);
	buf_fini(&delivery.data);
	return out.len ? buf_take(&out) : mem_str("");
}

static void
email_close(struct sink *sink)
{
	struct email *email = (struct email *)sink;

	email_queue_fini(email);
	email_to_fini(&email->to);
	free(email->host);
	free(email->from_name);
	free(email->from);
	free(email);
}

static const char *const template_endings[] = {".line", ".txt", NULL};

const struct sink_kind sink_email = {
	.conf = {.name = "email",
                 .keys = keys,
                 .size = sizeof(struct email_options),
                 .check = email_check,
                 .check_team = email_check_team,
                 .needs_team = email_needs_team},
	.has_plain = true,
	.template_endings = template_endings,
	/* A session full, and another that waits for it. */
	.slots = 2 * MAIL_BATCH_MAX,
	.pace_ms = 1000, /* a flood gathers meanwhile, and is one mail */
	.per_team = email_per_team,
	.destination = email_destination,
	.open = email_open,
	.send = email_send,
	.show = email_show,
	.close = email_close,
};
