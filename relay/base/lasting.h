/*
 * lasting.h - what is wrong for a while and found again at each attempt: said
 * when it begins, when its reason is another, and when it is over.
 *
 *	if (rc != 0 && lasting_begins(&fault, why))
 *		log_warn(...);
 *	if (rc == 0 && lasting_ends(&fault))
 *		log_info(...);
 *
 * In place, zeroed is "nothing wrong"; nothing to free.  One thread.
 */
#ifndef RELAY_BASE_LASTING_H
#define RELAY_BASE_LASTING_H

#include <stdbool.h>

#include "relay/base/err.h"

struct lasting {
	bool wrong;
	struct err why; /* the reason that was said last */
};

/* It is wrong.  True: that is to be said, for it was not, or for another reason. */
bool lasting_begins(struct lasting *, const char *why);
/* It is not.  True: that is to be said, for it was. */
bool lasting_ends(struct lasting *);

#endif
