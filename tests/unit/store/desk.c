#include "desk.h"

#include <stdlib.h>

void
desk_open(struct desk *d)
{
	scratch_make(&d->scratch);
	d->db = scratch_db(&d->scratch, DB_WRITE);
	assert_int_equal(db_begin(d->db, &d->err), 0);
}

void
desk_close(struct desk *d)
{
	db_rollback(d->db);
	db_close(d->db);
	scratch_remove(&d->scratch);
}

int
desk_setup(void **state)
{
	*state = calloc(1, sizeof(struct desk));
	desk_open(*state);
	return 0;
}

int
desk_teardown(void **state)
{
	desk_close(*state);
	free(*state);
	return 0;
}
