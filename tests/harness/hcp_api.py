"""A stand-in for HCP Terraform as a run task sees it: its callback, the plans
as JSON, and the blob host that those are redirected to."""

import gzip
import json
import secrets
import time
import urllib.parse

from .server import StandIn
from .terraform import plan_text

URL_LIFE = 60.0  # of a blob's URL, seconds: HCP Terraform's


class TaskCallback(StandIn):
    """`results` are (bearer, attributes) of the callbacks answered with 200, the last
    of each task final; `outcomes` are those of the last final one."""

    def __init__(self, port=0, on_result=None):
        self.results = []
        self.outcomes = []
        self.final = {}  # path -> status
        self.refusal = None  # the status every callback gets
        self.on_result = on_result
        super().__init__(port)

    def url(self, task):
        return f"{self.base}/api/v2/task-results/{task}/callback"

    def finals(self):
        with self.lock:
            return [result for result in self.results if result[1]["status"] != "running"]

    def take(self, request):
        faults = []
        if request.method != "PATCH":
            faults.append(f"method {request.method}")
        if not request.path.startswith("/api/v2/task-results/"):
            faults.append("path")
        if request.headers.get("Content-Type") != "application/vnd.api+json":
            faults.append(f"content type {request.headers.get('Content-Type')!r}")
        bearer = request.headers.get("Authorization") or ""
        if not bearer.startswith("Bearer ") or len(bearer) < 8:
            faults.append("no bearer")
        try:
            data = json.loads(request.body)["data"]
            attributes = data["attributes"]
        except (ValueError, KeyError, TypeError) as error:
            self.violation(f"callback: {error!r}")
            return 422, {}, "{}"
        outcomes = data.get("relationships", {}).get("outcomes", {}).get("data", [])
        faults += faults_of(data, attributes) + [fault for one in outcomes for fault in faults_of_outcome(one)]
        if len(outcomes) > 250 or len({one["attributes"]["outcome-id"] for one in outcomes}) != len(outcomes):
            faults.append("too many outcomes, or two of one id")
        for fault in faults:
            self.violation(f"callback: {fault}")
        if faults:
            return 422, {}, "{}"
        if self.refusal:
            return self.refusal, {}, "{}"
        with self.lock:
            if request.path in self.final:
                return 409, {}, '{"errors":[{"status":"409"}]}'
            if attributes["status"] != "running":
                self.final[request.path] = attributes["status"]
                self.outcomes = [one["attributes"] for one in outcomes]
            self.results.append((bearer[len("Bearer "):], attributes))
        if self.on_result:
            self.on_result(attributes, [one["attributes"] for one in outcomes])
        return 200, {"Content-Type": "application/vnd.api+json"}, "{}"


def is_link(url):
    return len(url) <= 500 and url.startswith(("http://", "https://"))


def faults_of(data, attributes):
    faults = []
    if data.get("type") != "task-results":
        faults.append(f"type {data.get('type')!r}")
    if attributes.get("status") not in ("running", "passed", "failed"):
        faults.append(f"status {attributes.get('status')!r}")
    if len(attributes.get("message") or "") > 1000:
        faults.append("message too long")
    if attributes.get("url") is not None and not is_link(attributes["url"]):
        faults.append("url")
    return faults


def faults_of_outcome(outcome):
    attributes = outcome.get("attributes", {})
    faults = []
    if outcome.get("type") != "task-result-outcomes":
        faults.append("an outcome's type")
    for name, most in (("outcome-id", 64), ("description", 1000), ("body", 10000)):
        if not isinstance(attributes.get(name), str) or not 0 < len(attributes[name]) <= most:
            faults.append(f"an outcome's {name}: {attributes.get(name)!r}")
    if attributes.get("url") is not None and not is_link(attributes["url"]):
        faults.append("an outcome's url")
    for name, tags in attributes.get("tags", {}).items():
        for tag in tags:
            if len(tag["label"]) > 32 or tag.get("level") not in ("none", "info", "warning", "error"):
                faults.append(f"an outcome's tag {name}: {tag}")
    return faults


class Blob(StandIn):
    """Where plans are redirected to.  Its URLs are good once, for a minute, and are
    asked without a bearer.  `broken` cuts, garbles or slows what it gives."""

    def __init__(self, port=0):
        self.urls = {}  # path with query -> (bytes or chunks(), until)
        self.secrets = []
        self.given = 0
        super().__init__(port)

    def publish(self, body, host="127.0.0.1", headers=None):
        secret = secrets.token_hex(16)
        path = f"/archive/{secrets.token_hex(8)}?sig={secret}"
        with self.lock:
            self.secrets.append(secret)
            self.urls[path] = (body, time.monotonic() + URL_LIFE, headers or {})
        return f"http://{host}:{self.port}{path}"

    def serve(self, handler, request):
        if request.headers.get("Authorization"):
            self.violation("the blob host was sent a bearer")
        with self.lock:
            self.requests.append(request)
            body, until, headers = self.urls.pop(request.path, (None, 0, {}))
        if body is None or time.monotonic() > until:
            self._answer(handler, request, 403, {}, "expired")
        elif callable(body):
            body(handler)
        else:
            self._answer(handler, request, 200, {"Content-Type": "application/json", **headers}, body)
            with self.lock:
                self.given += 1


class HcpTerraform(TaskCallback):
    """Callbacks, and `GET /api/v2/plans/ID/json-output`: what `plan` is, for whoever has
    `bearer`, by way of `blob`.  Answers before that are scripted with `before`."""

    def __init__(self, blob, bearer, port=0, on_result=None):
        self.blob = blob
        self.bearer = bearer
        self.plan = plan_text()
        self.before = []       # Fault, or a function of the URL it would be redirected to
        self.packed = False
        self.fetched = []      # (path, answer) of plans
        super().__init__(port, on_result)

    def take(self, request):
        if request.method != "GET":
            return super().take(request)
        answer = self.give_plan(request)
        with self.lock:
            self.fetched.append((urllib.parse.urlsplit(request.path).path, answer[0]))
        return answer

    def give_plan(self, request):
        if not request.path.startswith("/api/v2/plans/") or not request.path.endswith("/json-output"):
            self.violation(f"GET {request.path}")
            return 404, {}, "{}"
        if request.headers.get("Authorization") != f"Bearer {self.bearer}":
            return 401, {}, '{"errors":[{"status":"401","title":"unauthorized"}]}'
        with self.lock:
            before = self.before.pop(0) if self.before else None
        if before is not None and not callable(before):
            return before.status, before.headers, before.body
        if before is not None:
            return before(self)
        return self.redirect()

    def redirect(self, body=None, status=307, host="127.0.0.1", headers=None):
        body = self.plan if body is None else body
        if self.packed:
            body, headers = gzip.compress(body), {"Content-Encoding": "gzip", **(headers or {})}
        return status, {"Location": self.blob.publish(body, host, headers)}, ""
