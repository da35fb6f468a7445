/* Filters on times and spans of time. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/base/tz.h"
#include "relay/message/filter_internal.h"

static const char *
format_of(const struct filter_call *call)
{
	return call->count > 0 ? call->args[0] : "%F %H:%M %Z";
}

/* %-d and the like are glibc's, and of use; widths are not. */
static int
check_conversions(const char *format, struct err *err)
{
	for (const char *c = strchr(format, '%'); c != NULL; c = strchr(c + 1, '%')) {
		const char *begin = c++;

		c += strspn(c, "-_0^#") > 0;
		if (*c == '\0' || strchr("aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ%", *c) == NULL) {
			char *quoted = mem_strn(begin, (size_t)(c - begin));
			size_t len = utf8_next(c, strlen(c));
			err_set(err, "\"%s%.*s\" is no part of a time format (strftime(3))", quoted,
			        (int)len, c);
			free(quoted);
			return -1;
		}
	}
	return 0;
}

static int
check_zone(const char *zone, struct err *err)
{
	char *quoted;

	if (tz_known(zone))
		return 0;
	quoted = faults_quote(zone);
	err_set(err, "unknown time zone %s: \"UTC\", or a name of the tz database", quoted);
	free(quoted);
	return -1;
}

/* What cannot be written for one time cannot be written for any. */
int
filter_date_check(struct filter_call *call, struct err *err)
{
	struct buf sample = {0};
	int rc;

	if (call->count > 1 && check_zone(call->args[1], err) != 0)
		return -1;
	if (check_conversions(format_of(call), err) != 0)
		return -1;
	rc = tz_format(&sample, 0, format_of(call), "UTC", err);
	buf_fini(&sample);
	return rc;
}

static int
take_time(const struct filter_call *call, const json_t *value, int64_t *ms, struct err *err)
{
	if (json_is_string(value) && time_parse(json_string_value(value), ms))
		return 0;
	return err_set(err, "the filter \"%s\" takes an RFC 3339 time", call->kind->name);
}

json_t *
filter_date(const struct filter_call *call, const json_t *value, const struct template_env *env,
            struct err *err)
{
	const char *zone = call->count > 1 ? call->args[1] : env->zone;
	struct buf text = {0};
	int64_t ms;

	if (take_time(call, value, &ms, err) != 0 ||
	    tz_format(&text, ms, format_of(call), zone != NULL ? zone : "UTC", err) != 0) {
		buf_fini(&text);
		return NULL;
	}
	return filter_text_take(&text);
}

int
filter_when_check(struct filter_call *call, struct err *err)
{
	return call->count > 0 ? check_zone(call->args[0], err) : 0;
}

/* A month and a day alone are taken for the nearest such, so that is all that
 * they are written for. */
#define NEAR_MS (300 * DAY_MS)

/* 1: its year goes without saying; 0; -1. */
static int
is_near(int64_t ms, int64_t now_ms, const char *zone, struct err *err)
{
	struct buf its = {0}, this = {0};
	int rc;

	if (ms - now_ms > NEAR_MS || now_ms - ms > NEAR_MS)
		return 0;
	rc = tz_format(&its, ms, "%Y", zone, err);
	if (rc == 0)
		rc = tz_format(&this, now_ms, "%Y", zone, err);
	if (rc == 0)
		rc = strcmp(buf_text(&its), buf_text(&this)) == 0;
	buf_fini(&its);
	buf_fini(&this);
	return rc;
}

json_t *
filter_when(const struct filter_call *call, const json_t *value, const struct template_env *env,
            struct err *err)
{
	const char *zone = call->count > 0 ? call->args[0] : env->zone != NULL ? env->zone : "UTC";
	struct buf text = {0};
	int64_t ms;
	int near;

	if (take_time(call, value, &ms, err) != 0)
		return NULL;
	near = is_near(ms, env->now_ms, zone, err);
	if (near < 0 || tz_format(&text, ms, near ? "%a %d %b %H:%M %Z" : "%a %d %b %Y %H:%M %Z",
	                          zone, err) != 0) {
		buf_fini(&text);
		return NULL;
	}
	return filter_text_take(&text);
}

/* A unit, and up to how many of it a distance is told. */
static const struct {
	const char *name;
	int64_t ms, below;
} distances[] = {
	{"second", SECOND_MS, 60},
	{"minute", MINUTE_MS, 60},
	{"hour", HOUR_MS, 48},
	{"day", DAY_MS, INT64_MAX},
};

/* To the nearest: what is due in 3 days less a moment is due "in 3 days". */
json_t *
filter_ago(const struct filter_call *call, const json_t *value, const struct template_env *env,
           struct err *err)
{
	struct buf text = {0};
	int64_t ms, distance, count = 0;
	size_t i = 0;

	if (take_time(call, value, &ms, err) != 0)
		return NULL;
	distance = ms > env->now_ms ? ms - env->now_ms : env->now_ms - ms;
	for (; i < COUNT(distances); i++) {
		count = (distance + distances[i].ms / 2) / distances[i].ms;
		if (count < distances[i].below)
			break;
	}
	if (count == 0)
		return json_string("now");
	buf_printf(&text, "%s%" PRId64 " %s%s%s", ms > env->now_ms ? "in " : "", count,
	           distances[i].name, count == 1 ? "" : "s", ms > env->now_ms ? "" : " ago");
	return filter_text_take(&text);
}

static const struct {
	const char *name;
	int64_t seconds;
} units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};

/* The largest unit there is one of, and the one below it. */
json_t *
filter_duration(const struct filter_call *call, const json_t *value, const struct template_env *env,
                struct err *err)
{
	struct buf text = {0};
	size_t i = 0;
	int64_t seconds;
	double number;

	(void)call;
	(void)env;
	number = json_number_value(value);
	if (!json_is_number(value) || number > 1e15 || number < -1e15) {
		err_set(err, "the filter \"duration\" takes a number of seconds");
		return NULL;
	}
	seconds = (int64_t)number;
	if (seconds < 0) {
		buf_putc(&text, '-');
		seconds = -seconds;
	}
	while (i + 1 < COUNT(units) && seconds < units[i].seconds)
		i++;
	buf_printf(&text, "%" PRId64 " %s", seconds / units[i].seconds, units[i].name);
	seconds %= units[i].seconds;
	if (i + 1 < COUNT(units) && seconds >= units[i + 1].seconds)
		buf_printf(&text, " %" PRId64 " %s", seconds / units[i + 1].seconds,
		           units[i + 1].name);
	return filter_text_take(&text);
}
