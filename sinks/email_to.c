#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "sinks/address.h"
#include "sinks/email_parts.h"

struct key_texts
email_to(const struct email_options *options, const char *team)
{
	struct key_texts to = {.items = mem_array(options->to.count + 1, sizeof(*to.items))};

	for (size_t i = 0; i < options->to.count; i++) {
		char *address =
			options->to.items[i] ? address_for(options->to.items[i], team) : NULL;

		if (address)
			to.items[to.count++] = address;
	}
	return to;
}

void
email_to_fini(struct key_texts *to)
{
	for (size_t i = 0; i < to->count; i++)
		free(to->items[i]);
	free(to->items);
	*to = (struct key_texts){0};
}

bool
email_per_team(const void *arg)
{
	const struct email_options *options = arg;

	for (size_t i = 0; i < options->to.count; i++)
		if (options->to.items[i] && address_varies(options->to.items[i]))
			return true;
	return false;
}

static int
by_text(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* The server and everybody on the list, in whatever order and case. */
char *
email_destination(const void *arg, const char *team)
{
	const struct email_options *options = arg;
	struct key_texts to = email_to(options, team);
	char digest[SHA256_HEX_SIZE], *out = NULL;
	struct buf text = {0};

	if (to.count > 0) {
		qsort(to.items, to.count, sizeof(*to.items), by_text);
		buf_puts(&text, options->server);
		for (size_t i = 0; i < to.count; i++)
			buf_printf(&text, "\n%s", to.items[i]);
		for (size_t i = 0; i < text.len; i++)
			if (text.data[i] >= 'A' && text.data[i] <= 'Z')
				text.data[i] = (char)(text.data[i] - 'A' + 'a');
		sha256_hex(text.data, text.len, digest);
		out = mem_fmt("email %s", digest);
	}
	buf_fini(&text);
	email_to_fini(&to);
	return out;
}
