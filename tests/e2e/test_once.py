"""Nothing is announced again because of a duplicate, a restart, a reload or a new name."""

import copy
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.hcp_api import TaskCallback
from harness.slack import SlackHook
from harness.wait import until

IMAGES = "retail-checkout-images"
PROD = "retail-checkout-prod"


class Once(RelayCase):
    wants_slack = True

    def setUp(self):
        super().setUp()
        self.start()
        self.payloads = [hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"), hcp.run_event(PROD),
                         hcp.assessment_event(PROD, 2), hcp.revoke(IMAGES, "v1"), hcp.run_event(PROD, "errored")]
        self.send(*self.payloads)
        self.document("image.released", version="v1")
        self.document("workspace.drift")
        self.document("image.revocation")
        self.document("workspace.run_failed")
        until(lambda: len(self.slack.messages) >= 4, 15, "four messages in Slack")
        self.settled()
        self.before = self.said()

    def said(self):
        """What Slack was told about anything but the fences."""
        return [text for text in self.slack.texts() if "fence-" not in text]

    def expect_silence(self, name):
        before = len(self.receiver.documents)
        self.send(hcp.complete(f"fence-{name}-images", "v9"))
        self.document("image.released", 15, bucket=f"fence-{name}-images")
        until(lambda: any(f"fence-{name}" in text for text in self.slack.texts()), 15, "the fence in Slack")
        self.settled()
        new = [item["image"]["bucket"] for item in self.receiver.documents[before:]]
        self.assertEqual(new, [f"fence-{name}-images"])
        self.assertEqual(self.said(), self.before)

    def test_duplicate_webhooks(self):
        for payload in self.payloads:
            sender = self.packer if "event_payload" in payload else self.terraform
            self.assertEqual(sender.post(payload).json["status"], "duplicate")
        self.expect_silence("duplicate")

    def test_restart(self):
        self.relay.restart()
        self.expect_silence("restart")

    def test_kill(self):
        self.relay.kill()
        self.relay.start()
        self.expect_silence("kill")

    def test_reload(self):
        self.relay.reload()
        self.expect_silence("reload")

    def test_renamed_sinks_and_routes(self):
        config = copy.deepcopy(self.config)
        for sink in config["sinks"]:
            sink["name"] += "-renamed"
        config["routes"][0] |= {"name": "renamed", "to": [sink["name"] for sink in config["sinks"]]}
        self.relay.reload(config)
        self.expect_silence("renamed")
        self.relay.restart()
        self.expect_silence("renamed-restart")

    def test_replayed_events(self):
        for item in self.relay.items("events"):
            answer = self.relay.post(f"/api/v1/events/{item['id']}/replay")
            self.assertEqual(answer.status, 200, answer)
        self.expect_silence("replayed")

    def test_a_renamed_route_still_tells_the_end(self):
        config = copy.deepcopy(self.config)
        config["routes"][0]["name"] = "other"
        self.relay.reload(config)
        self.send(hcp.restore(IMAGES, "v1"))
        opened = self.receiver.last("image.revocation")
        lifted = self.document("image.revocation", phase="lifted")
        self.assertEqual((lifted["id"], lifted["reason"]), (opened["id"], "resolved"))


class OneDestination(RelayCase):
    def test_two_routes_to_one_destination_send_once(self):
        twin = self.webhook_sink("twin", self.receiver)
        self.config["sinks"].append(twin)
        self.config["routes"].append({"name": "again", "match": {"kinds": ["image.*"]}, "to": ["siem", "twin"],
                                      "wait": "0s"})
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        self.document("image.released", version="v1")
        self.fence("twin")
        self.assertEqual(len(self.receiver.about("image.released", bucket=IMAGES)), 1)

    def test_opened_and_closed_before_the_first_message_says_nothing_unless_critical(self):
        self.config["routes"][0]["wait"] = "2s"
        self.start()
        self.send(hcp.assessment_event(PROD, 2), hcp.assessment_event(PROD, 0))
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"), hcp.run_event(PROD),
                  hcp.revoke(IMAGES, "v1"), hcp.restore(IMAGES, "v1"))
        found = self.document("image.revocation")
        self.assertEqual((found["reason"], found["incident"]["phase"]), ("resolved", "lifted"))
        self.fence("short")
        self.assertEqual(self.receiver.about("workspace.drift"), [])
        self.assertEqual(len(self.receiver.about("image.revocation")), 1)

    def test_two_tasks_get_one_callback_each(self):
        hcp_terraform = self.stand_in(TaskCallback())
        self.start()
        for number in range(5):
            payload = hcp.run_task_event(PROD, hcp_terraform.url(number), f"bearer-number-{number}", stage="pre_plan")
            self.send(payload)
            self.assertEqual(self.run_task.post(payload).json["status"], "duplicate")
        until(lambda: len(hcp_terraform.results) >= 5, what="five callbacks")
        self.relay.restart()
        self.fence("tasks")
        self.assertEqual(sorted(bearer for bearer, _ in hcp_terraform.results),
                         [f"bearer-number-{number}" for number in range(5)])

    def test_teams_hear_of_their_own(self):
        second = self.stand_in(SlackHook())
        self.config["sinks"].append(self.slack_sink("team-slack", second))
        self.config["teams"] = [{"name": "checkout", "workspaces": ["retail-checkout-*"], "buckets": [IMAGES]},
                                {"name": "carts", "workspaces": ["retail-carts-*"], "buckets": []}]
        self.config["routes"] = [{"name": "owners", "match": {"kinds": ["workspace.*", "image.*"]},
                                  "to": ["siem"], "per": "team", "wait": "0s"}]
        self.start()
        self.send(hcp.assessment_event("retail-carts-prod", 2), hcp.assessment_event(PROD, 2))
        self.assertEqual(self.document("workspace.drift", workspace="retail-carts-prod")["team"], "carts")
        self.assertEqual(self.document("workspace.drift", workspace=PROD)["team"], "checkout")
        self.send(hcp.complete(IMAGES, "v1"))
        self.assertEqual(self.document("image.released", version="v1")["team"], "checkout")
        self.assertEqual(second.count(), 0)


if __name__ == "__main__":
    unittest.main()
