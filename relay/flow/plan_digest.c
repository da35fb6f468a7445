/*
 * What a route with `digest` collects: at its times (digest_course.h) one message
 * for each of its audiences, of what is open and of what was opened and resolved
 * since the last.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/announce_group.h"
#include "relay/flow/digest_course.h"
#include "relay/flow/hush.h"
#include "relay/flow/refresh.h"
#include "relay/message/digest.h"
#include "relay/message/document.h"
#include "relay/store/incidents.h"
#include "relay/store/queue.h"
#include "sinks/sink.h"

#define OPEN_AT_ONCE 100 /* read in one go */

/* ---- what ---- */

/* To one audience. */
struct letter {
	struct hearing hearing; /* moved from that of its first incident */
	struct digest_entries digest;
};

struct post {
	struct plan *plan;
	const struct conf_route *route;
	int64_t from;
	struct letter *letters;
	size_t count;
	struct telling t; /* of the group that was met last; zeroed when it was none */
	struct held held; /* as that is told */
};

/* Takes the hearing where it is the first of its name. */
static struct letter *
letter_for(struct post *post, struct hearing *hearing)
{
	for (size_t i = 0; i < post->count; i++)
		if (strcmp(post->letters[i].hearing.name, hearing->name) == 0)
			return &post->letters[i];
	post->letters = mem_grow(post->letters, post->count + 1, sizeof(*post->letters));
	post->letters[post->count] = (struct letter){.hearing = *hearing};
	*hearing = (struct hearing){0};
	return &post->letters[post->count++];
}

/* What happens at the very end is the next one's. */
static bool
is_in_period(const struct post *post, int64_t at)
{
	return at >= post->from && at < post->plan->now_ms;
}

static const char *
reason_of(const struct digest_entry *entry)
{
	return entry->resolved ? "resolved" : entry->opened ? "opened" : NULL;
}

static int64_t
affected_of(const struct incident_rows *rows, const struct hearing *hearing)
{
	const struct incident_row **seen = mem_array(rows->count + 1, sizeof(*seen));
	size_t count = hearing_sees(rows, hearing, seen);
	int64_t affected = 0;

	for (size_t i = 0; i < count; i++)
		affected += seen[i]->state == ROW_AFFECTED;
	free(seen);
	return affected;
}

/* One that leads others is met with each of them, mostly one after the other. */
static bool
is_listed(const struct digest_entries *digest, const struct incident *incident)
{
	for (size_t i = digest->count; incident->leads && i-- > 0;)
		if (strcmp(digest->items[i].id, incident->id) == 0)
			return true;
	return false;
}

static void
add_entry(struct post *post, const struct incident *incident, const struct incident_rows *rows,
          struct hearing *hearing)
{
	int64_t affected = affected_of(rows, hearing);
	struct digest_entries *digest = &letter_for(post, hearing)->digest;
	struct digest_entry *entry;

	if (is_listed(digest, incident))
		return;
	entry = digest_add(digest);
	memcpy(entry->id, incident->id, sizeof(entry->id));
	entry->kind = incident->kind;
	entry->severity = incident->severity;
	entry->open = incident->open;
	entry->opened_at = incident->opened_at;
	entry->opened = is_in_period(post, incident->opened_at);
	entry->resolved = !incident->open && !incident_kind_closes_at_once(incident->kind);
	entry->affected = affected;
}

static void
forget_telling(struct post *post)
{
	telling_fini(&post->t);
	post->t = (struct telling){0};
}

/* As the incident is told, and held.  Its group is read once where those of it
 * follow each other: they may be very many. */
static int
read_telling(struct post *post, const struct incident *incident, struct incident_rows *rows,
             struct err *err)
{
	const char *lead_id = incident->lead_id[0] != '\0' ? incident->lead_id : incident->id;

	if (post->t.incident != NULL && strcmp(post->t.incident->id, lead_id) == 0)
		return 0;
	forget_telling(post);
	if (tell_of(post->plan, incident, rows, &post->t, err) != 0)
		return -1;
	return hush_of(post->plan, post->t.incident, post->t.rows, &post->held, err);
}

/* The route is asked for each of a group, as where it tells at once.  What a
 * silence holds is not told here either. */
static int
collect(struct post *post, const struct incident *incident, struct err *err)
{
	struct incident_rows rows;
	struct hearings all = {0};
	const struct incident *told = NULL;
	int rc = refresh_rows(post->plan->db, incident->id, &rows, err);

	if (rc == 0)
		rc = hearings_add_digest(post->plan, incident, &rows, post->route, &all, err);
	if (rc == 0 && all.count > 0) {
		rc = read_telling(post, incident, &rows, err);
		told = post->t.incident;
	}
	if (rc == 0 && told != NULL && post->held.until == 0 &&
	    (told->open || is_in_period(post, told->resolved_at)))
		for (size_t i = 0; i < all.count; i++)
			add_entry(post, told, post->t.rows, &all.items[i]);
	if (rc != 0 || (told != NULL && !told->leads))
		forget_telling(post); /* it borrows what ends here */
	hearings_fini(&all);
	incident_rows_fini(&rows);
	return rc;
}

static int
collect_list(struct post *post, const struct incident_list *list, struct err *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (collect(post, &list->items[i], err) != 0)
			return -1;
	return 0;
}

static int
collect_all(struct post *post, struct err *err)
{
	char after[ID_SIZE] = "";
	struct incident_list list;
	size_t count;
	int rc;

	do {
		rc = incidents_all_open(post->plan->db, after, OPEN_AT_ONCE, &list, err);
		if (rc != 0)
			return -1;
		rc = collect_list(post, &list, err);
		count = list.count;
		if (count > 0)
			memcpy(after, list.items[count - 1].id, sizeof(after));
		incident_list_fini(&list);
	} while (rc == 0 && count == OPEN_AT_ONCE);
	if (rc != 0 || incidents_resolved_since(post->plan->db, post->from, &list, err) != 0)
		return -1;
	rc = collect_list(post, &list, err);
	incident_list_fini(&list);
	return rc;
}

/* ---- how it is said ---- */

static int
fill_item(struct post *post, const struct hearing *hearing, struct digest_entry *entry,
          const struct incident *incident, const struct incident_rows *rows, struct err *err)
{
	const struct incident_row **seen = mem_array(rows->count + 1, sizeof(*seen));
	struct document_facts facts = {.conf = post->plan->conf,
	                               .incident = incident,
	                               .notification_id = "",
	                               .rows = seen};
	json_t *cut = NULL;
	int rc = announce_image(post->plan, incident, &facts.image, &cut, err);

	if (rc == 0) {
		facts.row_count = hearing_sees(rows, hearing, seen);
		json_t *document = document_build(&facts);
		entry->item = digest_item(document, reason_of(entry));
		json_decref(document);
	}
	json_decref(facts.image);
	json_decref(cut);
	free(seen);
	return rc;
}

/* Only of those that are listed. */
static int
fill(struct post *post, const struct hearing *hearing, struct digest_entry *entry, struct err *err)
{
	struct incident incident;
	struct incident_rows rows = {0};
	struct telling t = {0};
	int rc = incidents_by_id(post->plan->db, entry->id, &incident, err) < 0
	                 ? -1
	                 : refresh_rows(post->plan->db, entry->id, &rows, err);

	if (rc == 0)
		rc = tell_of(post->plan, &incident, &rows, &t, err);
	if (rc == 0)
		rc = fill_item(post, hearing, entry, t.incident, t.rows, err);
	telling_fini(&t);
	incident_rows_fini(&rows);
	incident_fini(&incident);
	return rc;
}

static enum severity
worst_of(const struct digest_entries *digest)
{
	enum severity worst = SEVERITY_INFO;

	for (size_t i = 0; i < digest->count; i++)
		if (digest->items[i].severity > worst)
			worst = digest->items[i].severity;
	return worst;
}

static int
send_letter(struct post *post, struct letter *letter, struct err *err)
{
	char id[ID_SIZE];
	struct digest_facts facts = {
		.notification_id = id,
		.route = post->route->name,
		.team = letter->hearing.team,
		.title = "Digest",
		.from = post->from,
		.to = post->plan->now_ms,
	};
	struct delivery_plan d = {.notification_id = id,
	                          .route = post->route->name,
	                          .team = letter->hearing.team,
	                          .severity = worst_of(&letter->digest)};
	json_t *document;
	char *text;
	int rc = 0;

	digest_sort(&letter->digest);
	for (size_t i = 0; i < letter->digest.count && i < DIGEST_INCIDENTS_MAX; i++)
		if (fill(post, &letter->hearing, &letter->digest.items[i], err) != 0)
			return -1;
	id_make("ntf", post->plan->now_ms, id);
	document = digest_document(&letter->digest, &facts);
	d.document = text = json_dumps(document, JSON_COMPACT);
	for (size_t i = 0; rc == 0 && i < letter->hearing.count; i++) {
		const struct hearer *to = &letter->hearing.hearers[i];

		d.destination = to->destination;
		d.sink = to->sink->name;
		d.sink_kind = sink_kind_named(to->sink->kind->name)->conf.name;
		rc = queue_add_digest(post->plan->db, &d, post->plan->now_ms, err);
	}
	free(text);
	json_decref(document);
	return rc;
}

static void
post_fini(struct post *post)
{
	struct hearings all = {.items = mem_array(post->count + 1, sizeof(*all.items)),
	                       .count = post->count};

	for (size_t i = 0; i < post->count; i++) {
		all.items[i] = post->letters[i].hearing;
		digest_fini(&post->letters[i].digest);
	}
	hearings_fini(&all);
	free(post->letters);
	telling_fini(&post->t);
}

static const struct conf_route *
route_named(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->routes.count; i++) {
		const struct conf_route *route = conf_item(conf->routes, struct conf_route, i);

		if (strcmp(route->name, name) == 0)
			return route;
	}
	return NULL;
}

int
plan_digest_woken(struct plan *plan, const char *name, struct err *err)
{
	const struct conf_route *route = route_named(plan->conf, name);
	struct post post = {.plan = plan, .route = route};
	struct course course;
	int rc;

	if (route == NULL || route->digest.every == 0)
		return course_drop(plan, name, err); /* it is no more, or tells at once */
	if (course_get(plan, name, &course, err) < 0)
		return -1;
	post.from = course.from;
	rc = collect_all(&post, err);
	for (size_t i = 0; rc == 0 && i < post.count; i++)
		rc = send_letter(&post, &post.letters[i], err);
	if (rc == 0)
		rc = course_set(plan, route, plan->now_ms, err);
	post_fini(&post);
	free(course.schedule);
	return rc;
}
