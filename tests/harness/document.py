"""The notification document, checked key by key: driftbell.notification.v1."""

import re

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")

REASONS = ("opened", "changed", "reminder", "resolved", "drill")
SEVERITIES = ("info", "warning", "critical")
PHASES = ("scheduled", "due", "revoked", "lifted", "cleared", "rolled_back", "stale")


class _Check:
    """A type of value; `null` says whether null will do as well."""

    def __init__(self, test, name, null=False):
        self.test, self.name, self.null = test, name, null

    def faults(self, value, where):
        if value is None:
            return [] if self.null else [f"{where} is null"]
        if not self.test(value):
            return [f"{where} is not {self.name}: {value!r:.80}"]
        return []


def _is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def text(null=True):
    return _Check(lambda v: isinstance(v, str), "text", null)


def count(null=False):
    return _Check(_is_count, "a count", null)


def flag(null=False):
    return _Check(lambda v: isinstance(v, bool), "true or false", null)


def when(null=True):
    return _Check(lambda v: isinstance(v, str) and TIME.match(v), "RFC 3339 UTC", null)


def link(null=True):
    return _Check(lambda v: isinstance(v, str) and v.startswith(("http://", "https://")), "an http(s) URL", null)


def one_of(*words, null=False):
    return _Check(lambda v: v in words, f"one of {words}", null)


class _Object:
    def __init__(self, keys, null=False):
        self.keys, self.null = keys, null

    def faults(self, value, where):
        if value is None:
            return [] if self.null else [f"{where} is null"]
        if not isinstance(value, dict):
            return [f"{where} is not an object"]
        found = [f"{where}.{key} is missing" for key in self.keys if key not in value]
        for key, check in self.keys.items():
            if key in value:
                found += check.faults(value[key], f"{where}.{key}")
        return found


class _List:
    def __init__(self, item, most):
        self.item, self.most = item, most

    def faults(self, value, where):
        if not isinstance(value, list):
            return [f"{where} is not a list"]
        found = [f"{where} has {len(value)} items"] if len(value) > self.most else []
        for index, item in enumerate(value):
            found += self.item.faults(item, f"{where}[{index}]")
        return found


INCIDENT = _Object({
    "id": _Check(lambda v: str(v).startswith("inc_"), "an incident id"),
    "key": text(null=False), "kind": text(null=False),
    "phase": one_of(*PHASES, null=True), "status": one_of("open", "resolved"),
    "severity": one_of(*SEVERITIES),
    "opened_at": when(null=False), "updated_at": when(null=False), "resolved_at": when(),
    "acknowledged": _Object({"by": text(), "comment": text(), "until": when()}, null=True),
})

IMAGE = _Object({
    "organization_id": text(), "project_id": text(), "bucket": text(null=False),
    "version": text(), "version_id": text(), "fingerprint": text(),
    "status": one_of("active", "scheduled", "revoked", "deleted", null=True),
    "revoke_at": when(), "revoked_by": text(), "reason": text(), "url": link(),
    "channels": _List(text(null=False), 1000),
    "artifacts": _List(_Object({"platform": text(), "region": text(), "external_identifier": text()}), 50),
    "inherited_from": _Object({"bucket": text(), "version": text()}, null=True),
    "descendants": _List(_Object({"bucket": text(), "version": text(), "fingerprint": text(), "status": text()}), 50),
    "replacement": _Object({"version": text(), "fingerprint": text(), "channel": text()}, null=True),
}, null=True)

WORKSPACE = _Object({
    "id": text(), "name": text(), "organization": text(), "url": link(), "team": text(),
    "state": one_of("affected", "moved", "gone", null=True),
    "certainty": one_of("known", "possible", null=True),
    "evidence": one_of("rule", "plan", "state", null=True),
    "bucket": text(), "channel": text(), "version": text(), "fingerprint": text(),
    "drifted": flag(null=True),  # and "planned": true, where it is so
})

COUNTS = _Object({key: count() for key in ("affected", "possible", "moved", "gone", "total")}, null=True)

DRIFT = _Object({
    "resources_drifted": count(null=True), "resources_undrifted": count(null=True),
    "checks_failed": count(null=True), "assessment_id": text(), "url": link(),
    "resources": _List(_Check(lambda v: True, "", null=True), 50),
    "checks": _List(_Check(lambda v: True, "", null=True), 50),
}, null=True)

RUN = _Object({
    "id": text(), "status": text(), "message": text(), "created_by": text(), "url": link(),
}, null=True)

DOCUMENT = _Object({
    "schema": one_of("driftbell.notification.v1"),
    "id": _Check(lambda v: str(v).startswith("ntf_"), "a notification id"),
    "revision": _Check(lambda v: _is_count(v) and v >= 1, "a revision"),
    "reason": one_of(*REASONS), "route": text(), "team": text(),
    "title": text(null=False), "summary": text(null=False), "url": link(), "runbook": link(),
    "incident": INCIDENT, "image": IMAGE, "workspaces": _List(WORKSPACE, 100),
    "workspace_counts": COUNTS, "drift": DRIFT, "run": RUN,
    "events": _List(_Check(lambda v: str(v).startswith("evt_"), "an event id"), 20),
    "truncated": _Check(lambda v: isinstance(v, dict) and all(map(_is_count, v.values())), "counts", null=True),
})


def faults(document):
    """What is wrong with it, in words; empty when nothing is."""
    found = DOCUMENT.faults(document, "document")
    if found:
        return found
    incident, counts = document["incident"], document["workspace_counts"]
    if (incident["status"] == "resolved") != (incident["resolved_at"] is not None):
        found.append("status and resolved_at disagree")
    if document["reason"] == "resolved" and incident["status"] != "resolved":
        found.append("reason resolved of an open incident")
    if counts and counts["total"] != counts["affected"] + counts["moved"] + counts["gone"]:
        found.append(f"the counts do not add up: {counts}")
    if counts and counts["possible"] > counts["affected"]:
        found.append("more possible than affected workspaces")
    if incident["kind"].startswith("workspace.") and len(document["workspaces"]) != 1:
        found.append("a workspace kind without its one workspace")
    if incident["kind"].startswith("image.") and document["image"] is None:
        found.append("an image kind without an image")
    return found
