#include "sinks/mail_address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

/* RFC 5321 4.5.3.1, RFC 1035 2.3.4. */
#define LOCAL_MAX 64
#define DOMAIN_MAX 253
#define LABEL_MAX 63

/* Not isalnum(): what it takes depends on the locale. */
static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_atext(char c)
{
	return is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool
is_dot_atom(const char *text, size_t len)
{
	if (len == 0 || len > LOCAL_MAX || text[0] == '.' || text[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_atext(text[i]) && (text[i] != '.' || text[i - 1] == '.'))
			return false;
	return true;
}

static bool
is_label(const char *text, size_t len)
{
	if (len == 0 || len > LABEL_MAX || text[0] == '-' || text[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(text[i]) && text[i] != '-')
			return false;
	return true;
}

/* [192.0.2.1] or [IPv6:2001:db8::1] */
static bool
is_literal(const char *domain)
{
	static const char six_tag[] = "IPv6:";
	struct in6_addr six;
	struct in_addr four;
	size_t len = strlen(domain);

	if (len < 3 || domain[0] != '[' || domain[len - 1] != ']')
		return false;
	char *inner = mem_strn(domain + 1, len - 2);
	bool is_six = strncmp(inner, six_tag, sizeof(six_tag) - 1) == 0;
	bool valid = is_six ? inet_pton(AF_INET6, inner + sizeof(six_tag) - 1, &six) == 1
	                    : inet_pton(AF_INET, inner, &four) == 1;
	free(inner);
	return valid;
}

bool
mail_domain_valid(const char *domain)
{
	if (*domain == '[')
		return is_literal(domain);
	if (strlen(domain) > DOMAIN_MAX)
		return false;
	for (;;) {
		size_t len = strcspn(domain, ".");
		if (!is_label(domain, len))
			return false;
		if (domain[len] == '\0')
			return true;
		domain += len + 1;
	}
}

bool
mail_address_valid(const char *address)
{
	const char *at = strrchr(address, '@');

	return at && strlen(address) <= MAIL_ADDRESS_MAX &&
	       is_dot_atom(address, (size_t)(at - address)) && mail_domain_valid(at + 1);
}

const char *
mail_address_domain(const char *address)
{
	return strrchr(address, '@') + 1;
}

/* The text between two quotes, which a backslash takes out of their meaning. */
static char *
unquoted(const char *text, size_t len)
{
	char *out = mem_strn(text, len);
	size_t n = 0;

	if (len < 2 || text[0] != '"' || text[len - 1] != '"')
		return out;
	for (size_t i = 1; i < len - 1; i++) {
		if (text[i] == '\\' && i + 1 < len - 1)
			i++;
		out[n++] = text[i];
	}
	out[n] = '\0';
	return out;
}

static size_t
without_blanks_behind(const char *text, size_t len)
{
	while (len && text[len - 1] == ' ')
		len--;
	return len;
}

static bool
holds_control_bytes(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

bool
mail_mailbox_parse(const char *text, char **name, char **address)
{
	*name = *address = NULL;
	if (holds_control_bytes(text))
		return false;
	text += strspn(text, " ");
	size_t len = without_blanks_behind(text, strlen(text));
	const char *open = memrchr(text, '<', len);
	if (!open) {
		*address = mem_strn(text, len);
	} else if (text[len - 1] == '>') {
		*address = mem_strn(open + 1, len - 1 - (size_t)(open + 1 - text));
		len = without_blanks_behind(text, (size_t)(open - text));
		*name = len ? unquoted(text, len) : NULL;
	}
	if (*address && mail_address_valid(*address))
		return true;
	free(*name);
	free(*address);
	*name = *address = NULL;
	return false;
}
