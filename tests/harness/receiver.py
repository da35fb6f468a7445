"""A Standard Webhooks receiver that trusts nothing: signature, id, time, document."""

import base64
import hashlib
import hmac
import json
import secrets
import time

from . import document as documents
from .server import StandIn


def new_secret():
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def _key(secret):
    return base64.b64decode(secret.removeprefix("whsec_"))


class Receiver(StandIn):
    """`documents` are the bodies accepted, in order; `ids` their webhook-ids.

    A webhook-id that comes again after a 2xx is a violation unless
    allow_duplicates; such repeats are counted and not recorded twice.
    """

    def __init__(self, secret=None, port=0, allow_duplicates=False, on_document=None):
        self.keys = [secret or new_secret()]
        self.secret = self.keys[0]
        self.documents = []
        self.ids = []
        self.seen = {}
        self.repeats = []
        self.allow_duplicates = allow_duplicates
        self.on_document = on_document
        super().__init__(port)
        self.url = self.base + "/in"

    def take(self, request):
        fault = self._authentic(request)
        if fault:
            self.violation(fault)
            return 401, {}, fault
        identifier = request.headers["webhook-id"]
        with self.lock:
            if identifier in self.seen:
                self.repeats.append(identifier)
                if not self.allow_duplicates:
                    self.violations.append(f"{identifier} came again")
                if self.seen[identifier] != request.body:
                    self.violations.append(f"{identifier} came again with another body")
                return 200, {}, ""
            self.seen[identifier] = request.body
        body = json.loads(request.body)
        for text in documents.faults(body):
            self.violation(f"{identifier}: {text}")
        if identifier != f"{body.get('id')}_{body.get('revision')}":
            self.violation(f"{identifier} is not notification id and revision")
        with self.lock:
            self.documents.append(body)
            self.ids.append(identifier)
        if self.on_document:
            self.on_document(body)
        return 200, {}, ""

    def _authentic(self, request):
        headers = request.headers
        identifier, stamp, given = (headers.get("webhook-" + name) for name in ("id", "timestamp", "signature"))
        if request.method != "POST" or not identifier or not stamp or not given:
            return "not a POST with the three webhook headers"
        if "." in identifier or not stamp.isdigit() or abs(int(stamp) - time.time()) > 300:
            return f"bad webhook-id or timestamp: {identifier} {stamp}"
        if not (headers.get("Content-Type") or "").startswith("application/json"):
            return "the content type is not application/json"
        signed = f"{identifier}.{stamp}.".encode() + request.body
        entries = given.split(" ")
        if len(entries) != len(self.keys):
            return f"{len(entries)} signatures for {len(self.keys)} keys"
        for key in self.keys:
            digest = hmac.new(_key(key), signed, hashlib.sha256).digest()
            if "v1," + base64.b64encode(digest).decode() not in entries:
                return "no signature matches"
        return None

    def about(self, kind=None, **wanted):
        """Documents of a kind whose incident, image or workspace says so, in order.

        Names: phase, status, severity, reason, bucket, version, workspace, team.
        """
        with self.lock:
            return [item for item in self.documents if matches(item, kind, wanted)]

    def last(self, kind=None, **wanted):
        found = self.about(kind, **wanted)
        return found[-1] if found else None


def matches(item, kind, wanted):
    incident, image = item["incident"], item["image"] or {}
    if kind and incident["kind"] != kind:
        return False
    for name, value in wanted.items():
        if name in ("phase", "status", "severity"):
            have = incident[name]
        elif name in ("reason", "team", "route"):
            have = item[name]
        elif name == "workspace":
            if value not in [row["name"] for row in item["workspaces"]]:
                return False
            continue
        else:
            have = image.get(name)
        if have != value:
            return False
    return True
