/*
 * What a digest carries and a silence holds is taken out of it, as long as
 * nobody can have had the digest: it is owed for itself again, and so are the
 * others, to be carried by the next one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "relay/base/mem.h"
#include "relay/store/queue_carry.h"

int
carrier_let_go(struct db *db, const char *carrier, int64_t now_ms, struct err *err)
{
	int64_t holds = db_number(db, err, 0, ST_CARRY_HELD, "ti", carrier, now_ms);
	struct owed owed;
	int rc;

	if (holds <= 0)
		return holds < 0 ? -1 : 0;
	rc = owed_load(db, carrier, &owed, err);
	if (rc == 1)
		rc = carrier_dissolve(db, &owed, err);
	owed_fini(&owed);
	return rc < 0 ? -1 : 0;
}

int
carriers_let_go(struct db *db, const char *incident_id, int64_t now_ms, struct err *err)
{
	struct db_row *row = db_bind(db, ST_CARRIERS_OF, "t", incident_id);
	char(*ids)[ID_SIZE] = NULL;
	size_t count = 0;
	int rc;

	while ((rc = db_step(row, err)) == 1) {
		ids = mem_grow(ids, count + 1, sizeof(*ids));
		snprintf(ids[count++], ID_SIZE, "%s", db_text(row, 0));
	}
	db_end(row);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = carrier_let_go(db, ids[i], now_ms, err);
	free(ids);
	return rc;
}
