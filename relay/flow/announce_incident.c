/* An incident that was opened, changed or closed is announced: who hears of it
 * now, and when they are to hear of it again. */
#include "relay/flow/announce_group.h"
#include "relay/flow/hearing.h"
#include "relay/flow/plan.h"
#include "relay/flow/refresh.h"
#include "relay/store/wakes.h"

/* A group of so many is told a moment after one of them changed: what comes with
 * it is told with it.  Each time it is told all of them are read, so a thousand
 * revocations that were each told at once would read a million. */
#define GROUP_LARGE 16
#define GROUP_COLLECTS_MS SECOND_MS

static int
tell(struct plan *plan, const struct incident *incident, struct incident_rows *rows,
     struct err *err)
{
	struct telling t;
	int rc = tell_of(plan, incident, rows, &t, err);

	if (rc == 0)
		rc = announce_to_hearings(plan, t.incident, t.rows, &t.all, err);
	if (rc == 0)
		rc = remind_plan(plan, t.incident, t.rows, &t.all, err);
	telling_fini(&t);
	return rc;
}

/* 1, 0, -1.  Who looks on wants to see what follows from each event. */
static int
is_told_later(struct plan *plan, const struct incident *incident, struct err *err)
{
	const char *lead_id = incident->lead_id[0] != '\0' ? incident->lead_id : incident->id;
	int64_t led;

	if (incident->kind != KIND_IMAGE_REVOCATION || plan->watch != NULL)
		return 0;
	led = incidents_led_count(plan->db, lead_id, GROUP_LARGE, err);
	if (led < GROUP_LARGE)
		return led < 0 ? -1 : 0;
	return wake_by(plan->db, WAKE_GROUP, lead_id, plan->now_ms + GROUP_COLLECTS_MS, err) == 0
	               ? 1
	               : -1;
}

int
announce_incident(struct plan *plan, const struct incident *incident, struct incident_rows *rows,
                  struct err *err)
{
	int later = is_told_later(plan, incident, err);

	if (later != 0)
		return later < 0 ? -1 : 0;
	return tell(plan, incident, rows, err);
}

int
announce_group_woken(struct plan *plan, const char *lead_id, struct err *err)
{
	struct incident lead;
	struct incident_rows rows = {0};
	int rc = incidents_by_id(plan->db, lead_id, &lead, err);

	if (rc == 1)
		rc = refresh_rows(plan->db, lead_id, &rows, err);
	if (rc == 0 && lead.id[0] != '\0')
		rc = tell(plan, &lead, &rows, err);
	incident_rows_fini(&rows);
	incident_fini(&lead);
	return rc;
}
