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
    "PRUNE_EVENTS": "events_done",
    "PRUNE_ODD_EVENTS": "events_odd_seen",
    "PRUNE_KEYS": "event_keys_seen",
    "PRUNE_RUNS": "runs_updated (updated_at<?)",
    "PRUNE_DESTINATIONS": "lanes_destination",
    "PRUNE_NEXT_DELIVERY": "deliveries_done",
    "PRUNE_NEXT_INCIDENT": "incidents_resolved",
    "PRUNE_DELIVERY_OF": "deliveries_incident",
    "QUEUE_NEXT": "deliveries_due",
    "QUEUE_SINK_AT": "deliveries_due",
    "CARRY_DUE": "deliveries_due",
    "CARRY_MEMBERS": "deliveries_carrier",
    "OWED_INCIDENTS": "deliveries_state (state=?)",
    "HELD_INCIDENTS": "deliveries_held",
    "CARRY_COUNT": "deliveries_carrier",
    "CARRY_HELD": "deliveries_carrier",
    "CARRIERS_OF": "deliveries_incident",
    "CARRY_DEAD": "deliveries_state (state=?)",
    "QUEUE_NEXT_DUE": "deliveries_due",
    "QUERY_EVENTS": "sqlite_autoindex_events_1 (id<?)",
    "QUERY_EVENTS_SOURCE": "MERGE (UNION ALL)",
    "QUERY_EVENTS_ACCEPTED": "events_accepted (id<?)",
    "QUERY_EVENTS_ODD": "events_odd (state=? AND id<?)",
    "QUERY_SOURCE_LAST": "events_source (source=?)",
    "QUERY_DELIVERIES": "sqlite_autoindex_deliveries_1 (id<?)",
    "QUERY_DELIVERIES_STATE": "deliveries_state (state=? AND id<?)",
    "QUERY_DELIVERIES_WAITING": "MERGE (UNION ALL)",
    "QUERY_DELIVERIES_INCIDENT": "deliveries_incident (incident_id=?)",
    "QUERY_WORKSPACES": "w USING PRIMARY KEY (key>?)",
    "QUERY_WORKSPACES_NAMED": "w USING PRIMARY KEY (key=?) / LIST SUBQUERY",
    "QUERY_WORKSPACES_BUCKET": "w USING PRIMARY KEY (key=?) / LIST SUBQUERY",
    "QUERY_WORKSPACES_IMAGE": "u USING COVERING INDEX usages_identifier (identifier_key=?)",
    "QUERY_IMAGES_ASKED": "i USING COVERING INDEX images_fingerprint (fingerprint=?)",
    "QUERY_COVERAGE": "w USING PRIMARY KEY (key>?)",
    "WORKSPACE_BY_ID": "workspaces_id (id=? AND host=?)",
    "WORKSPACE_BY_NAME": "workspaces_name (name=? AND organization=?)",
    "INCIDENT_OPEN": "incidents_open",
    "INCIDENTS_OF_ROW": "r USING COVERING INDEX incident_rows_workspace (workspace_key=?) /",
    "INCIDENTS_OF_WORKSPACE": "incidents_workspace (workspace_key=? AND status=?)",
    "INCIDENTS_OF_BUCKET": "incidents_bucket (bucket_key=? AND status=?)",
    "INCIDENT_ROWS_OF": "r USING INDEX incident_rows_workspace (workspace_key=? AND incident_id=?)",
    "NOTIFICATIONS_HEARD": "d USING INDEX deliveries_lane",
    "READING_WAITS": "readings_open (workspace_key=? AND kind=?)",
    "READING_NEWER_RUN": "readings_open (workspace_key=? AND kind=?)",
    "READINGS_WAITING": "readings_source (source=? AND kind=?)",
    "ODD_EVENTS_LEFT": "events_odd_kind (source=? AND <expr>=?)",
}

# Pages of these end after some rows, so their order must come out of the index: sorted, all of it would be read.
IN_ORDER = {"QUERY_EVENTS", "QUERY_EVENTS_SOURCE", "QUERY_EVENTS_ACCEPTED", "QUERY_EVENTS_ODD",
            "QUERY_DELIVERIES", "QUERY_DELIVERIES_STATE", "QUERY_DELIVERIES_WAITING", "QUERY_WORKSPACES", "QUERY_COVERAGE"}

# Whatever these take in comes out of indexes; what they sort is no more than that.
NO_SCAN = {"QUERY_WORKSPACES_NAMED": [], "QUERY_WORKSPACES_BUCKET": [], "QUERY_WORKSPACES_IMAGE": ["SCAN a"],
           "QUERY_IMAGES_ASKED": ["SCAN found"]}


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
        if name in IN_ORDER and ("SCAN" in found or "TEMP B-TREE" in found):
            faults.append(f"{name} reads more than its page: {found}")
        if name in NO_SCAN and any(step.startswith("SCAN") and step not in NO_SCAN[name] for step in found.split(" / ")):
            faults.append(f"{name} reads a whole table: {found}")
    faults += [f"{name} is no statement" for name in [*USES, *IN_ORDER, *NO_SCAN] if name not in statements]
    if "USING" in plan(db, "SELECT id FROM events WHERE reason = $1"):
        faults.append("a plan without an index is not told apart")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
