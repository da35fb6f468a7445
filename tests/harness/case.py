"""A unittest case with a relay, a Slack hook and a webhook receiver around it."""

import copy
import shutil
import tempfile
import unittest

from . import hcp
from .receiver import Receiver
from .relay import Relay
from .slack import SlackHook
from .wait import until


class RelayCase(unittest.TestCase):
    """Whatever the test does: no stand-in may have seen anything wrong, the
    relay must stop cleanly, and its log must hold no secret."""

    wants_slack = False
    allow_duplicates = False

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="driftbell-test-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.relay = Relay(self.directory)
        self.addCleanup(self.relay.close)
        self.stand_ins = []
        self.receiver = self.stand_in(Receiver(allow_duplicates=self.allow_duplicates))
        self.slack = self.stand_in(SlackHook()) if self.wants_slack else None
        self.config = self.standard_config()

    def stand_in(self, one):
        self.stand_ins.append(one)
        self.addCleanup(one.close)
        return one

    def standard_config(self):
        sources = []
        for name, kind in (("terraform", "hcp_terraform"), ("packer", "hcp_packer"), ("run_task", "hcp_run_task")):
            path, key = self.relay.key(name + ".key")
            options = {"hmac_key_file": path}
            if name == "run_task":
                options |= {"allowed_hosts": ["127.0.0.1"], "allow_private": True}
            sources.append({"name": "acme-" + name.replace("_", "-"), kind: options})
            setattr(self, name, self.relay.sender("acme-" + name.replace("_", "-"), name, key))
        sinks = [self.webhook_sink("siem", self.receiver)]
        if self.slack:
            sinks.append(self.slack_sink("ops-slack", self.slack))
        return {
            "sources": sources,
            "correlate": [{"bucket": "{unit}-{app}-images", "workspace": "{unit}-{app}-*"}],
            "sinks": sinks,
            "routes": [{"name": "everything", "match": {"kinds": ["*"]},
                        "to": [sink["name"] for sink in sinks], "wait": "0s"}],
        }

    def webhook_sink(self, name, receiver, **options):
        path, _ = self.relay.key(name + ".secret", receiver.secret)
        return {"name": name, "webhook": {"url": receiver.url, "secret_file": path, "allow_private": True, **options}}

    def slack_sink(self, name, hook, **options):
        path, _ = self.relay.key(name + ".url", hook.url)
        self.relay.secrets.append(hook.secret)
        return {"name": name, "slack": {"webhook_url_file": path, "allow_private": True, **options}}

    def start(self, **changes):
        """Start with the standard config, some of it replaced."""
        self.relay.configure({**copy.deepcopy(self.config), **changes})
        return self.relay.start()

    def send(self, *payloads):
        """Post events where they belong; every one must be accepted.  The last answer's body."""
        answer = None
        for payload in payloads:
            sender = self.packer if "event_payload" in payload else (
                self.run_task if "stage" in payload else self.terraform)
            answer = sender.post(payload)
            self.assertEqual((answer.status, answer.json.get("status")), (200, "accepted"), answer)
        return answer.json

    def document(self, kind=None, timeout=10, **wanted):
        """Wait for a document of that kind that says so; see Receiver.about."""
        return until(lambda: self.receiver.last(kind, **wanted), timeout,
                     lambda: f"{kind} {wanted}; came: {self.told()}\n{self.relay.tail()}")

    def told(self, receiver=None):
        """All documents so far, short: for comparisons and for messages."""
        receiver = receiver or self.receiver
        with receiver.lock:
            return [(item["incident"]["kind"], item["reason"], item["incident"]["phase"],
                     (item["image"] or {}).get("version"),
                     item["workspaces"][0]["name"] if item["incident"]["kind"].startswith("workspace.") else None)
                    for item in receiver.documents]

    def fence(self, name):
        """Send something harmless and wait until it was told everywhere: all
        that was sent before has then been planned."""
        self.send(hcp.complete(f"fence-{name}-images", "v1"))
        self.document("image.released", timeout=20, bucket=f"fence-{name}-images")  # a route may wait 10 s
        self.settled()

    def settled(self, timeout=15):
        """Nothing is left to deliver."""
        until(lambda: not self.relay.items("deliveries", self.headers(), state="pending"), timeout,
              lambda: f"an empty queue\n{self.relay.tail()}")

    def headers(self):
        return None

    def tearDown(self):
        if self.relay.process:
            self.assertEqual(self.relay.stop(), 0, "SIGTERM\n" + self.relay.tail())
        for one in self.stand_ins:
            self.assertEqual(one.violations, [], type(one).__name__)
        log = self.relay.log()
        for secret in self.relay.secrets:
            self.assertFalse(secret in log, "a secret is in the log")
        for line in self.relay.lines:
            self.assertNotRegex(line, r"AddressSanitizer|runtime error:|LeakSanitizer|ThreadSanitizer")
