"""A thousand revocations at once: people get a few readable messages, machines get each, and nothing is lost."""

import email
import email.policy
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.slack import flat
from harness.smtp import SmtpServer
from harness.wait import until

COUNT = 1000


class Flood(RelayCase):
    wants_slack = True

    def test_a_thousand_revocations(self):
        server = SmtpServer()
        self.addCleanup(server.close)
        self.config["sinks"].append({"name": "list", "email": {
            "server": f"localhost:{server.port}", "security": "none",
            "from": "Driftbell <driftbell@example.com>", "to": ["security@example.com"]}})
        self.start(links={"base_url": "https://relay.example.com"},
                   routes=[{"name": "everything", "match": {"kinds": ["image.revocation"]},
                            "to": ["siem", "ops-slack", "list"], "wait": "2s"}])
        for i in range(COUNT):
            self.send(hcp.revoke(f"retail-app{i:04}-images", "v1", reason=f"a hole in number {i}"))
        until(lambda: len(self.receiver.documents) >= COUNT, 120, "all documents")
        self.settled(120)
        mails = [email.message_from_bytes(mail.data, policy=email.policy.default) for mail in server.mails]
        self.assertLess(len(mails), 60)
        worst = [mail for mail in mails if "here are the worst" in mail.get_body(("plain",)).get_content()]
        self.assertTrue(worst, [mail["Subject"] for mail in mails])
        self.assertIn("https://relay.example.com/incidents", worst[0].get_body(("html",)).get_content())
        messages = [flat(message) for message in self.slack.messages]
        digests = [text for text in messages if "here are the worst" in text]
        self.assertTrue(digests, messages)
        self.assertLess(len(messages), 60)
        self.assertIn("https://relay.example.com/incidents", digests[0])
        for sink, count in (("ops-slack", len(messages)), ("list", len(mails))):
            self.check_deliveries(sink, count)

    def check_deliveries(self, sink, messages):
        """Each incident is told by one of the messages, alone or carried."""
        deliveries = self.relay.items("deliveries", sink=sink, limit=500)
        told = {item["incident"] for item in deliveries if item["incident"]}
        self.assertEqual({item["state"] for item in deliveries}, {"sent"})
        self.assertEqual(len(told), COUNT)
        carriers = {item["id"] for item in deliveries if not item["incident"]}
        self.assertEqual({item["carrier"] for item in deliveries} - {None}, carriers)
        self.assertEqual(len([item for item in deliveries if not item["carrier"]]), messages)


if __name__ == "__main__":
    unittest.main()
