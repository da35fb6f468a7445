"""What HCP Packer and HCP Terraform would send, from keyword arguments.

The field names are HashiCorp's ("Webhook events", "Notification
configurations", "Run tasks integration"); ids and names are our own.
Every event gets a time of its own, a minute after the one before, so that
before and after are never a matter of how fast a test runs.
"""

import datetime
import hashlib
import hmac
import http.client
import itertools
import json

ORGANIZATION_ID = "0d4f7a52-61c3-4b8e-9f10-7a2b3c4d5e6f"
PROJECT_ID = "b81e6c90-2f47-4d15-a3c8-91d2e3f40516"
REGISTRY_ID = "01JB7Q2M4N6P8R0S2T4V6X8Z0A"
ORGANIZATION = "northwind"
HOST = "app.terraform.io"

HEADERS = {
    "terraform": "X-TFE-Notification-Signature",
    "run_task": "X-TFC-Task-Signature",
    "packer": "X-Hcp-Webhook-Signature",
}

_serial = itertools.count(1)


class Clock:
    """A time that only moves when asked to: one minute for each event."""

    def __init__(self, ago_minutes=2880):
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        self.now = now - datetime.timedelta(minutes=ago_minutes)

    def tick(self, minutes=1):
        self.now += datetime.timedelta(minutes=minutes)
        return stamp(self.now)


def stamp(moment, millis=False):
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (".000Z" if millis else "Z")


def from_now(**duration):
    """A real time from now on, for schedules."""
    return stamp(datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**duration))


CLOCK = Clock()


def _digits(*parts, size=16):
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:size]


def _ulid(*parts):
    return "01" + _digits(*parts, size=24).upper()


def version(bucket, name, **more):
    """A version object; the same arguments give the same id and fingerprint."""
    return {"id": _ulid("version", bucket, name), "name": name,
            "fingerprint": "01" + _digits("fingerprint", bucket, name, size=22).upper(),
            "status": "VERSION_ACTIVE", **more}


def builds(bucket, name, regions=("us-east-1",)):
    artifacts = [{"id": _ulid("artifact", bucket, name, region), "region": region,
                  "external_identifier": "ami-0" + _digits(bucket, name, region)}
                 for region in regions]
    return [{"id": _ulid("build", bucket, name), "component_type": "amazon-ebs.image",
             "platform": "aws", "artifacts": artifacts}]


def packer_event(action, bucket, name=None, *, at=None, event_id=None, organization_id=ORGANIZATION_ID,
                 project_id=PROJECT_ID, source="hashicorp.packer.version", actor="priya.raman@example.com",
                 previous=None, channel=None, managed=False, payload=None, regions=("us-east-1",), **fields):
    """One HCP Packer webhook.  `fields` go into the version, `payload` into event_payload."""
    number = next(_serial)
    body = {
        "organization_id": organization_id, "project_id": project_id,
        "registry": {"id": REGISTRY_ID},
        "bucket": {"id": _ulid("bucket", bucket), "name": bucket},
        "version": version(bucket, name, **fields) if name else None,
        "actor": {"principal_id": _digits("principal", actor), "type": "TYPE_USER",
                  "user": {"id": _digits("principal", actor), "name": actor.split("@")[0], "email": actor}},
        "timestamp": at or CLOCK.tick(),
    }
    if name and action != "create":
        body["builds"] = builds(bucket, name, regions)
    if channel:
        body["channel"] = {"id": _ulid("channel", bucket, channel), "name": channel,
                           "managed": managed, "restricted": managed}
        body["previous_version"] = version(bucket, previous) if previous else None
    body.update(payload or {})
    return {
        "resource_id": REGISTRY_ID,
        "resource_name": f"packer/project/{project_id}/registry/{REGISTRY_ID}",
        "event_id": event_id or f"packer.event:{_digits('event', number, body['timestamp'])}",
        "event_action": action, "event_description": action.replace("-", " ").capitalize(),
        "event_source": source, "event_version": "1", "event_payload": body,
    }


def complete(bucket, name, **more):
    return packer_event("complete", bucket, name, **more)


def assign(bucket, name, channel="production", previous=None, **more):
    return packer_event("assign", bucket, name, channel=channel, previous=previous, **more)


def schedule(bucket, name, revoke_at, reason="end of support", **more):
    return packer_event("schedule-revocation", bucket, name, status="VERSION_REVOCATION_SCHEDULED",
                        revoke_at=revoke_at, revocation_author="priya.raman@example.com",
                        revocation_message=reason, revocation_type="MANUAL", **more)


def revoke(bucket, name, reason="CVE-2026-10042: remote code execution in the TLS library", **more):
    at = more.pop("at", None) or CLOCK.tick()
    return packer_event("revoke", bucket, name, at=at, status="VERSION_REVOKED", revoke_at=at,
                        revocation_author="priya.raman@example.com", revocation_message=reason,
                        revocation_type="MANUAL", **more)


def inherited_revoke(bucket, name, parent_bucket, parent_name, **more):
    at = more.pop("at", None) or CLOCK.tick()
    parent = version(parent_bucket, parent_name)
    origin = {"bucket_name": parent_bucket, "version_id": parent["id"], "version_name": parent_name,
              "version_fingerprint": parent["fingerprint"], "href": "https://api.cloud.hashicorp.com/x"}
    return packer_event("revoke", bucket, name, at=at, status="VERSION_REVOKED", revoke_at=at,
                        revocation_author="priya.raman@example.com", revocation_message="inherited",
                        revocation_type="INHERITED", revocation_inherited_from=origin, **more)


def restore(bucket, name, **more):
    return packer_event("restore", bucket, name, **more)


def packer_test():
    return {"resource_id": "w", "resource_name": f"webhook/project/{PROJECT_ID}/geo/us/webhook/bell",
            "event_id": f"webhook.event:{_digits('test', next(_serial))}", "event_action": "test",
            "event_description": "Webhook verification request",
            "event_source": "hashicorp.webhook.verification", "event_version": "1", "event_payload": {}}


def workspace_id(name):
    return "ws-" + _digits("workspace", name)


TRIGGERS = {"applied": ("run:completed", "Run Applied"), "errored": ("run:errored", "Run Errored"),
            "planned_and_finished": ("run:completed", "Run Planned and Finished"),
            "canceled": ("run:errored", "Run Canceled"), "pending": ("run:created", "Run Created"),
            "planning": ("run:planning", "Run Planning"), "applying": ("run:applying", "Run Applying"),
            "planned": ("run:needs_attention", "Run Planned - Needs Confirmation")}


def run_event(workspace, status="applied", *, created=None, at=None, run_id=None, message="Merge pull request #42",
              created_by="mateo", configuration="nc-Q4w5e6r7t8y9u0i1", host=HOST, organization=ORGANIZATION,
              trigger=None):
    """One run notification, payload version 1.  `created` defaults to just before `at`."""
    created = created or CLOCK.tick()
    at = at or CLOCK.tick()
    known = TRIGGERS.get(status, ("run:" + status, status))
    run = run_id or "run-" + _digits("run", workspace, next(_serial))
    return {
        "payload_version": 1, "notification_configuration_id": configuration,
        "run_url": f"https://{host}/app/{organization}/{workspace}/runs/{run}", "run_id": run,
        "run_message": message, "run_created_at": created, "run_created_by": created_by,
        "workspace_id": workspace_id(workspace), "workspace_name": workspace, "organization_name": organization,
        "notifications": [{"message": known[1], "trigger": trigger or known[0], "run_status": status,
                           "run_updated_at": at, "run_updated_by": None}],
    }


def run_verification():
    nothing = ("run_url", "run_id", "run_message", "run_created_at", "run_created_by",
               "workspace_id", "workspace_name", "organization_name")
    return {"payload_version": 1, "notification_configuration_id": "nc-Q4w5e6r7t8y9u0i1",
            **dict.fromkeys(nothing),
            "notifications": [{"message": "Verification of bell", "trigger": "verification", "run_status": None,
                               "run_updated_at": None, "run_updated_by": None}]}


def _assessment(identifier, at, host, drifted, failed, succeeded=True):
    return {"id": identifier, "url": f"https://{host}/api/v2/assessment-results/{identifier}",
            "succeeded": succeeded, "drifted": drifted > 0, "all_checks_succeeded": failed == 0,
            "resources_drifted": drifted, "resources_undrifted": 31 - drifted, "checks_passed": 5,
            "checks_failed": failed, "checks_errored": 0, "checks_unknown": 0, "created_at": at}


def assessment_event(workspace, drifted=3, *, checks_failed=0, at=None, trigger=None, host=HOST,
                     organization=ORGANIZATION):
    """One health assessment, payload version 2; drifted=0 is a clean one."""
    at = at or CLOCK.tick()
    trigger = trigger or ("assessment:check_failure" if checks_failed else "assessment:drifted")
    identifier = "asmtres-" + _digits("assessment", workspace, next(_serial))
    configuration = "nc-Z1x2c3v4b5n6m7a8"
    return {
        "payload_version": "2", "notification_configuration_id": configuration,
        "notification_configuration_url": f"https://{host}/api/v2/notification-configurations/{configuration}",
        "trigger_scope": "assessment", "trigger": trigger, "message": "Drift Detected",
        "details": {
            "new_assessment_result": _assessment(identifier, at, host, drifted, checks_failed),
            "prior_assessment_result": None,
            "workspace_id": workspace_id(workspace), "workspace_name": workspace,
            "organization_name": organization,
        },
    }


def run_task_event(workspace, callback_url, token, *, stage="post_plan", host=HOST, organization=ORGANIZATION,
                   speculative=False, at=None, task_result_id=None):
    run = "run-" + _digits("run", workspace, next(_serial))
    return {
        "payload_version": 1, "stage": stage, "access_token": token, "capabilities": {"outcomes": True},
        "configuration_version_download_url": None, "configuration_version_id": "cv-" + _digits(run),
        "is_speculative": speculative, "organization_name": organization,
        "plan_json_api_url": callback_url.split("/api/")[0] + f"/api/v2/plans/plan-{_digits(run)}/json-output",
        "run_app_url": f"https://{host}/app/{organization}/{workspace}/runs/{run}",
        "run_created_at": at or CLOCK.tick(), "run_created_by": "mateo", "run_id": run,
        "run_message": "Triggered via UI", "task_result_callback_url": callback_url,
        "task_result_enforcement_level": "advisory",
        "task_result_id": task_result_id or "taskrs-" + _digits("task", run),
        "vcs_branch": None, "vcs_commit_url": None, "vcs_pull_request_url": None, "vcs_repo_url": None,
        "workspace_app_url": f"https://{host}/app/{organization}/{workspace}",
        "workspace_id": workspace_id(workspace), "workspace_name": workspace, "workspace_working_directory": "",
    }


def run_task_test(callback_url):
    body = run_task_event("test-workspace", callback_url, "test-token", stage="test")
    return {**body, "task_result_enforcement_level": "test"}


def sign(body, key, algorithm="sha512"):
    return hmac.new(key.encode(), body, algorithm).hexdigest()


def encode(payload):
    return payload if isinstance(payload, bytes) else json.dumps(payload, separators=(",", ":")).encode()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Sender:
    """One source of the relay, seen from HCP: signs and posts."""

    def __init__(self, address, source, kind, key):
        self.address, self.source, self.kind, self.key = address, source, kind, key

    def post(self, payload, *, signature=None, headers=None, timeout=30):
        """signature=None signs; any other value is sent as it is; False sends none."""
        body = encode(payload)
        sent = {"Content-Type": "application/json", **(headers or {})}
        if signature is None:
            signature = sign(body, self.key)
        if signature is not False:
            sent[HEADERS[self.kind]] = signature
        address = self.address() if callable(self.address) else self.address
        return request(address, "POST", f"/hooks/{self.source}", body, sent, timeout)


def request(address, method, path, body=None, headers=None, timeout=30):
    connection = http.client.HTTPConnection(address, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()
