#include "relay/runtime/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"

struct prefix {
	unsigned char bytes[16];
	unsigned bits;
};

/* RFC 6890, RFC 8190 and the IANA IPv4 special-purpose registry. */
static const struct prefix refused4[] = {
	{{0}, 8},                 /* this network */
	{{10}, 8},                /* private */
	{{100, 64}, 10},          /* carrier-grade NAT; also a cloud's metadata */
	{{127}, 8},               /* loopback */
	{{168, 63, 129, 16}, 32}, /* a cloud's platform address, looks public */
	{{169, 254}, 16},         /* link-local; cloud metadata */
	{{172, 16}, 12},          /* private */
	{{192, 0, 0}, 24},        /* protocol assignments */
	{{192, 0, 2}, 24},        /* documentation */
	{{192, 88, 99}, 24},      /* 6to4 relays */
	{{192, 168}, 16},         /* private */
	{{198, 18}, 15},          /* benchmarks */
	{{198, 51, 100}, 24},     /* documentation */
	{{203, 0, 113}, 24},      /* documentation */
	{{224}, 4},               /* multicast */
	{{240}, 4},               /* reserved, broadcast */
};

/*
 * Of IPv6 only 2000::/3 is handed out for global use; these are the parts of
 * it that are not.  So ::1, fc00::/7, fe80::/10, ff00::/8, 100::/64, 5f00::/16,
 * 64:ff9b:1::/48 and what nobody assigned yet need no rows.
 */
static const struct prefix global6 = {{0x20}, 3};
static const struct prefix refused6[] = {
	{{0x20, 0x01, 0x00}, 23},       /* protocol assignments, Teredo among them */
	{{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
	{{0x20, 0x02}, 16},             /* 6to4: embeds an IPv4 address */
	{{0x3f, 0xff, 0x00}, 20},       /* documentation */
};

/* Their last four bytes are the IPv4 address that is reached. */
static const struct prefix embeds4[] = {
	{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96}, /* IPv4-mapped */
	{{0x00, 0x64, 0xff, 0x9b}, 96},                   /* NAT64, RFC 6052 */
};

/* What nothing may lead to, whatever is allowed. */
static const struct prefix never4[] = {
	{{100, 100, 100, 200}, 32}, /* a cloud's metadata */
	{{168, 63, 129, 16}, 32},   /* a cloud's platform address */
	{{169, 254}, 16},           /* link-local; metadata of most clouds */
	{{192, 0, 0, 192}, 32},     /* a cloud's metadata */
};
static const struct prefix never6[] = {
	{{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128}, /* metadata */
	{{0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128}, /* metadata */
	{{0xfe, 0x80}, 10},                                                        /* link-local */
};

static bool
prefix_covers(const struct prefix *p, const unsigned char *address)
{
	unsigned whole = p->bits / 8;
	unsigned rest = p->bits % 8;

	if (memcmp(p->bytes, address, whole) != 0)
		return false;
	return rest == 0 || (p->bytes[whole] ^ address[whole]) >> (8 - rest) == 0;
}

static bool
any_covers(const struct prefix *table, size_t n, const unsigned char *address)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_covers(&table[i], address))
			return true;
	return false;
}

static bool
admits4(const unsigned char *address, bool allow_private)
{
	if (any_covers(never4, COUNT(never4), address))
		return false;
	return allow_private || !any_covers(refused4, COUNT(refused4), address);
}

static bool
admits6(const unsigned char *address, bool allow_private)
{
	if (any_covers(embeds4, COUNT(embeds4), address))
		return admits4(address + 12, allow_private);
	if (any_covers(never6, COUNT(never6), address))
		return false;
	return allow_private || (prefix_covers(&global6, address) &&
	                         !any_covers(refused6, COUNT(refused6), address));
}

bool
guard_admits(const struct sockaddr *sa, bool allow_private)
{
	switch (sa->sa_family) {
	case AF_INET: {
		const struct sockaddr_in *in = (const void *)sa;
		return admits4((const unsigned char *)&in->sin_addr, allow_private);
	}
	case AF_INET6: {
		const struct sockaddr_in6 *in6 = (const void *)sa;
		return admits6(in6->sin6_addr.s6_addr, allow_private);
	}
	default:
		return false;
	}
}

/* Also the short and hexadecimal forms that libcurl takes for an address. */
static bool
host_is_refused(char *host, bool allow_private)
{
	struct in_addr in;
	struct in6_addr in6;
	size_t len = strlen(host);

	if (inet_aton(host, &in) != 0)
		return !admits4((const unsigned char *)&in, allow_private);
	if (host[0] != '[')
		return false;
	host[len - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, &in6) == 1 && !admits6(in6.s6_addr, allow_private);
}

const char *
guard_url_fault(const char *url, bool allow_private)
{
	char *host = url_host(url);
	bool refused = host != NULL && host_is_refused(host, allow_private);

	if (host != NULL)
		mem_wipe_free(host, strlen(host));
	if (!allow_private && strncasecmp(url, "http://", 7) == 0)
		return "is plain http, which needs allow_private: true";
	if (!refused)
		return NULL;
	return allow_private
	               ? "leads to a link-local address or a cloud's metadata, which is never called"
	               : "leads to a loopback or private address, which needs allow_private: true";
}
