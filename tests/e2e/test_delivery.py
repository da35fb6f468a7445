"""What becomes of a message when the other side is slow, down, strict or gone."""

import datetime
import email.utils
import time
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.receiver import Receiver
from harness.server import Fault
from harness.slack import SlackHook, flat
from harness.wait import SLOWER, until

IMAGES = "retail-checkout-images"


class Webhook(RelayCase):
    def deliveries(self, **query):
        return self.relay.items("deliveries", **query)

    def release(self, name="v1", bucket=IMAGES):
        self.send(hcp.complete(bucket, name))

    def test_retry_after_in_seconds_is_obeyed_to_the_letter(self):
        self.start()
        self.receiver.script(Fault(429, headers={"Retry-After": "3"}))
        self.release("v1")
        until(lambda: self.receiver.count() == 1)
        self.release("v2")  # the pause is the destination's, not the message's
        self.document("image.released", version="v1", timeout=15)
        self.document("image.released", version="v2", timeout=15)
        times = [request.at for request in self.receiver.requests]
        self.assertGreaterEqual(times[1] - times[0], 2.95)
        self.assertEqual(len(times), 3)

    def test_retry_after_as_a_date_is_obeyed(self):
        self.start()
        later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)
        self.receiver.script(Fault(503, headers={"Retry-After": email.utils.format_datetime(later, usegmt=True)}))
        self.release()
        self.document("image.released", timeout=20)
        self.assertGreaterEqual(self.receiver.requests[1].at - self.receiver.requests[0].at, 2.5)

    def test_a_pause_survives_a_restart(self):
        self.start()
        self.receiver.script(Fault(429, headers={"Retry-After": "4"}))
        self.release()
        until(lambda: self.receiver.count() == 1 and self.deliveries(state="pending"))
        until(lambda: any(item["attempts"] for item in self.deliveries(state="pending")), what="the attempt noted")
        self.relay.restart()
        self.document("image.released", timeout=20)
        self.assertGreaterEqual(self.receiver.requests[1].at - self.receiver.requests[0].at, 3.9)

    def test_an_error_is_retried_with_the_same_id_and_body(self):
        self.start()
        self.receiver.script(Fault(500, "oops"))
        self.release()
        self.document("image.released", timeout=30)
        first, second = self.receiver.requests
        self.assertEqual((first.headers["webhook-id"], first.body), (second.headers["webhook-id"], second.body))
        self.assertGreaterEqual(second.at - first.at, 3.9, "5 s, less 20 %")
        self.settled()
        sent = self.deliveries(state="sent")
        self.assertEqual([one["outcome"] for one in sent[0]["attempts"]], ["retry", "sent"])

    def test_a_dropped_connection_is_retried_with_the_same_id_and_body(self):
        # On a kept connection the HTTP library may try again at once: so twice in a row.
        self.start()
        self.receiver.script(Fault(drop=True), Fault(drop=True))
        self.release()
        self.document("image.released", timeout=30)
        self.assertEqual(len({(one.headers["webhook-id"], one.body) for one in self.receiver.requests}), 1)
        self.assertEqual(self.receiver.count(), 3)

    def test_404_stops_the_destination_and_everything_waits(self):
        self.start()
        self.receiver.always(Fault(404, "gone"))
        self.release("v1")
        until(lambda: self.deliveries(state="blocked"), what="a blocked delivery")
        self.release("v2")
        self.release("v3")
        until(lambda: len(self.deliveries(state="blocked")) + len(self.deliveries(state="pending")) >= 3)
        self.assertEqual(self.receiver.count(), 1)
        self.assertEqual([item for item in self.deliveries(state="dead")], [])
        self.receiver.always(None)
        self.relay.reload()  # one probe at reload
        for name in ("v1", "v2", "v3"):
            self.document("image.released", version=name, timeout=20)

    def test_every_answer_that_blocks(self):
        # 410 is "disabled" in Standard Webhooks; a redirect is never followed.
        elsewhere = self.stand_in(Receiver())
        for status in (301, 307, 401, 403, 410):
            with self.subTest(status):
                if self.relay.process:
                    self.relay.stop()
                hook = self.stand_in(Receiver())
                hook.always(Fault(status, headers={"Location": elsewhere.url}))
                self.config["sinks"] = [self.webhook_sink("siem", hook)]
                self.start(store={"url": f"sqlite:{status}.db"})
                self.release()
                found = until(lambda: self.deliveries(state="blocked"))
                self.assertEqual(found[-1]["attempts"][-1]["code"], status)
        self.assertEqual(elsewhere.count(), 0)

    def test_a_rejected_document_is_dead_and_can_be_retried(self):
        self.start()
        self.receiver.script(Fault(422, "no"))
        self.release()
        dead = until(lambda: self.deliveries(state="dead"), what="a dead delivery")
        self.assertEqual((dead[0]["attempts"][-1]["outcome"], dead[0]["attempts"][-1]["code"]), ("rejected", 422))
        answer = self.relay.post(f"/api/v1/deliveries/{dead[0]['id']}/retry")
        self.assertEqual(answer.status, 200, answer)
        self.document("image.released")

    def test_a_slow_destination_delays_no_other_and_not_the_ingest(self):
        quick = self.stand_in(Receiver())
        self.config["sinks"].append(self.webhook_sink("quick", quick))
        self.config["routes"][0]["to"].append("quick")
        self.receiver.always(Fault(200, delay=8 * SLOWER))
        self.start()
        begin = time.monotonic()
        for number in range(5):
            self.release(f"v{number + 1}")
        until(lambda: len(quick.documents) == 5, what="five documents at the quick one")
        self.assertLess(time.monotonic() - begin, 6 * SLOWER)
        self.receiver.always(None)

    def test_a_destination_that_is_down_gets_it_when_it_is_back(self):
        self.start()
        port = self.receiver.port
        self.receiver.close()
        self.release()
        until(lambda: any(item["attempts"] for item in self.deliveries(state="pending")))
        again = self.stand_in(Receiver(self.receiver.secret, port))
        until(lambda: again.last("image.released"), 30, "the document")
        self.assertEqual(len(again.documents), 1)

    def test_a_new_url_gets_what_waited_for_the_old_one_and_how_it_ends(self):
        self.start()
        prod = "retail-checkout-prod"
        self.send(hcp.assessment_event(prod, 2))
        self.document("workspace.drift")
        self.receiver.always(Fault(404, "gone"))
        self.release()
        until(lambda: self.deliveries(state="blocked"), what="a blocked delivery")
        mended = self.stand_in(Receiver(self.receiver.secret))
        self.config["sinks"][0]["webhook"]["url"] = mended.url
        self.relay.reload(self.config)
        until(lambda: mended.last("image.released"), 20, "what waited")
        self.assertEqual(mended.about("workspace.drift"), [])
        self.send(hcp.assessment_event(prod, 0))
        until(lambda: mended.last("workspace.drift"), 20, "the end")
        self.assertEqual([item["reason"] for item in mended.about("workspace.drift")], ["resolved"])
        self.settled()
        self.assertEqual(self.deliveries(state="blocked"), [])

    def test_another_sink_is_told_of_one_that_is_blocked_and_of_its_end(self):
        other = self.stand_in(Receiver(self.receiver.secret))
        webhook = {**self.config["sinks"][0]["webhook"], "url": other.url}
        self.config["sinks"].append({"name": "other", "webhook": webhook})
        self.start()
        self.receiver.always(Fault(403, "forbidden"))
        self.release()
        until(lambda: other.last("relay.sink_failing"), 20, "that it fails")
        self.receiver.always(None)
        self.relay.reload(self.config)
        self.document("image.released", timeout=20)
        until(lambda: len(other.about("relay.sink_failing")) == 2, 20, "that it works again")
        told = [(item["reason"], item["incident"]["severity"]) for item in other.about("relay.sink_failing")]
        self.assertEqual(told, [("opened", "critical"), ("resolved", "critical")])
        self.assertEqual(self.receiver.about("relay.sink_failing"), [])

    def test_a_newer_revision_replaces_an_undelivered_older_one(self):
        self.start()
        self.receiver.script(Fault(429, headers={"Retry-After": "2"}))
        for drifted in (2, 3, 4):
            self.send(hcp.assessment_event("retail-checkout-prod", drifted))
        found = self.document("workspace.drift", timeout=15)
        self.assertEqual((found["reason"], found["drift"]["resources_drifted"]), ("opened", 4))

    def test_loopback_is_refused_without_allow_private(self):
        del self.config["sinks"][0]["webhook"]["allow_private"]
        url = self.receiver.url.replace("http://", "https://")
        self.config["sinks"][0]["webhook"]["url"] = url
        for host in ("127.0.0.1", "0x7f.1", "[::ffff:127.0.0.1]"):
            with self.subTest(host):
                self.config["sinks"][0]["webhook"]["url"] = url.replace("127.0.0.1", host)
                self.relay.configure(self.config)
                self.assertIn("allow_private", self.relay.run("check").stdout)
        # What a name leads to is seen when it is dialled.
        self.config["sinks"][0]["webhook"]["url"] = url.replace("127.0.0.1", "localhost")
        self.start()
        self.release()
        found = until(lambda: self.deliveries(state="blocked"))
        self.assertEqual(found[-1]["attempts"][-1]["code"] or 0, 0)
        self.assertEqual(self.receiver.count(), 0)

    def test_plain_http_without_allow_private_is_a_fault(self):
        del self.config["sinks"][0]["webhook"]["allow_private"]
        self.relay.configure(self.config)
        result = self.relay.run("check")
        self.assertEqual(result.returncode, 1)
        self.assertIn("url is plain http, which needs allow_private: true", result.stdout)

    def test_both_keys_of_a_secret_file_sign(self):
        from harness.receiver import new_secret
        self.receiver.keys.append(new_secret())
        self.relay.key("siem.secret", "\n".join(self.receiver.keys))
        self.start()
        self.release()
        self.document("image.released")


class Slack(RelayCase):
    wants_slack = True

    def setUp(self):
        super().setUp()
        self.config["routes"][0]["to"] = ["ops-slack"]

    def told(self, receiver=None):
        return self.slack.texts()

    def test_a_rejected_message_comes_again_as_plain_text(self):
        self.start()
        self.slack.script(Fault(400, "invalid_blocks"))
        self.send(hcp.complete(IMAGES, "v1"))
        message = until(lambda: self.slack.messages[-1] if self.slack.messages else None, 15)
        self.assertNotIn("blocks", message)
        self.assertNotIn("attachments", message)
        self.assertIn(IMAGES, message["text"])

    def test_rejected_twice_is_dead(self):
        self.start()
        self.slack.script(Fault(400, "invalid_blocks"), Fault(400, "no_text"))
        self.send(hcp.complete(IMAGES, "v1"))
        until(lambda: self.relay.items("deliveries", state="dead"), 15)
        self.assertEqual(self.slack.count(), 2)

    def test_429_pauses_the_hook(self):
        self.start()
        self.slack.script(Fault(429, "rate_limited", {"Retry-After": "3"}))
        self.send(hcp.complete(IMAGES, "v1"), hcp.complete(IMAGES, "v2"))
        until(lambda: len(self.slack.messages) == 2, 20)
        self.assertGreaterEqual(self.slack.requests[1].at - self.slack.requests[0].at, 2.95)

    def test_a_hook_that_is_gone_blocks(self):
        for status, body in ((404, "no_service"), (403, "invalid_token"), (410, "channel_is_archived")):
            with self.subTest(body):
                if self.relay.process:
                    self.relay.stop()
                hook = self.stand_in(SlackHook())
                hook.always(Fault(status, body))
                self.config["sinks"] = [self.slack_sink("ops-slack", hook)]
                self.start(store={"url": f"sqlite:{body}.db"})
                self.send(hcp.complete(IMAGES, "v1"))
                until(lambda: self.relay.items("deliveries", state="blocked"))

    def test_opened_and_closed_while_it_was_down_says_nothing(self):
        self.start()
        self.slack.close()
        self.send(hcp.assessment_event("retail-checkout-prod", 2))
        until(lambda: any(item["attempts"] for item in self.relay.items("deliveries", state="pending")))
        self.send(hcp.assessment_event("retail-checkout-prod", 0))
        until(lambda: not self.relay.items("deliveries", state="pending"), 15, "nothing owed")
        self.assertEqual(self.relay.items("deliveries", state="sent"), [])

    def test_what_may_have_arrived_before_a_kill_is_told_to_its_end(self):
        self.start()
        self.slack.script(Fault(500, "never read", delay=2 * SLOWER))
        self.send(hcp.assessment_event("retail-checkout-prod", 2))
        until(lambda: self.slack.count() == 1, what="the opened under way")
        self.send(hcp.assessment_event("retail-checkout-prod", 0))
        until(lambda: len(self.relay.items("deliveries", state="pending")) == 2, what="the end waiting too")
        self.relay.kill()
        self.relay.start()
        sent = until(lambda: self.relay.items("deliveries", state="sent"), 15, "the end")
        self.assertEqual([item["reason"] for item in sent], ["resolved"])

    def test_what_arrived_without_an_answer_is_told_to_its_end(self):
        self.start()
        self.slack.script(Fault(drop=True), Fault(drop=True))
        self.send(hcp.assessment_event("retail-checkout-prod", 2))
        until(lambda: any(item["attempts"] for item in self.relay.items("deliveries", state="pending")))
        self.send(hcp.assessment_event("retail-checkout-prod", 0))
        sent = until(lambda: self.relay.items("deliveries", state="sent"), 30, "the end")
        self.assertEqual([item["reason"] for item in sent], ["resolved"])

    def test_a_quiet_change_rides_with_the_next_message(self):
        self.start()
        prod = "retail-checkout-prod"
        self.send(hcp.assessment_event(prod, 2))
        until(lambda: len(self.slack.messages) == 1, 15)
        self.send(hcp.assessment_event(prod, 7), hcp.assessment_event(prod, 0))
        until(lambda: len(self.slack.messages) == 2, 15)
        self.send(hcp.complete("fence-quiet-images", "v1"))
        until(lambda: "fence-quiet" in flat(self.slack.messages[-1]), 15)
        self.assertEqual(len(self.slack.messages), 3)


if __name__ == "__main__":
    unittest.main()
