/*
 * What does not fit together in a mail sink's options, told before the first
 * mail is due.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/base/mem.h"
#include "relay/config/authorities.h"
#include "relay/config/section.h"
#include "sinks/address.h"
#include "sinks/email_parts.h"
#include "sinks/mail_address.h"

#define USERNAME_MAX 255 /* RFC 4616 2 */

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

/* host NULL: it is not known. */
static void
check_login(const struct email_options *options, const char *host, const struct section *section)
{
	bool tokens = options->auth == MAIL_AUTH_XOAUTH2;

	if (options->username && options->password.count == 0)
		section_fault(section, "username password",
		              "username needs password_file or password_env");
	if (!options->username && options->password.count)
		section_fault(section, "password username", "a password needs username");
	if (options->username && strlen(options->username) > USERNAME_MAX)
		section_fault(section, "username", "username is longer than %d bytes",
		              USERNAME_MAX);
	if (!options->username && tokens)
		section_fault(section, "auth username", "auth: xoauth2 needs username");
	if (options->security == MAIL_NONE && options->username && !tokens && host &&
	    !is_loopback(host))
		section_fault(section, "security username",
		              "security: none would send the password in clear; with a username it "
		              "is for a server on loopback only");
}

/* What has no use without TLS. */
static void
check_security(const struct email_options *options, const struct section *section)
{
	const struct {
		const char *keys, *what;
		bool is_set;
	} parts[] = {
		{"auth security", "auth: xoauth2", options->auth == MAIL_AUTH_XOAUTH2},
		{"tls_min security", "tls_min", options->tls_min != 0},
		{"ca_file security", "ca_file", options->ca_file != NULL},
	};

	for (size_t i = 0; i < COUNT(parts) && options->security == MAIL_NONE; i++)
		if (parts[i].is_set)
			section_fault(section, parts[i].keys, "%s needs security: starttls or tls",
			              parts[i].what);
}

static void
check_address(const char *key, const char *address, const struct section *section)
{
	if (address && !mail_address_valid(address))
		section_fault(section, key, "%s: \"%s\" is not an address as local@domain", key,
		              address);
}

/* Addresses as they come out, NULL where there is none; faults of those that
 * name the team, or of the others. */
static void
check_list(const struct key_texts *to, char *const *out, bool varying,
           const struct section *section)
{
	for (size_t i = 0; i < to->count && i < MAIL_RECIPIENTS_MAX; i++) {
		const struct section item = section_item(section, "to", i);
		bool varies = out[i] && address_varies(to->items[i]), twice = false;

		if (out[i] && varies == varying)
			check_address("to", out[i], &item);
		for (size_t j = 0; out[i] && j < i && !twice; j++)
			twice = out[j] && strcasecmp(out[i], out[j]) == 0 &&
			        (varies || address_varies(to->items[j])) == varying;
		if (twice)
			section_fault(&item, "", "to: \"%s\" is there twice", out[i]);
	}
}

/* Those of a team are checked for each team there is. */
static void
check_to(const struct key_texts *to, const struct section *section)
{
	char **out = mem_array(to->count + 1, sizeof(*out));

	if (to->count > MAIL_RECIPIENTS_MAX)
		section_fault(section, "to", "to: needs 1 to %d addresses", MAIL_RECIPIENTS_MAX);
	for (size_t i = 0; i < to->count; i++) {
		const struct section item = section_item(section, "to", i);
		char *fault = to->items[i] ? address_fault(to->items[i]) : NULL;

		if (fault)
			section_fault(&item, "", "to: %s", fault);
		else if (to->items[i] && !address_varies(to->items[i]))
			out[i] = to->items[i];
		free(fault);
	}
	check_list(to, out, false, section);
	free(out);
}

void
email_check_team(const void *arg, const char *team, const struct section *section)
{
	const struct key_texts *to = &((const struct email_options *)arg)->to;
	char **out;

	if (!email_per_team(arg))
		return;
	out = mem_array(to->count + 1, sizeof(*out));
	for (size_t i = 0; i < to->count; i++)
		out[i] = to->items[i] ? address_for(to->items[i], team) : NULL;
	check_list(to, out, true, section);
	for (size_t i = 0; i < to->count; i++)
		free(out[i]);
	free(out);
}

/* Those that are faulty may be meant to need none. */
const char *
email_needs_team(const void *arg)
{
	const struct key_texts *to = &((const struct email_options *)arg)->to;
	bool needs = to->count > 0;

	for (size_t i = 0; i < to->count && needs; i++)
		needs = to->items[i] && address_needs_team(to->items[i]);
	return needs ? "all its addresses need a team" : NULL;
}

static void
check_from(const char *from, const struct section *section)
{
	char *name, *address;

	if (mail_mailbox_parse(from, &name, &address)) {
		free(name);
		free(address);
	} else {
		section_fault(section, "from",
		              "from: \"%s\" is neither an address nor \"Name <local@domain>\"",
		              from);
	}
}

static void
check_names(const struct email_options *options, const struct section *section)
{
	if (options->hello && !mail_domain_valid(options->hello))
		section_fault(section, "hello", "hello: \"%s\" is not a host name", options->hello);
	if (options->list_id && (*options->list_id == '[' || !mail_domain_valid(options->list_id)))
		section_fault(section, "list_id", "list_id: \"%s\" is not like a host name",
		              options->list_id);
}

void
email_check(const void *arg, const struct section *section)
{
	const struct email_options *options = arg;
	char *host = NULL;
	int port;

	if (options->server && !email_server_parse(options->server, &host, &port))
		section_fault(section, "server",
		              "server: needs HOST:PORT or [IPV6]:PORT, not \"%s\"",
		              options->server);
	check_login(options, host, section);
	check_security(options, section);
	free(host);
	authorities_check("ca_file", options->ca_file, section);
	if (options->from)
		check_from(options->from, section);
	check_to(&options->to, section);
	check_address("sender", options->sender, section);
	check_address("reply_to", options->reply_to, section);
	check_names(options, section);
}
