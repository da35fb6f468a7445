#include "sinks/email.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "sinks/email_parts.h"
#include "sinks/kinds.h"
#include "sinks/mail_address.h"

#define USERNAME_MAX 255 /* RFC 4616 2 */
#define CA_LINE_MAX 256  /* what is longer is no line of PEM */

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
         .help = "The addresses it goes to, at most 100."},
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

/* ---- the server ---- */

/* Letters, digits, dots, dashes, and the underscores of container networks. */
static bool
is_host(const char *host)
{
	static const char taken[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

	return *host && !strchr(".-", *host) && host[strspn(host, taken)] == '\0' &&
	       strlen(host) <= 253;
}

static bool
is_six(const char *host)
{
	struct in6_addr six;

	return inet_pton(AF_INET6, host, &six) == 1;
}

static bool
parse_port(const char *text, int *port)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 5 || text[len] != '\0')
		return false;
	*port = (int)strtol(text, NULL, 10);
	return *port > 0 && *port <= 65535;
}

bool
email_server_parse(const char *server, char **host, int *port)
{
	const char *colon = strrchr(server, ':');
	bool bracketed = *server == '[' && colon && colon - server > 2 && colon[-1] == ']';

	*host = NULL;
	if (!colon || !parse_port(colon + 1, port))
		return false;
	*host = bracketed ? mem_strn(server + 1, (size_t)(colon - server) - 2)
	                  : mem_strn(server, (size_t)(colon - server));
	if (bracketed ? is_six(*host) : is_host(*host))
		return true;
	free(*host);
	*host = NULL;
	return false;
}

static bool
is_loopback(const char *host)
{
	struct in_addr four;
	struct in6_addr six;

	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	return strcasecmp(host, "localhost") == 0;
}

/* ---- what does not fit together ---- */

static char *
check_login(const struct email_options *options, const char *host)
{
	if (options->username && options->password.count == 0)
		return mem_str("username needs password_file or password_env");
	if (!options->username && options->password.count)
		return mem_str("a password needs username");
	if (options->username && strlen(options->username) > USERNAME_MAX)
		return mem_fmt("username is longer than %d bytes", USERNAME_MAX);
	if (!options->username && options->auth == MAIL_AUTH_XOAUTH2)
		return mem_str("auth: xoauth2 needs username");
	if (options->security != MAIL_NONE)
		return NULL;
	if (options->auth == MAIL_AUTH_XOAUTH2)
		return mem_str("auth: xoauth2 needs security: starttls or tls");
	if (options->tls_min)
		return mem_str("tls_min needs security: starttls or tls");
	if (options->ca_file)
		return mem_str("ca_file needs security: starttls or tls");
	if (options->username && host && !is_loopback(host))
		return mem_str("security: none would send the password in clear; with a username "
		               "it is for a server on loopback only");
	return NULL;
}

static char *
check_address(const char *key, const char *address)
{
	if (!address || mail_address_valid(address))
		return NULL;
	return mem_fmt("%s: \"%s\" is not an address as local@domain", key, address);
}

/* One more fault of a sink, where there is one. */
static void
gather(struct buf *faults, char *fault)
{
	if (fault)
		buf_printf(faults, "%s%s", faults->len ? "; " : "", fault);
	free(fault);
}

static char *
check_to(const struct key_texts *to)
{
	struct buf faults = {0};

	if (to->count == 0 || to->count > MAIL_RECIPIENTS_MAX)
		return mem_fmt("to: needs 1 to %d addresses", MAIL_RECIPIENTS_MAX);
	for (size_t i = 0; i < to->count; i++) {
		bool twice = false;

		gather(&faults, check_address("to", to->items[i]));
		for (size_t j = 0; j < i && !twice; j++)
			twice = strcasecmp(to->items[i], to->items[j]) == 0;
		if (twice)
			gather(&faults, mem_fmt("to: \"%s\" is there twice", to->items[i]));
	}
	return faults.len ? buf_take(&faults) : NULL;
}

static bool
holds_certificate(FILE *file)
{
	static const char *const begins[] = {"-----BEGIN CERTIFICATE-----",
	                                     "-----BEGIN TRUSTED CERTIFICATE-----",
	                                     "-----BEGIN X509 CERTIFICATE-----"};
	char line[CA_LINE_MAX];

	while (fgets(line, sizeof(line), file))
		for (size_t i = 0; i < COUNT(begins); i++)
			if (strncmp(line, begins[i], strlen(begins[i])) == 0)
				return true;
	return false;
}

/* Else each mail would fail, and only then. */
static char *
check_authorities(const char *path)
{
	FILE *file = path ? fopen(path, "re") : NULL;
	char *fault = NULL;

	if (path && !file)
		return mem_fmt("ca_file: \"%s\" cannot be read: %s", path, strerror(errno));
	if (file && !holds_certificate(file))
		fault = ferror(file) ? mem_fmt("ca_file: \"%s\" cannot be read: %s", path,
		                               strerror(errno))
		                     : mem_fmt("ca_file: \"%s\" holds no certificate in PEM", path);
	if (file)
		fclose(file);
	return fault;
}

static char *
check_from(const char *from)
{
	char *name, *address;

	if (!mail_mailbox_parse(from, &name, &address))
		return mem_fmt("from: \"%s\" is neither an address nor \"Name <local@domain>\"",
		               from);
	free(name);
	free(address);
	return NULL;
}

static void
check_names(const struct email_options *options, struct buf *faults)
{
	static const char taken[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *template = options->template;

	if (options->hello && !mail_domain_valid(options->hello))
		gather(faults, mem_fmt("hello: \"%s\" is not a host name", options->hello));
	if (options->list_id && (*options->list_id == '[' || !mail_domain_valid(options->list_id)))
		gather(faults,
		       mem_fmt("list_id: \"%s\" is not like a host name", options->list_id));
	if (*template == '.' || template[strspn(template, taken)])
		gather(faults, mem_fmt("template: \"%s\" is not the name of a template", template));
}

/* Every fault, one behind the other. */
static char *
check(const void *arg)
{
	const struct email_options *options = arg;
	struct buf faults = {0};
	char *host;
	int port;

	if (!email_server_parse(options->server, &host, &port))
		gather(&faults, mem_fmt("server: needs HOST:PORT or [IPV6]:PORT, not \"%s\"",
		                        options->server));
	gather(&faults, check_login(options, host));
	free(host);
	gather(&faults, check_authorities(options->ca_file));
	gather(&faults, check_from(options->from));
	gather(&faults, check_to(&options->to));
	gather(&faults, check_address("sender", options->sender));
	gather(&faults, check_address("reply_to", options->reply_to));
	check_names(options, &faults);
	return faults.len ? buf_take(&faults) : NULL;
}

/* ---- the row ---- */

static int
by_text(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* The server and everybody on the list, in whatever order and case. */
static char *
destination(const void *arg)
{
	const struct email_options *options = arg;
	size_t count = options->to.count;
	char **sorted = mem_array(count, sizeof(*sorted));
	char digest[SHA256_HEX_SIZE];
	struct buf text = {0};

	memcpy(sorted, options->to.items, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_text);
	buf_puts(&text, options->server);
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "\n%s", sorted[i]);
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] >= 'A' && text.data[i] <= 'Z')
			text.data[i] = (char)(text.data[i] - 'A' + 'a');
	sha256_hex(text.data, text.len, digest);
	buf_fini(&text);
	free(sorted);
	return mem_fmt("email %s", digest);
}

static int
email_open(struct sink **out, const void *arg, const struct sink_env *env, struct err *err)
{
	const struct email_options *options = arg;
	struct email *email = mem_alloc(sizeof(*email));

	email->kind = &sink_email;
	email->env = env;
	email->options = options;
	email->end = &email->waiting;
	*out = (struct sink *)email;
	if (email_server_parse(options->server, &email->host, &email->port) &&
	    mail_mailbox_parse(options->from, &email->from_name, &email->from))
		return 0;
	sink_email.close(*out);
	*out = NULL;
	return err_set(err, "server or from is not as it must be");
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
	email_owed(email->options, delivery);
	email_letter(email, message, delivery);
	email_queue(email, delivery);
}

/* Line ends as people's tools have them; all else is the mail as it is. */
static char *
email_show(const void *options, const struct templates *templates, const struct message *message,
           struct err *fault)
{
	const struct sink_env env = {.templates = templates};
	struct email_delivery delivery = {.plain = message->plain};
	struct buf out = {0};
	struct sink *sink;

	if (email_open(&sink, options, &env, fault) != 0)
		return mem_str("");
	email_letter((struct email *)sink, message, &delivery);
	if (delivery.template_fault)
		err_set(fault, "%s", delivery.template_fault);
	for (const char *c = buf_text(&delivery.data); *c; c++)
		if (*c != '\r')
			buf_putc(&out, *c);
	sink_email.close(sink);
	free(delivery.template_fault);
	json_decref(delivery.reference);
	buf_fini(&delivery.data);
	return out.len ? buf_take(&out) : mem_str("");
}

static void
email_close(struct sink *sink)
{
	struct email *email = (struct email *)sink;

	email_queue_fini(email);
	free(email->host);
	free(email->from_name);
	free(email->from);
	free(email);
}

static const char *
template_name(const void *options)
{
	return ((const struct email_options *)options)->template;
}

/* NAME.html may be there; these two must. */
static const char *const template_endings[] = {".line", ".txt", NULL};

const struct sink_kind sink_email = {
	.conf = {.name = "email",
                 .keys = keys,
                 .size = sizeof(struct email_options),
                 .check = check},
	.has_plain = true,
	.template_endings = template_endings,
	.template_name = template_name,
	/* A session full, and another that waits for it. */
	.slots = 2 * MAIL_BATCH_MAX,
	.destination = destination,
	.open = email_open,
	.send = email_send,
	.show = email_show,
	.close = email_close,
};
