/* When routes tell what they collect: `digest: {every: 7d, at: "Mon 09:00"}`. */
#include <string.h>
#include <strings.h>

#include "relay/base/clock.h"
#include "relay/base/tz.h"
#include "relay/config/cross.h"

static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

static bool
is_two_digits(const char *text)
{
	return strspn(text, "0123456789") == 2;
}

/* "09:00"; -1. */
static int
minute_of(const char *text)
{
	if (strlen(text) != 5 || !is_two_digits(text) || text[2] != ':' || !is_two_digits(text + 3))
		return -1;
	int hour = (text[0] - '0') * 10 + text[1] - '0';
	int minute = (text[3] - '0') * 10 + text[4] - '0';
	return hour > 23 || minute > 59 ? -1 : hour * 60 + minute;
}

/* "Mon 09:00", or without a day; false when it is neither. */
static bool
parse_at(struct conf_digest *digest)
{
	const char *at = digest->at;

	digest->weekdays = TZ_EVERY_DAY;
	for (unsigned day = 0; day < sizeof(days) / sizeof(*days); day++)
		if (strncasecmp(at, days[day], 3) == 0 && at[3] == ' ') {
			digest->weekdays = 1U << day;
			at += 4;
			break;
		}
	digest->minute = minute_of(at);
	return digest->minute >= 0;
}

/* What is missing was told already. */
static void
check_digest(const struct cross *x, struct conf_digest *digest, const struct node *map)
{
	const struct node *every = cross_place(x, map, "every"), *at = cross_place(x, map, "at");
	const struct node *zone = cross_place(x, map, "timezone");
	bool weekly = digest->every == 7 * DAY_MS;

	if (yaml_get(map, "every") != NULL && !weekly && digest->every != DAY_MS)
		faults_add(x->faults, every->line, every->column, "every needs 1d or 7d");
	if (digest->timezone != NULL && !tz_known(digest->timezone))
		faults_add(x->faults, zone->line, zone->column, "timezone is not known here");
	if (digest->at == NULL)
		return;
	if (!parse_at(digest))
		faults_add(x->faults, at->line, at->column,
		           "at needs a time of day, in quotes, and may begin with a day: "
		           "\"Mon 09:00\"");
	else if (weekly && digest->weekdays == TZ_EVERY_DAY)
		faults_add(x->faults, at->line, at->column,
		           "at needs a day where every is 7d: \"Mon %s\"", digest->at);
	else if (!weekly && digest->weekdays != TZ_EVERY_DAY)
		faults_add(x->faults, at->line, at->column,
		           "at takes a day only where every is 7d");
}

void
cross_digests(const struct cross *x)
{
	for (size_t i = 0; i < x->conf->routes.count; i++) {
		struct conf_route *route = conf_item(x->conf->routes, struct conf_route, i);
		const struct node *map = cross_item(x, "routes", i);
		const struct node *digest = map->type == NODE_MAP ? yaml_get(map, "digest") : NULL;

		if (digest != NULL && digest->type == NODE_MAP)
			check_digest(x, &route->digest, digest);
	}
}
