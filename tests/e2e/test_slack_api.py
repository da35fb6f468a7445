"""A Slack channel with a bot's token: one message for each incident, edited, replied to, posted anew."""

import time
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.server import Fault
from harness.slack_api import SlackApi, failure, ratelimited
from harness.wait import until

IMAGES = "retail-checkout-images"
GROUP = "<!subteam^S0FIXTURE>"


class Living(RelayCase):
    channels = ("alerts",)

    def setUp(self):
        super().setUp()
        self.api = self.stand_in(SlackApi(*self.channels, mentions=[GROUP]))
        self.relay.secrets.append(self.api.token)
        self.config["sinks"].append(self.api_sink("chat", "#alerts"))
        self.config["routes"][0]["to"].append("chat")

    def api_sink(self, name, channel, **options):
        path, _ = self.relay.key(name + ".token", self.api.token)
        return {"name": name, "slack": {"token_file": path, "channel": channel, "api_url": self.api.url + "/",
                                        "allow_private": True, "mention": {"critical": GROUP}, **options}}

    def revoke(self, *workspaces):
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"))
        for name in workspaces:
            self.send(hcp.run_event(name))
        self.send(hcp.revoke(IMAGES, "v1"))
        return until(lambda: next((one for one in self.api.posts() if "revoked" in one.text()), None), 15,
                     lambda: f"the message; came {[one.text() for one in self.api.posts()]}\n{self.relay.tail()}")

    def said(self, message, text, timeout=15):
        """Wait until the message shows this."""
        until(lambda: text in message.text(), timeout, lambda: f"{text!r} in\n{message.text()}\n{self.relay.tail()}")

    def move(self, name):
        self.send(hcp.assign(IMAGES, "v2", previous="v1"), hcp.run_event(name, message=f"move {name}"))

    def test_one_message_is_edited_while_workspaces_move_and_closed_in_its_thread(self):
        self.start()
        message = self.revoke("retail-checkout-a", "retail-checkout-b")
        self.assertIn(GROUP, message.payload["text"])
        self.assertIn(GROUP, message.payload["blocks"][0]["text"]["text"])
        self.send(hcp.complete(IMAGES, "v2"), hcp.assign(IMAGES, "v2", previous="v1"))
        self.send(hcp.run_event("retail-checkout-a", message="move"))
        self.said(message, "has moved")
        self.settled()
        posts = len(self.api.posts())
        self.assertNotIn(GROUP, message.text(), "an edit calls nobody")
        self.assertEqual([one for one in self.api.replies() if one.parent is message], [], "an edit is silent")
        self.relay.restart()  # where the message is was kept
        self.api.restarted()
        self.send(hcp.run_event("retail-checkout-b", message="move"))
        reply = until(lambda: next((one for one in self.api.replies() if one.parent is message), None), 15,
                      lambda: f"the reply\n{self.relay.tail()}")
        self.assertIn("Resolved", reply.text())
        self.assertNotIn(GROUP, reply.text())
        self.settled()
        self.assertEqual(len([one for one in self.api.posts() if "revoked" in one.shown[0]["text"]]), 1)
        self.assertEqual(len(self.api.posts()), posts)

    def test_a_phase_is_a_reply_and_calls_when_it_became_worse(self):
        self.start()
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"), hcp.run_event("retail-checkout-a"))
        self.send(hcp.schedule(IMAGES, "v1", hcp.from_now(days=30)))
        message = until(lambda: next((one for one in self.api.posts() if "to be revoked" in one.text()), None), 15)
        self.assertNotIn(GROUP, message.text())
        self.send(hcp.revoke(IMAGES, "v1"))
        reply = until(lambda: next((one for one in self.api.replies() if one.parent is message), None), 15)
        self.assertIn(GROUP, reply.text())
        self.assertIn("revoked", message.text())
        self.settled()
        self.assertEqual(len(self.api.replies()), 1)

    def test_a_message_that_is_gone_is_posted_anew(self):
        self.start()
        message = self.revoke("retail-checkout-a", "retail-checkout-b")
        self.settled()
        self.api.delete(message)
        self.send(hcp.complete(IMAGES, "v2"), hcp.assign(IMAGES, "v2", previous="v1"))
        self.send(hcp.run_event("retail-checkout-a", message="move"))
        again = until(lambda: next((one for one in self.api.posts() if "has moved" in one.text()), None), 15,
                      lambda: f"the new message\n{self.relay.tail()}")
        self.send(hcp.run_event("retail-checkout-b", message="move"))
        until(lambda: [one for one in self.api.replies() if one.parent is again], 15, "a reply to the new one")
        self.settled()

    def test_after_a_failed_reply_the_edit_is_not_repeated(self):
        self.start()
        message = self.revoke("retail-checkout-a")
        self.settled()
        edits = len(message.shown)
        # The edit passes, the reply does not.
        self.api.script(Fault(200), ratelimited(2))
        begin = time.monotonic()
        self.send(hcp.restore(IMAGES, "v1"))
        until(lambda: [one for one in self.api.replies() if one.parent is message], 20, "the reply")
        self.assertGreaterEqual(time.monotonic() - begin, 2)
        self.settled()
        self.assertEqual(len(message.shown), edits + 1)
        self.assertEqual(len(self.api.replies()), 1)

    def test_an_answer_of_200_can_be_a_refusal(self):
        self.start()
        self.api.always(failure("token_revoked"))
        self.send(hcp.complete(IMAGES, "v1"))
        found = until(lambda: self.relay.items("deliveries", state="blocked"), what="a blocked delivery")
        self.assertEqual(found[0]["attempts"][-1]["text"], "chat.postMessage: HTTP 200: token_revoked")
        self.api.always(None)
        self.relay.reload()
        until(lambda: self.api.posts(), 15, "the message after the probe")

    def test_another_token_for_the_same_channel_repeats_nothing(self):
        self.start()
        message = self.revoke("retail-checkout-a")
        self.settled()
        self.api.token = "xoxb-another-fixture-token"
        self.config["sinks"][-1] = self.api_sink("chat", "alerts")
        self.relay.reload(self.config)
        self.send(hcp.restore(IMAGES, "v1"))
        until(lambda: [one for one in self.api.replies() if one.parent is message], 15, "the reply")
        self.settled()
        self.assertEqual(len([one for one in self.api.posts() if "revoked" in one.shown[0]["text"]]), 1)

    def test_a_storm_of_429_is_waited_out_and_nothing_is_lost(self):
        self.start()
        self.api.freeze("alerts", 4)
        for number in range(4):
            self.send(hcp.complete(f"storm-{number}-images", "v1"))
        until(lambda: len(self.api.posts()) == 4, 40, lambda: f"four messages\n{self.relay.tail()}")
        self.settled(30)
        self.assertEqual(self.api.early, 0, "calls before Retry-After was over")
        self.assertEqual(len([one for one in self.api.calls if one[3] == "ratelimited"]), 1)


class ByTeam(Living):
    channels = ("alerts", "pay-alerts", "search-alerts")

    def setUp(self):
        super().setUp()
        self.config["teams"] = [{"name": "pay", "workspaces": ["pay-*"]}, {"name": "search", "workspaces": ["search-*"]}]
        self.config["sinks"][-1] = self.api_sink("chat", "#{{team}}-alerts")
        self.config["routes"] = [{"name": "owners", "to": ["chat"], "per": "team", "unowned": "siem", "wait": "0s"}]

    def drift(self, name, count):
        self.send(hcp.assessment_event(name, count))

    def test_each_team_has_its_channel_with_its_own_pause(self):
        self.start()
        self.api.freeze("pay-alerts", 4)
        begin = time.monotonic()
        self.drift("pay-prod", 2)
        self.drift("search-prod", 2)
        until(lambda: self.api.posts("search-alerts"), 10, lambda: f"search's message\n{self.relay.tail()}")
        self.assertLess(time.monotonic() - begin, 3.5)
        self.assertEqual(self.api.posts("pay-alerts"), [])
        until(lambda: self.api.posts("pay-alerts"), 20, "pay's message")
        self.settled()
        self.assertEqual(self.api.early, 0)
        self.assertEqual(self.api.posts("alerts"), [])
        sinks = self.relay.get("/api/v1/status").json["sinks"]
        self.assertEqual([one["team"] for one in sinks if one["name"] == "chat"], ["pay", "search"])

    def test_what_no_team_owns_is_told_elsewhere(self):
        self.start()
        self.drift("attic", 2)
        self.document("workspace.drift")
        self.settled()
        self.assertEqual(self.api.posts(), [])

    def test_check_tells_of_a_route_without_a_team_and_of_a_name_that_is_no_channel(self):
        self.config["teams"].append({"name": "Search & Find", "workspaces": ["find-*"]})
        self.config["routes"].append({"name": "all", "to": ["chat"]})
        self.relay.configure(self.config)
        told = self.relay.run("check")
        self.assertEqual(told.returncode, 1)
        self.assertIn('for the team "Search & Find": channel: "#Search & Find-alerts" is no channel', told.stdout)
        self.assertIn("its channel needs a team", told.stdout)


# The stories of one channel run once, not again with teams.
for name in [name for name in dir(Living) if name.startswith("test_")]:
    setattr(ByTeam, name, None)

if __name__ == "__main__":
    unittest.main()
