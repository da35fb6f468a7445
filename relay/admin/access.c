#include "relay/admin/access.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "relay/base/text.h"

static const struct refusal pass = {0, NULL};

/* "Name", "Name:8081", "[::1]:8081": the parts, borrowed from the text. */
struct authority {
	const char *host;
	size_t host_len;
	const char *port; /* "" when not given */
};

static bool
split_authority(const char *text, struct authority *out)
{
	const char *end = *text == '[' ? strchr(text, ']') : text + strcspn(text, ":");

	if (!end)
		return false;
	if (*text == '[')
		end++;
	out->host = text;
	out->host_len = (size_t)(end - text);
	out->port = *end == ':' ? end + 1 : end;
	if (out->host_len == 0 || (*end && *end != ':'))
		return false;
	return strspn(out->port, "0123456789") == strlen(out->port) && strlen(out->port) <= 5;
}

static bool
host_is(const struct authority *authority, const char *name, size_t name_len)
{
	return authority->host_len == name_len && strncasecmp(authority->host, name, name_len) == 0;
}

static bool
host_is_name(const struct authority *authority, const char *name)
{
	return host_is(authority, name, strlen(name));
}

static bool
is_loopback(const struct authority *listener)
{
	return host_is_name(listener, "localhost") || host_is_name(listener, "[::1]") ||
	       (listener->host_len > 4 && strncmp(listener->host, "127.", 4) == 0);
}

/* Who we are to one request. */
struct site {
	const struct conf *conf;
	const char *address;           /* of the listener */
	char arrived[HTTPD_HOST_SIZE]; /* a listener on all addresses has many */
};

/* Is it our address, or another of the loopback where ours is one? */
static bool
host_is_at(const struct authority *host, const char *address)
{
	struct authority ours;

	if (!split_authority(address, &ours))
		return false;
	return host_is(host, ours.host, ours.host_len) ||
	       (is_loopback(&ours) &&
	        (host_is_name(host, "127.0.0.1") || host_is_name(host, "[::1]")));
}

/* May a browser or a script call us by this name? */
static bool
is_our_name(const struct site *site, const struct authority *host)
{
	const struct key_texts *names = &site->conf->listen.admin_names;
	struct authority name;

	if (host_is_name(host, "localhost") || host_is_at(host, site->address) ||
	    host_is_at(host, site->arrived))
		return true;
	for (size_t i = 0; i < names->count; i++)
		if (split_authority(names->items[i], &name) &&
		    host_is(host, name.host, name.host_len))
			return true;
	return false;
}

static bool
host_allowed(const struct site *site, const char *host)
{
	struct authority authority;

	if (!host || !*host)
		return strncmp(site->address, "unix:", 5) == 0;
	return split_authority(host, &authority) && is_our_name(site, &authority);
}

/*
 * An Origin is ours when its host is, and its port is the listener's, or the
 * one in Host, or none: behind a proxy the page has the proxy's port.  Another
 * port of this machine is another program's page.
 */
static bool
origin_allowed(const struct site *site, const char *host, const char *origin)
{
	struct authority from, ours;
	bool allowed;
	char *text = NULL;

	if (url_is_http(origin))
		text = url_authority(origin);
	if (!text)
		return false;
	allowed = split_authority(text, &from) && is_our_name(site, &from);
	if (allowed && *from.port) {
		allowed = host && split_authority(host, &ours) && strcmp(from.port, ours.port) == 0;
		if (!allowed && strncmp(site->address, "unix:", 5) != 0)
			allowed = split_authority(site->address, &ours) &&
			          strcmp(from.port, ours.port) == 0;
	}
	free(text);
	return allowed;
}

struct refusal
access_site(const struct conf *conf, const char *address, const struct httpd_request *request)
{
	const char *host = httpd_header(request, "Host");
	const char *origin = httpd_header(request, "Origin");
	const char *from = httpd_header(request, "Sec-Fetch-Site");
	struct site site = {.conf = conf, .address = address};

	httpd_arrived_at(request, site.arrived);
	if (!host_allowed(&site, host))
		return (struct refusal){
			421, "this Host is not served here (listen.admin_names names others)"};
	if (origin && !origin_allowed(&site, host, origin))
		return (struct refusal){403, "requests from another origin are refused"};
	if (from && strcasecmp(from, "same-origin") != 0 && strcasecmp(from, "none") != 0)
		return (struct refusal){403, "requests from another site are refused"};
	return pass;
}

static const char *
bearer_of(const char *header)
{
	static const char scheme[] = "Bearer ";

	if (!header || strncasecmp(header, scheme, sizeof scheme - 1) != 0)
		return NULL;
	header += sizeof scheme - 1;
	return header + strspn(header, " ");
}

/* Digests are compared, so that neither content nor length shows in the time. */
struct refusal
access_token(const struct conf *conf, const struct httpd_request *request)
{
	const struct secret *tokens = &conf->listen.admin_token;
	const char *given = bearer_of(httpd_header(request, "Authorization"));
	char expected[SHA256_HEX_SIZE], actual[SHA256_HEX_SIZE];
	bool match = false;

	if (tokens->count == 0)
		return pass;
	if (given && *given) {
		sha256_hex(given, strlen(given), actual);
		for (size_t i = 0; i < tokens->count; i++) {
			sha256_hex(tokens->values[i], strlen(tokens->values[i]), expected);
			match |= equal_constant_time(actual, expected, SHA256_HEX_SIZE);
		}
	}
	return match ? pass : (struct refusal){401, "a bearer token is needed"};
}

struct refusal
access_content(const struct httpd_request *request)
{
	static const char json[] = "application/json";
	const char *type = httpd_header(request, "Content-Type");

	if (type && strncasecmp(type, json, sizeof json - 1) == 0) {
		type += sizeof json - 1;
		type += strspn(type, " \t");
		if (!*type || *type == ';')
			return pass;
	}
	return (struct refusal){415, "writes need Content-Type: application/json"};
}
