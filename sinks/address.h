/*
 * address.h - addresses that name the team: "#alerts-{{team}}".
 *
 * {{team}} is the name of the team that is told; filters (message/filters.h)
 * may follow it, as in {{team | lower}} or {{team | default "platform"}}.
 * Nothing else can stand in such braces.  A tag that comes out empty without a
 * team makes an address that needs one: it is never cut short to what is left.
 */
#ifndef SINKS_ADDRESS_H
#define SINKS_ADDRESS_H

#include <stdbool.h>

/* Does it name the team? */
bool address_varies(const char *);

/* What is wrong with its tags, as a sentence the caller frees; NULL: nothing. */
char *address_fault(const char *);

/*
 * The address of this team, NULL being nobody's; the caller frees.  NULL where
 * it needs a team and there is none, or a tag is faulty.
 */
char *address_for(const char *, const char *team);
/* The same of a URL: what a tag gives is one part of it, %-encoded. */
char *address_url_for(const char *, const char *team);
/* Is there none without a team?  No for one with a faulty tag. */
bool address_needs_team(const char *);

#endif
