#include "relay/flow/acknowledge.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/flow/announce_group.h"
#include "relay/flow/refresh.h"
#include "relay/store/incidents.h"

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
is_known(const struct incident *incident, const struct acknowledgement *ack)
{
	return incident->ack_until == ack->until && same_text(incident->ack_by, ack->by) &&
	       same_text(incident->ack_comment, ack->comment);
}

static void
take(struct incident *incident, const struct acknowledgement *ack)
{
	free(incident->ack_by);
	free(incident->ack_comment);
	incident->ack_by = mem_str(ack->by);
	incident->ack_comment = mem_str(ack->comment);
	incident->ack_until = ack->until;
}

static int
note(struct plan *plan, const struct incident *incident, struct err *err)
{
	char until[TIME_TEXT_SIZE];
	char *what = mem_fmt("acknowledged by %s until %s%s%s", incident->ack_by,
	                     time_text(incident->ack_until, until),
	                     incident->ack_comment != NULL ? ": " : "",
	                     incident->ack_comment != NULL ? incident->ack_comment : "");
	int rc = incidents_note(plan->db, incident->id, plan->now_ms, what, NULL, err);

	free(what);
	return rc;
}

/* 1: it is kept; 0: it was; -1. */
static int
keep(struct plan *plan, struct incident *incident, const struct acknowledgement *ack,
     struct err *err)
{
	if (is_known(incident, ack))
		return 0;
	take(incident, ack);
	incident->revision++;
	incident->updated_at = plan->now_ms;
	if (incidents_acknowledge(plan->db, incident, err) != 0 ||
	    incidents_update(plan->db, incident, err) != 0 || note(plan, incident, err) != 0)
		return -1;
	log_info("incident acknowledged", "incident", incident->id, "by", ack->by, "title",
	         incident->title, LOG_END);
	return 1;
}

/* What is told as one is acknowledged as one: those that are open, and the one
 * that speaks for them. */
static int
keep_all(struct plan *plan, struct incident_list *members, const struct acknowledgement *ack,
         struct err *err)
{
	struct incident_rows rows = {0};
	struct incident *lead = &members->items[0];
	int kept = 0, rc = 0;

	for (size_t i = 0; rc >= 0 && i < members->count; i++)
		if (i == 0 || members->items[i].open) {
			rc = keep(plan, &members->items[i], ack, err);
			kept += rc > 0;
		}
	if (rc >= 0 && kept > 0)
		rc = refresh_rows(plan->db, lead->id, &rows, err);
	if (rc >= 0 && kept > 0)
		rc = announce_incident(plan, lead, &rows, err);
	incident_rows_fini(&rows);
	return rc < 0 ? -1 : 0;
}

/* As its messages say: who leads is open while one of the others is. */
static bool
is_told_as_open(const struct incident *incident, const struct incident_list *members)
{
	bool leads = strcmp(incident->id, members->items[0].id) == 0;

	for (size_t i = 0; leads && i < members->count; i++)
		if (members->items[i].open)
			return true;
	return incident->open;
}

enum ack
acknowledge_incident(struct db *db, const struct conf *conf, const char *incident_id,
                     const struct acknowledgement *ack, int64_t now_ms, struct err *err)
{
	struct plan plan = {.db = db, .conf = conf, .received_at = now_ms, .now_ms = now_ms};
	struct incident incident;
	struct incident_list members = {0};
	int found = incidents_by_id(db, incident_id, &incident, err);
	enum ack answer = found < 0 ? ACK_FAILED : ACK_UNKNOWN;

	if (found == 1 && group_members(&plan, &incident, &members, err) != 0)
		answer = ACK_FAILED;
	else if (found == 1 && !is_told_as_open(&incident, &members))
		answer = ACK_RESOLVED;
	else if (found == 1)
		answer = keep_all(&plan, &members, ack, err) == 0 ? ACK_TAKEN : ACK_FAILED;
	incident_list_fini(&members);
	incident_fini(&incident);
	return answer;
}
