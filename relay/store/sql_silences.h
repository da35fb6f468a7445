/* sql_silences.h - SQL of silences.h; rules in statements.h. */
#ifndef RELAY_STORE_SQL_SILENCES_H
#define RELAY_STORE_SQL_SILENCES_H

#define SQL_SILENCES(X)                                                                                       \
	X(SILENCES, "SELECT id, matches, starts_at, until, weekly, author, comment, created_at"               \
	            " FROM silences WHERE until IS NULL OR until > $1 ORDER BY id")                           \
	X(SILENCES_MARK, "SELECT (SELECT count(*) FROM silences),"                                            \
	                 " coalesce((SELECT max(id) FROM silences), '')")                                     \
	X(SILENCES_COUNT, "SELECT count(*) FROM silences WHERE until IS NULL OR until > $1")                  \
	X(SILENCE_ADD, "INSERT INTO silences (id, matches, starts_at, until, weekly, author,"                 \
	               " comment, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")                       \
	X(SILENCE_DROP, "DELETE FROM silences WHERE id = $1")                                                 \
	X(SILENCES_DROP_OVER, "DELETE FROM silences WHERE until <= $1")                                       \
	X(OWED_INCIDENTS,                                                                                     \
	  "SELECT DISTINCT incident_id FROM deliveries"                                                       \
	  " WHERE state IN ('pending', 'claimed')" /* Not by the index on it: most of those are long sent. */ \
	  " AND coalesce(incident_id, '') > $1"                                                               \
	  " ORDER BY incident_id LIMIT CAST($2 AS BIGINT)")                                                   \
	X(HELD_INCIDENTS,                                                                                     \
	  "SELECT DISTINCT incident_id FROM deliveries"                                                       \
	  " WHERE held_until IS NOT NULL AND coalesce(state, '') IN ('pending', 'claimed')"                   \
	  " AND incident_id > $1 ORDER BY incident_id"                                                        \
	  " LIMIT CAST($2 AS BIGINT)")                                                                        \
	X(HELD_OTHERWISE, "SELECT count(*) FROM deliveries WHERE incident_id = $1"                            \
	                  " AND coalesce(state, '') IN ('pending', 'claimed')"                                \
	                  " AND (coalesce(held_until, 0) <> $2 OR coalesce(held_by, '') <> $3)"               \
	                  " AND ($2 > 0 OR held_until > $4)")                                                 \
	X(HELD_ALIKE, "SELECT count(*) FROM deliveries WHERE incident_id = $1"                                \
	              " AND coalesce(state, '') IN ('pending', 'claimed')"                                    \
	              " AND held_until = $2 AND held_by = $3")                                                \
	/* One that waits for nothing but the end of a silence goes with it. */                               \
	X(HOLD, "UPDATE deliveries SET held_until = $2, held_by = $3, due_at = CASE"                          \
	        " WHEN due_at = held_until THEN $4 WHEN due_at < $2 THEN $2 ELSE due_at END"                  \
	        " WHERE incident_id = $1 AND coalesce(state, '') IN ('pending', 'claimed')")                  \
	X(HOLD_NO_MORE, "UPDATE deliveries SET held_until = NULL, held_by = NULL,"                            \
	                " due_at = CASE WHEN due_at = held_until THEN $2 ELSE due_at END"                     \
	                " WHERE incident_id = $1"                                                             \
	                " AND coalesce(state, '') IN ('pending', 'claimed')"                                  \
	                " AND held_until IS NOT NULL")

#endif
