#include "world.h"

#include <stdlib.h>

#include "relay/base/mem.h"

int
open_world(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));

	scratch_make(&w->scratch);
	w->db = scratch_db(&w->scratch, DB_WRITE);
	if (db_begin(w->db, &w->err) < 0)
		fail_msg("%s", w->err.text);
	*state = w;
	return 0;
}

int
close_world(void **state)
{
	struct world *w = *state;

	db_rollback(w->db);
	db_close(w->db);
	scratch_remove(&w->scratch);
	free(w);
	return 0;
}
