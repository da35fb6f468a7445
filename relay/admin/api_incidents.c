#include "relay/admin/api.h"

static const char *const statuses[] = {"open", "resolved", NULL};

const struct api_filter api_incident_filters[] = {
	{"status", statuses}, {"kind", NULL}, {"bucket", NULL},
	{"workspace", NULL},  {"team", NULL}, {NULL, NULL},
};

int
api_incident_list(const struct api_ask *ask, struct db *db, struct api_answer *answer,
                  struct err *err)
{
	const struct incident_filter filter = {
		.status = ask->values[0],
		.kind = ask->values[1],
		.bucket = ask->values[2],
		.workspace = ask->values[3],
		.team = ask->values[4],
	};

	return query_incidents(db, ask->conf, &filter, &ask->page, &answer->body, err);
}

int
api_incident_show(const struct api_ask *ask, struct db *db, struct api_answer *answer,
                  struct err *err)
{
	if (query_incident(db, ask->conf, ask->id, &answer->body, err) < 0)
		return -1;
	return answer->body ? 0 : api_refuse(answer, 404, "there is no such incident");
}
