/* sql_sinks.h - SQL of queue_destination.c; rules in statements.h. */
#ifndef RELAY_STORE_SQL_SINKS_H
#define RELAY_STORE_SQL_SINKS_H

#define SQL_SINKS(X)                                                                                \
	/* Those that QUEUE_EXPIRE gives up, but not what was said about failing sinks: that      \
	   would be told for ever. */ \
	X(QUEUE_EXPIRING, "SELECT d.destination, d.sink, d.sink_kind, count(*) FROM deliveries d"   \
	                  " WHERE d.state = 'pending' AND d.created_at <= $1"                       \
	                  " AND d.sink_kind <> 'task_callback'"                                     \
	                  " AND coalesce(d.held_until, 0) <= $1 AND NOT EXISTS"                     \
	                  " (SELECT 1 FROM incidents i WHERE i.id = d.incident_id AND i.kind IN"    \
	                  " ('relay.sink_failing', 'relay.dead_letter'))"                           \
	                  " GROUP BY d.destination, d.sink, d.sink_kind")                           \
	X(QUEUE_DESTINATION_TEXT, "SELECT text FROM destinations WHERE key = $1")                   \
	X(QUEUE_SINK_AT, "SELECT sink, sink_kind FROM deliveries WHERE destination = $1"            \
	                 " AND state = 'pending' ORDER BY due_at LIMIT 1")

#endif
