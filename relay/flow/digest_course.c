#include "relay/flow/digest_course.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/tz.h"
#include "relay/store/wakes.h"

static char *
course_key(const char *route)
{
	return mem_fmt("digest %s", route);
}

static char *
schedule_of(const struct conf_digest *digest)
{
	return mem_fmt("%s %" PRId64 " %s", digest->at, digest->every, digest->timezone);
}

int
course_get(struct plan *plan, const char *route, struct course *out, struct err *err)
{
	char *key = course_key(route);
	struct db_row *row = db_bind(plan->db, ST_META_GET, "t", key);
	int rc = db_step(row, err);

	*out = (struct course){0};
	if (rc == 1) {
		char *end;

		out->from = strtoll(db_text(row, 0), &end, 10);
		out->schedule = mem_str(*end == ' ' ? end + 1 : end);
	}
	db_end(row);
	free(key);
	return rc;
}

int
course_drop(struct plan *plan, const char *route, struct err *err)
{
	char *key = course_key(route);
	int64_t rc = db_run(plan->db, err, ST_META_DROP, "t", key);

	free(key);
	return rc < 0 ? -1 : 0;
}

int
course_set(struct plan *plan, const struct conf_route *route, int64_t from, struct err *err)
{
	const struct conf_digest *digest = &route->digest;
	char *key = course_key(route->name), *schedule = schedule_of(digest);
	char *value = mem_fmt("%" PRId64 " %s", from, schedule);
	int64_t next;
	int rc = tz_next(digest->timezone, digest->weekdays, digest->minute, plan->now_ms, &next,
	                 err);

	if (rc == 0 && db_run(plan->db, err, ST_META_PUT, "tt", key, value) < 0)
		rc = -1;
	if (rc == 0)
		rc = wake_set(plan->db, WAKE_DIGEST, route->name, next, err);
	free(value);
	free(schedule);
	free(key);
	return rc;
}

int
plan_digests(struct plan *plan, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < plan->conf->routes.count; i++) {
		const struct conf_route *route =
			conf_item(plan->conf->routes, struct conf_route, i);
		struct course course;
		char *schedule;

		if (route->digest.every == 0)
			continue;
		rc = course_get(plan, route->name, &course, err);
		schedule = schedule_of(&route->digest);
		if (rc == 0 || (rc == 1 && strcmp(schedule, course.schedule) != 0))
			rc = course_set(plan, route, rc == 1 ? course.from : plan->now_ms, err);
		free(schedule);
		free(course.schedule);
	}
	return rc < 0 ? -1 : 0;
}
