"""A stand-in for the one HCP Terraform endpoint a run task calls: its callback."""

import json

from .server import StandIn


class TaskCallback(StandIn):
    """`results` are (bearer, attributes) of the callbacks answered with 200."""

    def __init__(self, port=0):
        self.results = []
        super().__init__(port)

    def url(self, task):
        return f"{self.base}/api/v2/task-results/{task}/callback"

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
        if data.get("type") != "task-results":
            faults.append(f"type {data.get('type')!r}")
        if attributes.get("status") not in ("running", "passed", "failed"):
            faults.append(f"status {attributes.get('status')!r}")
        if len(attributes.get("message") or "") > 1000:
            faults.append("message too long")
        url = attributes.get("url")
        if url is not None and (len(url) > 500 or not url.startswith(("http://", "https://"))):
            faults.append("url")
        for fault in faults:
            self.violation(f"callback: {fault}")
        if faults:
            return 422, {}, "{}"
        with self.lock:
            self.results.append((bearer[len("Bearer "):], attributes))
        return 200, {"Content-Type": "application/vnd.api+json"}, "{}"
