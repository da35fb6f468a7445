#include "relay/store/alone.h"

int
db_alone(struct db *db, int (*step)(struct db *, void *arg, struct err *), void *arg,
         struct err *err)
{
	if (db_mark(db, err) != 0)
		return -1;
	if (step(db, arg, err) == 0)
		return db_mark_release(db, err);
	db_mark_rollback(db);
	return db_trouble(db) == DB_FINE ? 1 : -1;
}
