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
check_addresses(const struct key_texts *to)
{
	struct buf faults = {0};

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

/* Those of a team are checked for each team there is. */
static char *
check_to(const struct email_options *options)
{
	struct buf faults = {0};

	if (options->to.count == 0 || options->to.count > MAIL_RECIPIENTS_MAX)
		return mem_fmt("to: needs 1 to %d addresses", MAIL_RECIPIENTS_MAX);
	if (!email_per_team(options))
		return check_addresses(&options->to);
	for (size_t i = 0; i < options->to.count; i++) {
		char *fault = address_fault(options->to.items[i]);

		gather(&faults, fault ? mem_fmt("to: %s", fault) : NULL);
		free(fault);
	}
	return faults.len ? buf_take(&faults) : NULL;
}

static bool
has_faulty_tags(const struct key_texts *to)
{
	bool faulty = false;

	for (size_t i = 0; i < to->count && !faulty; i++) {
		char *fault = to->items[i] ? address_fault(to->items[i]) : NULL;

		faulty = fault != NULL;
		free(fault);
	}
	return faulty;
}

char *
email_check_team(const void *arg, const char *team)
{
	const struct email_options *options = arg;

	if (!email_per_team(options) || has_faulty_tags(&options->to))
		return NULL;
	struct key_texts to = email_to(options, team);
	char *fault =
		to.count > 0 ? check_addresses(&to) : mem_str("all its addresses need a team");

	email_to_fini(&to);
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
char *
email_check(const void *arg)
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
	gather(&faults, authorities_fault("ca_file", options->ca_file));
	gather(&faults, check_from(options->from));
	gather(&faults, check_to(options));
	gather(&faults, check_address("sender", options->sender));
	gather(&faults, check_address("reply_to", options->reply_to));
	check_names(options, &faults);
	return faults.len ? buf_take(&faults) : NULL;
}
