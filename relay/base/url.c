/* The URL functions of text.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"

struct parts {
	const char *host; /* with the brackets of an IPv6 address */
	size_t host_len;
	int port; /* 0: none given, or the scheme's own */
};

/*
 * No blanks, no control bytes, and none of the characters no URL may hold but
 * browsers and chat programs give a meaning: a backslash would end the host.
 */
static bool
is_clean(const char *text)
{
	static const char unclean[] = "\"<>\\^`{|}\x7f \x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a"
				      "\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16"
				      "\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f";

	return text[strcspn(text, unclean)] == '\0';
}

static bool
split_scheme(const char **text, int *own_port)
{
	if (strncasecmp(*text, "http://", 7) == 0) {
		*text += 7;
		*own_port = 80;
		return true;
	}
	if (strncasecmp(*text, "https://", 8) == 0) {
		*text += 8;
		*own_port = 443;
		return true;
	}
	return false;
}

static size_t
host_length(const char *text)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-._";

	if (*text != '[')
		return strspn(text, name);

	size_t inside = strspn(text + 1, "0123456789abcdefABCDEF:.");
	return inside >= 2 && text[1 + inside] == ']' ? inside + 2 : 0;
}

bool
url_may_have_host(const char *host)
{
	size_t len = host_length(host);

	return len > 0 && host[len] == '\0';
}

/* "", ":" and ":443" in front of the path. */
static bool
parse_port(const char *text, size_t len, int *port)
{
	*port = 0;
	if (len == 0)
		return true;
	if (*text != ':' || len > 6)
		return false;
	for (size_t i = 1; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*port = *port * 10 + (text[i] - '0');
	}
	return *port <= 65535;
}

static bool
split(const char *url, struct parts *p)
{
	int own_port;

	if (url == NULL || !is_clean(url) || !split_scheme(&url, &own_port))
		return false;

	size_t authority_len = strcspn(url, "/?#");
	p->host = url;
	p->host_len = host_length(url);
	if (p->host_len == 0 || p->host_len > authority_len)
		return false;
	/* User info fails here: its `@` is no letter of a host and no port. */
	if (!parse_port(url + p->host_len, authority_len - p->host_len, &p->port))
		return false;
	if (p->port == own_port)
		p->port = 0;
	return true;
}

static char *
lower_host(const struct parts *p)
{
	char *host = mem_strn(p->host, p->host_len);

	for (char *c = host; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return host;
}

bool
url_is_http(const char *url)
{
	struct parts p;

	return split(url, &p);
}

char *
url_host(const char *url)
{
	struct parts p;

	return split(url, &p) ? lower_host(&p) : NULL;
}

char *
url_authority(const char *url)
{
	struct parts p;

	if (!split(url, &p))
		return NULL;

	char *host = lower_host(&p);
	if (p.port == 0)
		return host;

	char *both = mem_fmt("%s:%d", host, p.port);
	free(host);
	return both;
}
