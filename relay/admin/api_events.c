#include "relay/admin/api.h"

#include "relay/base/ulid.h"
#include "relay/store/events.h"

static const char *const states[] = {"accepted", "processed", "ignored", "unknown", "parked", NULL};

const struct api_filter api_event_filters[] = {{"state", states}, {"source", NULL}, {NULL, NULL}};

bool
api_event_cursor(const char *after)
{
	return id_is("evt", after);
}

int
api_event_list(const struct api_ask *ask, struct db *db, struct api_answer *answer, struct err *err)
{
	const struct event_filter filter = {.state = ask->values[0], .source = ask->values[1]};

	return query_events(db, &filter, &ask->page, &answer->body, err);
}

int
api_event_show(const struct api_ask *ask, struct db *db, struct api_answer *answer, struct err *err)
{
	if (query_event(db, ask->id, &answer->body, err) < 0)
		return -1;
	return answer->body ? 0 : api_refuse(answer, 404, "there is no such event");
}

/* Answers with the state the event is in now; one that was processed stays so
 * and tells nothing again. */
int
api_event_replay(const struct api_ask *ask, struct db *db, struct api_answer *answer,
                 struct err *err)
{
	const char *state;
	int replayed = event_replay(db, ask->id, err);

	if (replayed < 0 || query_event_state(db, ask->id, &state, err) < 0)
		return -1;
	if (!state)
		return api_refuse(answer, 404, "there is no such event");
	answer->wake = replayed == 1;
	answer->body = json_pack("{s:s, s:s}", "id", ask->id, "state", state);
	return 0;
}
