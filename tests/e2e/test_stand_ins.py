"""The stand-ins can say no: what they never refuse would prove nothing."""

import base64
import hashlib
import hmac
import http.client
import json
import time
import unittest

import support  # noqa: F401
from harness import document, hcp
from harness.hcp_api import TaskCallback
from harness.receiver import Receiver
from harness.server import Fault
from harness.slack import SlackHook


def post(url, payload, headers=None, method="POST"):
    address, path = url.removeprefix("http://").split("/", 1)
    return hcp.request(address, method, "/" + path, hcp.encode(payload),
                       {"Content-Type": "application/json", **(headers or {})})


def good_document():
    times = {"opened_at": "2026-03-01T10:00:00Z", "updated_at": "2026-03-01T10:00:00Z", "resolved_at": None}
    return {
        "schema": "driftbell.notification.v1", "id": "ntf_01", "revision": 1, "reason": "opened", "route": "r",
        "team": None, "title": "t", "summary": "s", "url": None, "runbook": None,
        "incident": {"id": "inc_01", "key": "k", "kind": "image.revocation", "phase": "revoked", "status": "open",
                     "severity": "warning", "acknowledged": None, **times},
        "image": {"organization_id": "o", "project_id": "p", "bucket": "b", "version": "v1", "version_id": "i",
                  "fingerprint": "f", "status": "revoked", "revoke_at": None, "revoked_by": None, "reason": None,
                  "url": None, "channels": [], "artifacts": [], "inherited_from": None, "descendants": [],
                  "replacement": None},
        "workspaces": [], "workspace_counts": {"affected": 0, "possible": 0, "moved": 0, "gone": 0, "total": 0},
        "drift": None, "run": None, "events": ["evt_01"], "truncated": None}


class Documents(unittest.TestCase):
    def test_a_good_one_passes(self):
        self.assertEqual(document.faults(good_document()), [])

    def test_every_key_is_needed(self):
        for key in good_document():
            broken = good_document()
            del broken[key]
            self.assertTrue(document.faults(broken), key)

    def test_wrong_values_are_seen(self):
        for path, value in ((("reason",), "news"), (("revision",), 0), (("url",), "javascript:alert(1)"),
                            (("incident", "opened_at"), "2026-03-01 10:00"), (("incident", "status"), "resolved"),
                            (("incident", "severity"), "bad"), (("image",), None), (("events",), ["x"]),
                            (("workspace_counts", "total"), 5), (("image", "url"), ""), (("workspaces",), None)):
            broken = good_document()
            place = broken
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
            self.assertTrue(document.faults(broken), path)


class Webhook(unittest.TestCase):
    def setUp(self):
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)

    def send(self, body, identifier="ntf_01_1", stamp=None, key=None):
        data = json.dumps(body).encode()
        stamp = str(stamp if stamp is not None else int(time.time()))
        key = key or base64.b64decode(self.receiver.secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{identifier}.{stamp}.".encode() + data, hashlib.sha256).digest()
        return post(self.receiver.url, data, {"webhook-id": identifier, "webhook-timestamp": stamp,
                                              "webhook-signature": "v1," + base64.b64encode(digest).decode()}).status

    def test_a_good_one_is_taken_and_a_second_time_is_not_fine(self):
        self.assertEqual(self.send(good_document()), 200)
        self.assertEqual(self.receiver.violations, [])
        self.send(good_document())
        self.assertTrue(self.receiver.violations)
        self.assertEqual(len(self.receiver.documents), 1)

    def test_signature_time_and_id_are_checked(self):
        self.assertEqual(self.send(good_document(), key=b"another"), 401)
        self.assertEqual(self.send(good_document(), stamp=1000), 401)
        self.assertEqual(post(self.receiver.url, good_document()).status, 401)
        self.assertEqual(len(self.receiver.violations), 3)
        self.send(good_document(), identifier="ntf_02_1")
        self.assertEqual(len(self.receiver.violations), 4)


class Slack(unittest.TestCase):
    def setUp(self):
        self.hook = SlackHook()
        self.addCleanup(self.hook.close)

    def say(self, headers=None, **payload):
        payload = {"text": "hello", "unfurl_links": False, "unfurl_media": False, **payload}
        return post(self.hook.url, payload, headers).status

    @staticmethod
    def section(text, kind="mrkdwn"):
        return {"type": "section", "text": {"type": kind, "text": text}}

    def test_good_messages_are_taken(self):
        self.assertEqual(self.say(), 200)
        self.assertEqual(self.say(blocks=[self.section("*a* &amp; <https://example.com|b>"),
                                          self.section("<!here> as text", "plain_text")]), 200)
        self.assertEqual(self.hook.violations, [])

    def test_bad_messages_are_refused(self):
        section = self.section
        header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
        context = {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}
        fields = {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}
        bad = [{"text": ""}, {"unfurl_links": True}, {"blocks": [section("x")] * 51}, {"blocks": [header]},
               {"blocks": [context]}, {"blocks": [fields]}, {"blocks": [section("x" * 3001)]},
               {"blocks": [section("x" * 2900)] * 4}, {"blocks": [section("")]}, {"link_names": 1},
               {"headers": {"Content-Type": "text/plain"}}]
        bad += [{"blocks": [section(text)]} for text in (
            "<!channel>", "<@U1>", "<!subteam^S1>", "a < b", "a & b", "cut &am", "<javascript:x|y>")]
        bad += [{"text": "<!here>"}, {"attachments": [{"color": "danger", "blocks": [section("<@U1>")]}]}]
        for payload in bad:
            self.assertEqual(self.say(**payload), 400, payload)
        self.assertEqual(post(self.hook.base + "/services/other", {"text": "x"}).status, 404)
        self.assertEqual(self.hook.messages, [])

    def test_scripted_faults_come_in_order_and_once(self):
        self.hook.script(Fault(429, headers={"Retry-After": "1"}), Fault(500))
        self.assertEqual([self.say(), self.say(), self.say()], [429, 500, 200])
        self.hook.script(Fault(drop=True))
        with self.assertRaises((OSError, http.client.HTTPException)):
            self.say()


class Callback(unittest.TestCase):
    def test_what_hcp_would_refuse_is_refused(self):
        api = TaskCallback()
        self.addCleanup(api.close)
        headers = {"Content-Type": "application/vnd.api+json", "Authorization": "Bearer abc"}
        body = {"data": {"type": "task-results", "attributes": {"status": "passed", "message": "m", "url": None}}}
        self.assertEqual(post(api.url("x"), body, headers, "PATCH").status, 200)
        self.assertEqual(api.results, [("abc", body["data"]["attributes"])])
        body["data"]["attributes"]["status"] = "fine"
        self.assertEqual(post(api.url("x"), body, headers, "PATCH").status, 422)
        self.assertEqual(post(api.url("x"), body, headers, "POST").status, 422)
        self.assertEqual(len(api.violations), 3)


if __name__ == "__main__":
    unittest.main()
