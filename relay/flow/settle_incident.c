/* Bringing one incident to the state that it was judged to be in. */
#include <stdlib.h>

#include "relay/base/json.h"
#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/base/metrics.h"
#include "relay/flow/plan.h"
#include "relay/message/words.h"
#include "relay/store/incidents.h"

static int
retitle(struct plan *plan, struct incident *incident, const struct incident_rows *rows,
        struct err *err)
{
	const char *workspace = rows->count > 0 ? rows->items[0].name : NULL;
	json_t *image;

	if (announce_image(plan, incident, &image, NULL, err) != 0)
		return -1;
	free(incident->title);
	incident->title = words_title(incident, image, workspace);
	json_decref(image);
	return 0;
}

static int
note(struct plan *plan, const struct incident *incident, const char *what, struct err *err)
{
	return incidents_note(plan->db, incident->id, plan->now_ms, what, plan->event_id, err);
}

static void
log_incident(const struct incident *incident, const char *msg)
{
	log_info(msg, "incident", incident->id, "kind", incident_kind_names[incident->kind],
	         "phase", phase_names[incident->phase], "severity",
	         severity_names[incident->severity], "title", incident->title, LOG_END);
}

static int
open_incident(struct plan *plan, struct incident *incident, const struct incident_rows *rows,
              bool open, const char *what, struct err *err)
{
	id_make("inc", plan->now_ms, incident->id);
	incident->opened_at = plan->now_ms;
	incident->revision = 1;
	incident->open = open && !incident_kind_closes_at_once(incident->kind);
	incident->resolved_at = incident->open ? 0 : plan->now_ms;
	for (size_t i = 0; i < rows->count; i++)
		if (incidents_row_put(plan->db, incident->id, &rows->items[i], err) != 0)
			return -1;
	if (retitle(plan, incident, rows, err) != 0 || incidents_add(plan->db, incident, err) != 0)
		return -1;
	metric_add(METRIC_INCIDENTS_OPENED, 1);
	if (!incident->open)
		metric_add(METRIC_INCIDENTS_RESOLVED, 1);
	log_incident(incident, "incident opened");
	return note(plan, incident, what != NULL ? what : "opened", err);
}

static int
change_incident(struct plan *plan, struct incident *incident, const struct incident_rows *rows,
                bool closes, const char *what, struct err *err)
{
	incident->revision++;
	incident->open = !closes;
	incident->resolved_at = closes ? plan->now_ms : 0;
	if (retitle(plan, incident, rows, err) != 0 ||
	    incidents_update(plan->db, incident, err) != 0)
		return -1;
	if (closes)
		metric_add(METRIC_INCIDENTS_RESOLVED, 1);
	log_incident(incident, closes ? "incident resolved" : "incident changed");
	return note(plan, incident, what != NULL ? what : closes ? "resolved" : "changed", err);
}

/* Everybody it concerned had put it right before it was heard of. */
static bool
is_over(struct judgement j, const struct incident_rows *rows)
{
	return j.phase == PHASE_CLEARED && rows->count > 0;
}

int
settle_incident(struct plan *plan, struct incident *incident, struct incident_rows *rows,
                struct judgement j, bool changed, const char *what, struct err *err)
{
	bool is_new = incident->id[0] == '\0';
	bool differs = changed || j.phase != incident->phase || j.severity != incident->severity ||
	               !j.open;

	if (is_new ? !j.open && !is_over(j, rows) : !differs)
		return 0;
	incident->phase = j.phase;
	incident->severity = j.severity;
	incident->updated_at = plan->now_ms;
	if (is_new ? open_incident(plan, incident, rows, j.open, what, err) != 0
	           : change_incident(plan, incident, rows, !j.open, what, err) != 0)
		return -1;
	return announce_incident(plan, incident, rows, err);
}
