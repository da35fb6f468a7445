#include "relay/config/pattern.h"

#include <string.h>

static bool
has_name(const struct pattern_names *names, const struct pattern_name *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->items[i].len == name->len &&
		    memcmp(names->items[i].text, name->text, name->len) == 0)
			return true;
	return false;
}

const char *
pattern_names_add(struct pattern_names *names, const char *pattern)
{
	static const char name_bytes[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	for (const char *p = pattern; *p != '\0'; p++) {
		struct pattern_name name = {.text = p + 1};

		if (*p == '}')
			return "has a \"}\" without its \"{\"";
		if (*p != '{')
			continue;
		name.len = strspn(name.text, name_bytes);
		p = name.text + name.len;
		if (*p == '\0')
			return "has a {name} without its \"}\"";
		if (*p != '}')
			return "has a {name} with other bytes than letters, digits and \"_\"";
		if (name.len == 0)
			return "has a {} without a name";
		if (has_name(names, &name))
			continue;
		if (names->count == PATTERN_NAMES_MAX)
			return "is one {name} too many: a rule has at most 8 different ones";
		names->items[names->count++] = name;
	}
	return NULL;
}

bool
pattern_names_share(const struct pattern_names *a, const struct pattern_names *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (has_name(b, &a->items[i]))
			return true;
	return false;
}
