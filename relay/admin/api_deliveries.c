#include "relay/admin/api.h"

#include <string.h>

#include "relay/base/ulid.h"
#include "relay/store/queue.h"

const struct api_filter api_delivery_filters[] = {
	{"state", query_delivery_states},
	{"sink", NULL},
	{"incident", NULL},
	{NULL, NULL},
};

bool
api_delivery_cursor(const char *after)
{
	return id_is("dlv", after);
}

int
api_delivery_list(const struct api_ask *ask, struct db *db, struct api_answer *answer,
                  struct err *err)
{
	const struct delivery_filter filter = {
		.state = ask->values[0],
		.sink = ask->values[1],
		.incident = ask->values[2],
	};

	return query_deliveries(db, &filter, &ask->page, &answer->body, err);
}

int
api_delivery_retry(const struct api_ask *ask, struct db *db, struct api_answer *answer,
                   struct err *err)
{
	const char *state;

	if (query_delivery_state(db, ask->id, &state, err) < 0)
		return -1;
	if (!state)
		return api_refuse(answer, 404, "there is no such delivery");
	switch (queue_retry(db, ask->id, ask->now_ms, err)) {
	case 1:
		answer->wake = true;
		answer->body = json_pack("{s:s, s:s}", "id", ask->id, "state", "pending");
		return 0;
	case 0:
		return api_refuse(
			answer, 409,
			"only a dead or a waiting delivery can be tried again; this one is %s",
			strcmp(state, "pending") == 0 ? "on its way" : state);
	case 2:
		return api_refuse(
			answer, 409,
			"this destination is owed or was told newer news of the same notification");
	default:
		return -1;
	}
}
