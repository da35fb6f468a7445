#include "relay/config/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"

#define UNIX_PREFIX "unix:"

typedef char *value_fn(const struct key *, const struct node *, const char *folder, void *field);

/* "needs WANTED, not "WHAT"": for values that are never secrets. */
static char *
wanted(const char *what, const struct node *node)
{
	char *quoted = faults_quote(node->text);
	char *fault = mem_fmt("needs %s, not %s", what, quoted);

	free(quoted);
	return fault;
}

static char *
text_fault(const char *text, size_t max)
{
	if (*text == '\0')
		return mem_str("is empty");
	if (strlen(text) > max)
		return mem_fmt("is longer than %zu bytes", max);
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return mem_str("holds a control byte or a line end");
	return NULL;
}

static char *
set_text(const struct key *row, const struct node *node, const char *folder, void *field)
{
	char *fault = text_fault(node->text, VALUE_LENGTH_MAX);

	(void)row;
	(void)folder;
	if (fault == NULL)
		*(char **)field = mem_str(node->text);
	return fault;
}

char *
value_path(const char *folder, const char *path)
{
	if (*path == '/')
		return mem_str(path);
	return mem_fmt("%s%s%s", folder, strcmp(folder, "/") == 0 ? "" : "/", path);
}

static char *
set_path(const struct key *row, const struct node *node, const char *folder, void *field)
{
	char *fault = text_fault(node->text, VALUE_LENGTH_MAX);

	(void)row;
	if (fault == NULL)
		*(char **)field = value_path(folder, node->text);
	return fault;
}

static char *
set_url(const struct key *row, const struct node *node, const char *folder, void *field)
{
	char *fault = text_fault(node->text, VALUE_LENGTH_MAX);

	(void)row;
	(void)folder;
	if (fault != NULL)
		return fault;
	/* Not quoted: a URL can hold a secret. */
	if (!url_is_http(node->text))
		return mem_str("needs an http or https URL without a user name");
	*(char **)field = mem_str(node->text);
	return NULL;
}

static bool
is_port(const char *text)
{
	size_t len = strspn(text, "0123456789");

	return len > 0 && len <= 5 && text[len] == '\0' && strtoul(text, NULL, 10) <= 65535;
}

static bool
is_host(const char *host)
{
	if (*host == '\0' || *host == '-' || *host == '.')
		return false;
	for (; *host != '\0'; host++)
		if (!isalnum((unsigned char)*host) && strchr(".-_", *host) == NULL)
			return false;
	return true;
}

/* The host of HOST:PORT or [V6]:PORT, the caller's; NULL when it is neither. */
static char *
host_of(const char *address)
{
	struct in6_addr six;
	const char *colon = strrchr(address, ':');
	char *host;

	if (colon == NULL || !is_port(colon + 1))
		return NULL;
	if (*address == '[' && colon - address > 2 && colon[-1] == ']') {
		host = mem_strn(address + 1, (size_t)(colon - address) - 2);
		if (inet_pton(AF_INET6, host, &six) == 1)
			return host;
	} else {
		host = mem_strn(address, (size_t)(colon - address));
		if (is_host(host))
			return host;
	}
	free(host);
	return NULL;
}

bool
value_address_is_local(const char *address)
{
	struct in_addr four;
	struct in6_addr six;
	char *host;
	bool local;

	if (strncmp(address, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
		return true;
	host = host_of(address);
	if (host == NULL)
		return false;
	if (inet_pton(AF_INET, host, &four) == 1)
		local = (ntohl(four.s_addr) >> 24) == 127;
	else if (inet_pton(AF_INET6, host, &six) == 1)
		local = IN6_IS_ADDR_LOOPBACK(&six) ||
		        (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
	else
		local = strcasecmp(host, "localhost") == 0;
	free(host);
	return local;
}

static bool
is_every_host(const char *host)
{
	return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

bool
value_addresses_clash(const char *a, const char *b)
{
	char *left = host_of(a), *right = host_of(b);
	unsigned long port;
	bool clash;

	if (left != NULL && right != NULL) {
		/* Of port 0 each one gets another. */
		port = strtoul(strrchr(a, ':') + 1, NULL, 10);
		clash = port != 0 && port == strtoul(strrchr(b, ':') + 1, NULL, 10) &&
		        (strcasecmp(left, right) == 0 || is_every_host(left) ||
		         is_every_host(right));
	} else {
		clash = strcmp(a, b) == 0;
	}
	free(right);
	free(left);
	return clash;
}

static char *
set_unix_address(const char *path, const char *folder, char **field)
{
	char *whole;

	if (*path == '\0')
		return mem_str("needs a path after unix:");
	whole = value_path(folder, path);
	if (strlen(whole) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		free(whole);
		return mem_str("needs a shorter path: a socket's name has at most 107 bytes");
	}
	*field = mem_fmt(UNIX_PREFIX "%s", whole);
	free(whole);
	return NULL;
}

static char *
set_address(const struct key *row, const struct node *node, const char *folder, void *field)
{
	char *fault = text_fault(node->text, VALUE_LENGTH_MAX);
	char *host;

	(void)row;
	if (fault != NULL)
		return fault;
	if (strncmp(node->text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
		return set_unix_address(node->text + strlen(UNIX_PREFIX), folder, field);
	host = host_of(node->text);
	if (host == NULL)
		return wanted(
			"HOST:PORT, [IPV6]:PORT or unix:PATH (0.0.0.0 and [::] are all addresses)",
			node);
	free(host);
	*(char **)field = mem_str(node->text);
	return NULL;
}

static char *
set_bool(const struct key *row, const struct node *node, const char *folder, void *field)
{
	(void)row;
	(void)folder;
	if (!node->plain ||
	    (strcasecmp(node->text, "true") != 0 && strcasecmp(node->text, "false") != 0))
		return wanted("true or false without quotes", node);
	*(bool *)field = strcasecmp(node->text, "true") == 0;
	return NULL;
}

/* Digits, few enough for an int64_t; *rest is what follows them. */
static bool
leading_number(const char *text, int64_t *out, const char **rest)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 18)
		return false;
	*out = strtoll(text, NULL, 10);
	*rest = text + len;
	return true;
}

static char *
fault_of_most(const struct key *row, const struct node *node)
{
	char *most = mem_fmt("at most %s", row->most);
	char *fault = wanted(most, node);

	free(most);
	return fault;
}

static bool
parse_count(const char *text, int64_t *out)
{
	const char *rest;

	return leading_number(text, out, &rest) && *rest == '\0';
}

static char *
set_count(const struct key *row, const struct node *node, const char *folder, void *field)
{
	int64_t n, most = INT64_MAX;

	(void)folder;
	if (!node->plain || !parse_count(node->text, &n))
		return wanted("a whole number without quotes", node);
	if (row->most != NULL && parse_count(row->most, &most) && n > most)
		return fault_of_most(row, node);
	*(int64_t *)field = n;
	return NULL;
}

static bool
parse_size(const char *text, int64_t *out)
{
	static const char units[] = "kmg";
	const char *rest, *unit;
	int64_t n;
	int shift = 0;

	if (!leading_number(text, &n, &rest))
		return false;
	if (*rest != '\0') {
		unit = strchr(units, tolower((unsigned char)*rest));
		if (unit == NULL || rest[1] != '\0')
			return false;
		shift = 10 * (int)(unit - units + 1);
	}
	if (n > INT64_MAX >> shift)
		return false;
	*out = n << shift;
	return true;
}

static char *
set_size(const struct key *row, const struct node *node, const char *folder, void *field)
{
	int64_t n, most = INT64_MAX;

	(void)folder;
	if (!parse_size(node->text, &n))
		return wanted("a size such as 512, 64k or 1M", node);
	if (row->most != NULL && parse_size(row->most, &most) && n > most)
		return fault_of_most(row, node);
	*(int64_t *)field = n;
	return NULL;
}

static char *
set_duration(const struct key *row, const struct node *node, const char *folder, void *field)
{
	int64_t ms;

	(void)folder;
	if (!duration_parse(node->text, &ms))
		return wanted("a duration such as 10s, 5m, 24h or 30d", node);
	if (ms != 0 && ms < row->least)
		return mem_fmt("needs %" PRId64 "s or more, or 0 for never", row->least / 1000);
	*(int64_t *)field = ms;
	return NULL;
}

static char *
choice_fault(const struct key *row, const struct node *node)
{
	struct buf list = {0};
	char *fault;

	for (size_t i = 0; row->choices[i] != NULL; i++)
		buf_printf(&list, "%s%s", i > 0 ? ", " : "one of ", row->choices[i]);
	fault = wanted(buf_text(&list), node);
	buf_fini(&list);
	return fault;
}

static char *
set_choice(const struct key *row, const struct node *node, const char *folder, void *field)
{
	(void)folder;
	for (int i = 0; row->choices[i] != NULL; i++) {
		if (strcmp(row->choices[i], node->text) == 0) {
			*(int *)field = i;
			return NULL;
		}
	}
	return choice_fault(row, node);
}

static value_fn *const setters[] = {
	[KEY_TEXT] = set_text,       [KEY_PATH] = set_path,         [KEY_URL] = set_url,
	[KEY_ADDRESS] = set_address, [KEY_BOOL] = set_bool,         [KEY_COUNT] = set_count,
	[KEY_SIZE] = set_size,       [KEY_DURATION] = set_duration, [KEY_CHOICE] = set_choice,
};

bool
value_is_single(enum key_type type)
{
	return type <= KEY_CHOICE;
}

bool
value_is_many(enum key_type type)
{
	return type == KEY_TEXTS || type == KEY_GLOBS || type == KEY_DURATIONS;
}

char *
value_set(const struct key *row, const struct node *node, const char *folder, void *field)
{
	return setters[row->type](row, node, folder, field);
}

char *
value_set_item(const struct key *row, const struct node *node, void *field, size_t i)
{
	struct key_texts *texts = field;
	char *fault;
	int choice;

	if (row->type == KEY_DURATIONS)
		return set_duration(row, node, NULL, &((struct key_numbers *)field)->items[i]);
	if (row->choices != NULL)
		fault = set_choice(row, node, NULL, &choice);
	else
		fault = text_fault(node->text,
		                   row->type == KEY_GLOBS ? PATTERN_LENGTH_MAX : VALUE_LENGTH_MAX);
	if (fault == NULL)
		texts->items[i] = mem_str(node->text);
	return fault;
}
