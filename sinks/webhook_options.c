#include "sinks/webhook.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/config/conf.h"
#include "relay/runtime/guard.h"
#include "sinks/address.h"
#include "sinks/post.h"

/* Far more than anybody needs. */
#define VALUES_MAX 64
#define HEADERS_MAX 32

#define VALUE_AT(member) offsetof(struct webhook_value, member)

static const struct key value_keys[] = {
	{.name = "name",
         .type = KEY_TEXT,
         .offset = VALUE_AT(name),
         .flags = KEY_REQUIRED,
         .help = "As the template names it: values.NAME."},
	{.name = "value", .type = KEY_TEXT, .offset = VALUE_AT(value), .help = "What it holds."},
	{.name = "value",
         .type = KEY_SECRET,
         .offset = VALUE_AT(secret),
         .help = "The same for what is a secret."},
	{.name = NULL},
};

static const struct key header_keys[] = {
	{.name = "name",
         .type = KEY_TEXT,
         .offset = VALUE_AT(name),
         .flags = KEY_REQUIRED,
         .help = "Of a request header."},
	{.name = "value", .type = KEY_TEXT, .offset = VALUE_AT(value), .help = "What it says."},
	{.name = "value",
         .type = KEY_SECRET,
         .offset = VALUE_AT(secret),
         .help = "The same for what is a secret."},
	{.name = NULL},
};

#define AT(member) offsetof(struct webhook_options, member)

const struct key webhook_keys[] = {
	{.name = "url",
         .type = KEY_TEXT,
         .offset = AT(url),
         .help = "Where to post to, http or https; {{team}} behind the host is the team's name."},
	{.name = "url",
         .type = KEY_SECRET,
         .offset = AT(secret_url),
         .help = "The same for a URL that is a secret itself."},
	{.name = "secret",
         .type = KEY_SECRET,
         .offset = AT(secret),
         .flags = KEY_PLURAL,
         .help = "Signing secrets of Standard Webhooks: \"whsec_\" and base64, one a line; each "
                 "signs. Required without a template."},
	{.name = "template",
         .type = KEY_TEXT,
         .offset = AT(template),
         .help = "NAME of the template NAME.json; without one the notification document is sent."},
	{.name = "content_type",
         .type = KEY_TEXT,
         .offset = AT(content_type),
         .help = "Of the body; by itself application/json, and application/cloudevents+json for "
                 "the template cloudevents."},
	{.name = "values",
         .type = KEY_LIST,
         .offset = AT(values),
         .keys = value_keys,
         .size = sizeof(struct webhook_value),
         .help = "What the template sees as values.NAME."},
	{.name = "headers",
         .type = KEY_LIST,
         .offset = AT(headers),
         .keys = header_keys,
         .size = sizeof(struct webhook_value),
         .help = "More request headers."},
	{.name = "allow_private",
         .type = KEY_BOOL,
         .offset = AT(allow_private),
         .fallback = "false",
         .help = "May call loopback and private addresses, and plain http."},
	{.name = NULL},
};

/* As it was given; NULL: not at all. */
static const char *
given_url(const struct webhook_options *options)
{
	if (options->url)
		return options->url;
	return options->secret_url.count ? options->secret_url.values[0] : NULL;
}

char *
webhook_url(const struct webhook_options *options, const char *team)
{
	char *url = url_trimmed(given_url(options));
	char *out = address_url_for(url, team);

	mem_wipe_free(url, strlen(url));
	return out;
}

bool
webhook_per_team(const void *arg)
{
	const char *url = given_url(arg);

	return url && address_varies(url);
}

const char *
webhook_text(const struct webhook_value *value)
{
	return value->value ? value->value : value->secret.values[0];
}

const char *
webhook_content_type(const struct webhook_options *options)
{
	static const struct {
		const char *template, *content_type;
	} implied[] = {{"cloudevents", "application/cloudevents+json; charset=UTF-8"}};

	if (options->content_type)
		return options->content_type;
	for (size_t i = 0; options->template && i < COUNT(implied); i++)
		if (strcmp(options->template, implied[i].template) == 0)
			return implied[i].content_type;
	return "application/json";
}

static bool
is_made_of(const char *text, const char *more)
{
	for (const char *c = text; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", *c) &&
		    !strchr(more, *c))
			return false;
	return *text != '\0';
}

/* What a template can name. */
static char *
fault_of_value(const struct webhook_value *value)
{
	if (!is_made_of(value->name, "_-"))
		return mem_fmt("\"%s\" is no name: letters, digits, _ and -", value->name);
	return NULL;
}

/* What the request itself says, or HTTP between us and the next hop. */
static bool
is_taken(const char *name)
{
	static const char *const taken[] = {
		"Connection", "Content-Length", "Content-Type",      "Expect",  "Host",
		"TE",         "Trailer",        "Transfer-Encoding", "Upgrade", "User-Agent",
	};

	for (size_t i = 0; i < COUNT(taken); i++)
		if (strcasecmp(name, taken[i]) == 0)
			return true;
	return strncasecmp(name, "webhook-", 8) == 0;
}

/* A field value of RFC 9110, section 5.5, that begins and ends with something to see. */
static bool
is_header_text(const char *text)
{
	size_t len = strlen(text);

	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if ((*c < ' ' && *c != '\t') || *c == 0x7f)
			return false;
	return len > 0 && !strchr(" \t", text[0]) && !strchr(" \t", text[len - 1]);
}

static char *
fault_of_header(const struct webhook_value *header)
{
	if (!is_made_of(header->name, "!#$%&'*+-.^_`|~"))
		return mem_fmt("\"%s\" is no name of a header", header->name);
	if (is_taken(header->name))
		return mem_fmt("%s is not yours to set", header->name);
	if (!is_header_text(webhook_text(header)))
		return mem_fmt("the value of %s is not one line of text", header->name);
	return NULL;
}

/* A fault with the list's name in front. */
static char *
fault_of_list(const char *list, const struct key_list *items, size_t max,
              char *(*fault_of)(const struct webhook_value *))
{
	char *fault = NULL, *out;

	if (items->count > max)
		return mem_fmt("%s: at most %zu", list, max);
	for (size_t i = 0; !fault && i < items->count; i++) {
		const struct webhook_value *item = conf_item(*items, struct webhook_value, i);

		if (!item->value == !item->secret.count)
			fault = mem_fmt(
				"give exactly one of value, value_file and value_env for %s",
				item->name);
		else
			fault = fault_of(item);
		for (size_t j = 0; !fault && j < i; j++)
			if (strcasecmp(conf_item(*items, struct webhook_value, j)->name,
			               item->name) == 0)
				fault = mem_fmt("%s stands there twice", item->name);
	}
	out = fault ? mem_fmt("%s: %s", list, fault) : NULL;
	free(fault);
	return out;
}

static char *
fault_of_secrets(const struct webhook_options *options)
{
	if (!options->secret.count && !options->template)
		return mem_str("secret_file or secret_env is missing: "
		               "only a webhook with a template may go unsigned");
	for (size_t i = 0; i < options->secret.count; i++) {
		size_t len;
		unsigned char *key = webhook_key(options->secret.values[i], &len);
		if (!key)
			return mem_fmt(
				"secret %zu of %s is not \"whsec_\" and base64 of %d to %d bytes",
				i + 1, options->secret.origin, WEBHOOK_KEY_MIN, WEBHOOK_KEY_MAX);
		mem_wipe_free(key, len);
	}
	return NULL;
}

/* Where the host of a URL ends. */
static const char *
behind_host(const char *url)
{
	const char *authority = strstr(url, "://");

	return authority ? authority + 3 + strcspn(authority + 3, "/?#") : url;
}

/* Not quoted: a URL can hold a secret. */
static char *
fault_of_url(const struct webhook_options *options)
{
	const char *from = options->url ? "url" : options->secret_url.origin;
	char *fault = address_fault(given_url(options)), *out;
	char *url = fault ? NULL : webhook_url(options, "team");

	if (fault)
		out = mem_fmt("%s: %s", from, fault);
	else if (!url_is_http(url))
		out = mem_fmt(options->url ? "%s needs an http or https URL without a user name"
		                           : "%s does not hold an http(s) URL",
		              from);
	else if (strcspn(given_url(options), "{") <
	         (size_t)(behind_host(given_url(options)) - given_url(options)))
		out = mem_fmt("%s: a host cannot be named after the team", from);
	else if (guard_url_fault(url, options->allow_private))
		out = mem_fmt("%s%s %s", options->url ? "" : "the URL in ", from,
		              guard_url_fault(url, options->allow_private));
	else
		out = NULL;
	if (url)
		mem_wipe_free(url, strlen(url));
	free(fault);
	return out;
}

/* A name that is %-encoded stands in any path. */
char *
webhook_check_team(const void *arg, const char *team)
{
	const struct webhook_options *options = arg;
	const char *given = given_url(options);
	char *fault = given ? address_fault(given) : NULL;
	char *url = given && !fault ? webhook_url(options, team) : NULL;
	bool missing = given && !fault && !url;

	if (url)
		mem_wipe_free(url, strlen(url));
	free(fault);
	return missing ? mem_str("its URL needs a team") : NULL;
}

char *
webhook_check(const void *arg)
{
	const struct webhook_options *options = arg;

	if (!options->url == !options->secret_url.count)
		return mem_str("give exactly one of url, url_file and url_env");
	char *fault = fault_of_url(options);
	if (fault)
		return fault;
	if (options->values.count && !options->template)
		return mem_str("values are for a template, and there is none");
	if (options->content_type && !is_header_text(options->content_type))
		return mem_str("content_type is not one line of text");
	fault = fault_of_secrets(options);
	if (!fault)
		fault = fault_of_list("values", &options->values, VALUES_MAX, fault_of_value);
	if (!fault)
		fault = fault_of_list("headers", &options->headers, HEADERS_MAX, fault_of_header);
	return fault;
}

static int
by_name(const void *a, const void *b)
{
	const struct webhook_value *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

char *
webhook_destination(const void *arg, const char *team)
{
	const struct webhook_options *options = arg;
	size_t count = options->values.count;
	char *url = webhook_url(options, team);
	if (!url)
		return NULL;
	const struct webhook_value **sorted = mem_array(count + 1, sizeof(*sorted));
	struct buf address = {0};

	for (size_t i = 0; i < count; i++)
		sorted[i] = conf_item(options->values, struct webhook_value, i);
	qsort(sorted, count, sizeof(*sorted), by_name);
	buf_puts(&address, url);
	for (size_t i = 0; i < count; i++)
		buf_printf(&address, "\n%s=%s", sorted[i]->name, webhook_text(sorted[i]));
	char *out = http_destination("webhook", address.data);
	mem_wipe_free(address.data, address.len);
	mem_wipe_free(url, strlen(url));
	free(sorted);
	return out;
}
