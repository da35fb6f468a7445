"""A stand-in for the HCP Terraform API and the host its states are on.

JSON:API as developer.hashicorp.com documents it: pages with percent-encoded brackets, 404 where rights are
missing, 429 with X-RateLimit-Reset, and URLs of states that need no token and are secrets themselves.
"""

import hashlib
import json
import secrets
import threading
import time
import urllib.parse

from .server import Fault, StandIn

JSON_API = {"Content-Type": "application/vnd.api+json"}


def _digits(*parts):
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:16]


class Workspace:
    """`state` is the document `terraform show -json` would print; None: nothing was ever applied."""

    def __init__(self, name, state=None, *, raw=None, project="Default Project", tags=(), assessed=False,
                 uses_packer=None, run=None, run_created_at=None, types=None):
        self.name, self.id = name, "ws-" + _digits("workspace", name)
        self.state, self.raw = state, raw
        self.project, self.tags, self.assessed = project, list(tags), assessed
        self.run, self.run_created_at = run or "run-" + _digits("run", name), run_created_at
        self.processed = True
        self.version = "sv-" + _digits("state", name)
        self.types = types
        self.uses_packer = self._has("data.hcp_packer_") if uses_packer is None else uses_packer

    def _has(self, prefix):
        return any(item["type"].startswith(prefix) for item in self.resources())

    def resources(self):
        """Counted by type, data sources with a prefix, as the API lists them."""
        if self.types is not None:
            return [{"name": "x", "type": kind, "count": 1, "module": "root", "provider": "p"} for kind in self.types]
        found = []
        modules = [(self.state or {}).get("values", {}).get("root_module", {})]
        while modules:
            module = modules.pop()
            modules += module.get("child_modules", [])
            for resource in module.get("resources", []):
                prefix = "data." if resource["mode"] == "data" else ""
                found.append({"name": resource["name"], "type": prefix + resource["type"], "count": 1,
                              "module": module.get("address", "root"), "provider": resource.get("provider_name")})
        return found


class TerraformApi(StandIn):
    """`rate` requests a second, then 429 (None: no limit).  `blocked` paths answer what they are told."""

    def __init__(self, organization, workspaces=(), *, rate=None, explorer=True, page_size=None, port=0):
        self.organization = organization
        self.workspaces = list(workspaces)
        self.token = "not.a.token-" + secrets.token_hex(16)
        self.rate, self.explorer, self.page_size = rate, explorer, page_size
        self.assessments, self.task_stages = {}, {}
        self.blocked = {}
        self.limited = 0
        self.most_in_flight = 0
        self._in_flight = 0
        self._second = []
        self.blobs = {}
        super().__init__(port)
        self.blob_host = BlobHost(self)

    def close(self):
        self.blob_host.close()
        super().close()

    @property
    def secrets(self):
        return [self.token, *self.blobs]

    def options(self, path, **more):
        return {"url": self.base, "token_file": path, "organization": self.organization, **more}

    def named(self, name):
        return next(one for one in self.workspaces if one.name == name)

    def asked(self, part):
        """Paths, decoded, with `part` in them, in the order they came."""
        with self.lock:
            return [urllib.parse.unquote(one.path) for one in self.requests
                    if part in urllib.parse.unquote(one.path)]

    # Answering

    def take(self, request):
        with self.lock:
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            return self._take(request)
        finally:
            with self.lock:
                self._in_flight -= 1

    def _take(self, request):
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return self.error(401, "unauthorized")
        limit = self._over()
        if limit is not None:
            return self.error(429, "Too many requests", number=True, headers={"X-RateLimit-Reset": f"{limit:.3f}"})
        url = urllib.parse.urlsplit(request.path)
        if "[" in request.path:
            self.violation(f"brackets are not encoded: {request.path}")
        for part, fault in self.blocked.items():
            if part in url.path:
                return fault.status, {**JSON_API, **fault.headers}, fault.body
        if request.method != "GET":
            self.violation(f"{request.method} {url.path}")
        return self.route(url.path.removeprefix("/api/v2/").split("/"), dict(urllib.parse.parse_qsl(url.query)))

    def _over(self):
        """None: allowed.  Else the seconds until more is."""
        if self.rate is None:
            return None
        now = time.monotonic()
        with self.lock:
            self._second = [at for at in self._second if at > now - 1]
            if len(self._second) >= self.rate:
                self.limited += 1
                return self._second[0] + 1 - now
            self._second.append(now)
        return None

    def error(self, status, title, number=False, headers=None):
        body = {"errors": [{"status": status if number else str(status), "title": title}]}
        return status, {**JSON_API, **(headers or {})}, json.dumps(body)

    def good(self, document):
        return 200, JSON_API, json.dumps(document)

    def route(self, parts, query):
        if parts[0] == "organizations" and parts[1] == self.organization:
            if parts[2:] == ["workspaces"]:
                return self.page(self.workspaces, self.listed, query, {"included": self.projects()})
            if parts[2:] == ["explorer"] and self.explorer:
                if query.get("filter[0][providers][contains][0]") != "hashicorp/hcp":
                    self.violation(f"Explorer filter: {query}")
                found = [one for one in self.workspaces if one.uses_packer]
                return self.page(found, self.explored, query, {})
        if parts[0] == "workspaces" and parts[2:] == ["current-state-version"]:
            return self.state_version(parts[1])
        if parts[0] == "assessment-results" and parts[2:] == ["json-output"] and parts[1] in self.assessments:
            return 307, {"Location": self.blob(self.assessments[parts[1]])}, ""
        if parts[0] == "runs" and parts[2:] == ["task-stages"] and parts[1] in self.task_stages:
            return self.good(self.task_stages[parts[1]])
        return self.error(404, "not found")

    def page(self, items, make, query, more):
        size = self.page_size or int(query.get("page[size]", 20))
        number = int(query.get("page[number]", 1))
        pages = max(1, -(-len(items) // size))
        follows = number + 1 if number < pages else None
        link = f"https://elsewhere.example/api/v2/x?page%5Bnumber%5D={follows}" if follows else None
        return self.good({
            "data": [make(one) for one in items[(number - 1) * size:number * size]], **more,
            "links": {"self": "/x", "next": link},
            "meta": {"pagination": {"current-page": number, "page-size": size, "next-page": follows,
                                    "total-pages": pages, "total-count": len(items)}}})

    def projects(self):
        return [{"id": "prj-" + _digits("project", name), "type": "projects", "attributes": {"name": name}}
                for name in {one.project for one in self.workspaces}]

    def listed(self, one):
        state = {"id": one.version, "type": "state-versions"} if one.state or one.raw or one.types else None
        return {"id": one.id, "type": "workspaces",
                "attributes": {"name": one.name, "assessments-enabled": one.assessed, "tag-names": one.tags},
                "relationships": {
                    "project": {"data": {"id": "prj-" + _digits("project", one.project), "type": "projects"}},
                    "current-state-version": {"data": state}}}

    def explored(self, one):
        return {"id": one.id, "type": "visibility-workspace",
                "attributes": {"external-id": one.id, "workspace-name": one.name,
                               "organization-name": self.organization, "project-name": one.project,
                               "tags": ", ".join(one.tags) or None}}

    def state_version(self, workspace_id):
        one = next((one for one in self.workspaces if one.id == workspace_id), None)
        if one is None or not (one.state or one.raw or one.types):
            return self.error(404, "not found")
        included = [] if one.run_created_at is None else [
            {"id": one.run, "type": "runs", "attributes": {"created-at": one.run_created_at}}]
        return self.good({
            "data": {"id": one.version, "type": "state-versions",
                     "attributes": {
                         "created-at": "2026-01-01T00:00:00Z", "status": "finalized",
                         "hosted-json-state-download-url": self.blob(one.state) if one.state else None,
                         "hosted-state-download-url": self.blob(one.raw or {}),
                         "resources-processed": one.processed,
                         "resources": one.resources() if one.processed else []},
                     "relationships": {"run": {"data": {"id": one.run, "type": "runs"}}}},
            "included": included})

    def blob(self, document):
        """A URL like those of the blob host: whoever has it may read, without a token."""
        signature = secrets.token_hex(16)
        with self.lock:
            self.blobs[signature] = document
        return f"{self.blob_host.base}/v1/object/{signature}"


class BlobHost(StandIn):
    def __init__(self, api):
        self.api = api
        self.read = []
        super().__init__()

    def take(self, request):
        if request.headers.get("Authorization") is not None:
            self.violation("the blob host was sent a bearer")
        signature = request.path.rsplit("/", 1)[-1]
        document = self.api.blobs.get(signature)
        if document is None:
            return 404, {}, "gone"
        with self.lock:
            self.read.append(signature)
        return 200, {"Content-Type": "application/json"}, (
            document if isinstance(document, str) else json.dumps(document))


class Slow(Fault):
    """An answer that comes, only late."""

    def __init__(self, delay):
        super().__init__(status=200, delay=delay)


class Gate:
    """Holds requests with `part` in their path until it is opened."""

    def __init__(self, api, part):
        self.api, self.part, self.open, self.waiting = api, part, threading.Event(), 0
        self._route = api.route
        api.route = self.route

    def route(self, parts, query):
        if self.part in "/".join(parts) + "?" + urllib.parse.urlencode(query, safe="[]"):
            with self.api.lock:
                self.waiting += 1
            self.open.wait(30)
        return self._route(parts, query)
