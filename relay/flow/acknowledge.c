#include "relay/flow/acknowledge.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
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
announce(struct plan *plan, struct incident *incident, struct err *err)
{
	const struct judgement as_it_is = {
		.open = true, .phase = incident->phase, .severity = incident->severity};
	struct incident_rows rows;
	char until[TIME_TEXT_SIZE], *what;
	int rc = refresh_rows(plan->db, incident->id, &rows, err);

	what = mem_fmt("acknowledged by %s until %s%s%s", incident->ack_by,
	               time_text(incident->ack_until, until),
	               incident->ack_comment != NULL ? ": " : "",
	               incident->ack_comment != NULL ? incident->ack_comment : "");
	if (rc == 0)
		rc = settle_incident(plan, incident, &rows, as_it_is, true, what, err);
	incident_rows_fini(&rows);
	free(what);
	return rc;
}

enum ack
acknowledge_incident(struct db *db, const struct conf *conf, const char *incident_id,
                     const struct acknowledgement *ack, int64_t now_ms, struct err *err)
{
	struct plan plan = {.db = db, .conf = conf, .received_at = now_ms, .now_ms = now_ms};
	struct incident incident;
	int found = incidents_by_id(db, incident_id, &incident, err);
	enum ack answer = ACK_TAKEN;

	if (found != 1) {
		answer = found < 0 ? ACK_FAILED : ACK_UNKNOWN;
	} else if (!incident.open) {
		answer = ACK_RESOLVED;
	} else if (!is_known(&incident, ack)) {
		take(&incident, ack);
		if (incidents_acknowledge(db, &incident, err) != 0 ||
		    announce(&plan, &incident, err) != 0)
			answer = ACK_FAILED;
	}
	incident_fini(&incident);
	return answer;
}
