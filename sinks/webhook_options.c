#include "sinks/webhook.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/base/buf.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/config/conf.h"
#include "relay/config/section.h"
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
static void
check_value(const struct webhook_value *value, const struct section *section)
{
	if (!is_made_of(value->name, "_-"))
		section_fault(section, "name",
		              "values: \"%s\" is no name: letters, digits, _ and -", value->name);
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

static void
check_header(const struct webhook_value *header, const struct section *section)
{
	bool given = header->value || header->secret.count;

	if (!is_made_of(header->name, "!#$%&'*+-.^_`|~"))
		section_fault(section, "name", "headers: \"%s\" is no name of a header",
		              header->name);
	if (is_taken(header->name))
		section_fault(section, "name", "headers: %s is not yours to set", header->name);
	if (given && !is_header_text(webhook_text(header)))
		section_fault(section, "value", "headers: the value of %s is not one line of text",
		              header->name);
}

typedef void check_item_fn(const struct webhook_value *, const struct section *);

/* The i-th of a list; those before it have its name perhaps. */
static void
check_item(const struct webhook_value *items, size_t i, const char *list, check_item_fn *check,
           const struct section *section)
{
	const struct webhook_value *item = &items[i];
	const struct section here = section_item(section, list, i);

	if (!item->value == !item->secret.count)
		section_fault(&here, "value",
		              "%s: give exactly one of value, value_file and value_env for %s",
		              list, item->name);
	check(item, &here);
	for (size_t j = 0; j < i; j++)
		if (items[j].name && strcasecmp(items[j].name, item->name) == 0) {
			section_fault(&here, "name", "%s: %s stands there twice", list, item->name);
			break;
		}
}

/* One without a name is told of already. */
static void
check_list(const struct key_list *list, size_t max, const char *name, check_item_fn *check,
           const struct section *section)
{
	const struct webhook_value *items = list->items;

	if (list->count > max)
		section_fault(section, name, "%s: at most %zu", name, max);
	for (size_t i = 0; i < list->count && i < max; i++)
		if (items[i].name)
			check_item(items, i, name, check, section);
}

static void
check_secrets(const struct webhook_options *options, const struct section *section)
{
	if (!options->secret.count && !options->template)
		section_fault(section, "secret template",
		              "secret_file or secret_env is missing: only a webhook with a "
		              "template may go unsigned");
	for (size_t i = 0; i < options->secret.count; i++) {
		size_t len;
		unsigned char *key = webhook_key(options->secret.values[i], &len);

		if (!key)
			section_fault(section, "secret",
			              "secret %zu of %s is not \"whsec_\" and base64 of %d to %d "
			              "bytes",
			              i + 1, options->secret.origin, WEBHOOK_KEY_MIN,
			              WEBHOOK_KEY_MAX);
		else
			mem_wipe_free(key, len);
	}
}

/* Where the host of a URL ends. */
static const char *
behind_host(const char *url)
{
	const char *authority = strstr(url, "://");

	return authority ? authority + 3 + strcspn(authority + 3, "/?#") : url;
}

/* A URL whose tags are fine, as it would be for a team. */
static void
check_made_url(const struct webhook_options *options, const char *url,
               const struct section *section)
{
	const char *given = given_url(options);
	const char *from = options->url ? "url" : options->secret_url.origin;
	const char *refused =
		url_is_http(url) ? guard_url_fault(url, options->allow_private) : NULL;

	if (!url_is_http(url))
		section_fault(section, "url",
		              options->url ? "%s needs an http or https URL without a user name"
		                           : "%s does not hold an http(s) URL",
		              from);
	else if (strcspn(given, "{") < (size_t)(behind_host(given) - given))
		section_fault(section, "url", "%s: a host cannot be named after the team", from);
	if (refused)
		section_fault(section, "url allow_private", "%s%s %s",
		              options->url ? "" : "the URL in ", from, refused);
}

/* Not quoted: a URL can hold a secret. */
static void
check_url(const struct webhook_options *options, const struct section *section)
{
	char *fault = address_fault(given_url(options));
	char *url = fault ? NULL : webhook_url(options, "team");

	if (fault)
		section_fault(section, "url", "%s: %s",
		              options->url ? "url" : options->secret_url.origin, fault);
	else
		check_made_url(options, url, section);
	if (url)
		mem_wipe_free(url, strlen(url));
	free(fault);
}

const char *
webhook_needs_team(const void *arg)
{
	const char *url = given_url(arg);

	return url && address_needs_team(url) ? "its URL needs a team" : NULL;
}

void
webhook_check(const void *arg, const struct section *section)
{
	const struct webhook_options *options = arg;

	if (!options->url == !options->secret_url.count)
		section_fault(section, "url", "give exactly one of url, url_file and url_env");
	else
		check_url(options, section);
	if (options->values.count && !options->template)
		section_fault(section, "values template",
		              "values are for a template, and there is none");
	if (options->content_type && !is_header_text(options->content_type))
		section_fault(section, "content_type", "content_type is not one line of text");
	check_secrets(options, section);
	check_list(&options->values, VALUES_MAX, "values", check_value, section);
	check_list(&options->headers, HEADERS_MAX, "headers", check_header, section);
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
