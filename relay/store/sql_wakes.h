/* sql_wakes.h - SQL of wakes.h; rules in statements.h. */
#ifndef RELAY_STORE_SQL_WAKES_H
#define RELAY_STORE_SQL_WAKES_H

#define SQL_WAKES(X)                                                               \
	X(WAKE_SET, "INSERT INTO wakes (kind, subject, at) VALUES ($1, $2, $3)"    \
	            " ON CONFLICT (kind, subject) DO UPDATE SET at = excluded.at") \
	X(WAKE_BY, "INSERT INTO wakes (kind, subject, at) VALUES ($1, $2, $3)"     \
	           " ON CONFLICT (kind, subject) DO UPDATE SET at = excluded.at"   \
	           " WHERE excluded.at < wakes.at")                                \
	X(WAKE_LATER, "UPDATE wakes SET at = $4 WHERE kind = $1 AND subject = $2"  \
	              " AND at <= $3")                                             \
	X(WAKE_DROP, "DELETE FROM wakes WHERE kind = $1 AND subject = $2")         \
	X(WAKE_FIRST, "SELECT kind, subject, at FROM wakes ORDER BY at LIMIT 1")

#endif
