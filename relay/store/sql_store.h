/* sql_store.h - SQL of the store itself; rules in statements.h. */
#ifndef RELAY_STORE_SQL_STORE_H
#define RELAY_STORE_SQL_STORE_H

#define SQL_STORE(X)                                                           \
	X(META_GET, "SELECT value FROM meta WHERE key = $1")                   \
	X(META_PUT, "INSERT INTO meta (key, value) VALUES ($1, $2)"            \
	            " ON CONFLICT (key) DO UPDATE SET value = excluded.value") \
	X(META_DROP, "DELETE FROM meta WHERE key = $1")

#endif
