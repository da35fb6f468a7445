#include "relay/store/applies.h"

#include "relay/base/mem.h"

int
applies_add(struct db *db, const char *workspace_key, struct applied applied, struct err *err)
{
	return db_run(db, err, ST_APPLY_ADD, "tii", workspace_key, applied.to, applied.from) < 0
	               ? -1
	               : 0;
}

int
applies_of(struct db *db, const char *workspace_key, struct applied_list *list, struct err *err)
{
	struct db_row *row = db_bind(db, ST_APPLIES_OF, "t", workspace_key);
	int rc;

	*list = (struct applied_list){.items = NULL};
	while ((rc = db_step(row, err)) == 1) {
		list->items = mem_grow(list->items, list->count + 1, sizeof(*list->items));
		list->items[list->count++] = (struct applied){db_int(row, 0), db_int(row, 1)};
	}
	db_end(row);
	return rc;
}
