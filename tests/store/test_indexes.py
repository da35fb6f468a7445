"""Every statement is valid for SQLite too, and those that run often find their rows by an index."""
import sqlite3
import sys

import texts

# What must not read a whole table, however much is stored, and by which index.
USES = {
    "EVENT_KEY_GET": "event_keys USING PRIMARY KEY",
    "EVENT_LOAD": "sqlite_autoindex_events_1",
    "EVENTS_NEXT": "events_accepted",
    "EVENTS_LAST": "events_accepted",
    "EVENTS_PENDING": "events_accepted",
    "PRUNE_EVENTS": "events_done",
    "PRUNE_ODD_EVENTS": "events_odd_seen",
    "PRUNE_KEYS": "event_keys_seen",
    "PRUNE_NEXT_DELIVERY": "deliveries_done",
    "PRUNE_NEXT_INCIDENT": "incidents_resolved",
    "PRUNE_DELIVERY_OF": "deliveries_incident",
    "QUEUE_NEXT": "deliveries_due",
    "QUEUE_NEXT_DUE": "deliveries_due",
    "INCIDENT_OPEN": "incidents_open",
    "INCIDENTS_OF_ROW": "incident_rows_workspace",
}


def plan(db, text):
    parameters = {str(i): None for i in range(1, 30)}
    return " / ".join(row[3] for row in db.execute("EXPLAIN QUERY PLAN " + text, parameters))


def main():
    migrations, statements = texts.read()
    db = sqlite3.connect(":memory:")
    for migration in migrations:
        db.executescript(migration.replace("@ROWLESS@", "WITHOUT ROWID"))
    faults = []
    for name, text in statements.items():
        try:
            found = plan(db, text)
        except sqlite3.Error as error:
            faults.append(f"{name}: {error}")
            continue
        if USES.get(name, "") not in found:
            faults.append(f"{name} does not use {USES[name]}: {found}")
    faults += [f"{name} is no statement" for name in USES if name not in statements]
    if "USING" in plan(db, "SELECT id FROM events WHERE reason = $1"):
        faults.append("a plan without an index is not told apart")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
