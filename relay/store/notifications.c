/* notifications.c - what was said of an incident to each audience (incidents.h). */
#include <stdio.h>
#include <stdlib.h>

#include "relay/base/mem.h"
#include "relay/store/incidents.h"

void
told_before_list_fini(struct told_before_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].audience);
		free(list->items[i].team);
		free(list->items[i].destination);
	}
	free(list->items);
	*list = (struct told_before_list){0};
}

int
notification_get(struct db *db, const char *incident_id, const char *audience,
                 struct notification *n, struct err *err)
{
	struct db_row *row = db_bind(db, ST_NOTIFICATION_GET, "tt", incident_id, audience);
	int rc = db_step(row, err);

	*n = (struct notification){0};
	if (rc == 1) {
		const char *digest = db_text(row, 2);

		snprintf(n->id, sizeof(n->id), "%s", db_text(row, 0));
		n->revision = db_int(row, 1);
		snprintf(n->digest, sizeof(n->digest), "%s", digest != NULL ? digest : "");
		n->news = db_int(row, 3);
	}
	db_end(row);
	return rc;
}

int
notification_add(struct db *db, const char *incident_id, const char *audience, const char *team,
                 const struct notification *n, struct err *err)
{
	return db_run(db, err, ST_NOTIFICATION_ADD, "ttttiti", n->id, incident_id, audience, team,
	              n->revision, n->digest, n->news) < 0
	               ? -1
	               : 0;
}

int
notification_set(struct db *db, const struct notification *n, struct err *err)
{
	return db_run(db, err, ST_NOTIFICATION_SET, "titi", n->id, n->revision, n->digest,
	              n->news) < 0
	               ? -1
	               : 0;
}

int
notification_take_over(struct db *db, const char *incident_id, const char *audience,
                       const char *by_audience, const char *by_team, struct err *err)
{
	int64_t n = db_run(db, err, ST_NOTIFICATION_TAKE_OVER, "tttt", incident_id, audience,
	                   by_audience, by_team);

	return n < 0 ? -1 : n > 0;
}

int
notifications_told(struct db *db, const char *incident_id, struct told_before_list *list,
                   struct err *err)
{
	struct db_row *row = db_bind(db, ST_NOTIFICATIONS_OF, "t", incident_id);
	int rc;

	*list = (struct told_before_list){0};
	while ((rc = db_step(row, err)) == 1) {
		list->items = mem_grow(list->items, list->count + 1, sizeof(*list->items));
		list->items[list->count++] =
			(struct told_before){mem_str(db_text(row, 0)), mem_str(db_text(row, 1)),
		                             mem_str(db_text(row, 2))};
	}
	db_end(row);
	return rc;
}

int
notifications_heard(struct db *db, const char *incident_id, struct err *err)
{
	int64_t n = db_number(db, err, 0, ST_NOTIFICATIONS_HEARD, "t", incident_id);

	return n < 0 ? -1 : n > 0;
}
