#include "relay/base/lasting.h"

#include <string.h>

bool
lasting_begins(struct lasting *fault, const char *why)
{
	struct err now;

	(void)err_set(&now, "%s", why);
	if (fault->wrong && strcmp(fault->why.text, now.text) == 0)
		return false;
	fault->wrong = true;
	fault->why = now;
	return true;
}

bool
lasting_ends(struct lasting *fault)
{
	bool was = fault->wrong;

	fault->wrong = false;
	return was;
}
