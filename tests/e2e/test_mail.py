"""Mail from a webhook to a mail server: threads, recipients, retries, and a server in every kind of trouble."""

import email
import email.policy
import os
import signal
import threading
import time
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.certificates import Certificates
from harness.smtp import Drop, Reply, SmtpServer, Stall
from harness.wait import SLOWER, until

PASSWORD = "correct-horse-battery"
IMAGES = "retail-checkout-images"
PROD = "retail-checkout-prod"


def parsed(mail):
    return email.message_from_bytes(mail.data, policy=email.policy.default)


def part(message, kind):
    return message.get_body((kind,)).get_content()


class Mail(RelayCase):
    @classmethod
    def setUpClass(cls):
        import tempfile
        cls.folder = tempfile.TemporaryDirectory(prefix="driftbell-mail-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.certificates = Certificates(cls.folder.name)

    def setUp(self):
        super().setUp()
        self.relay.key("smtp.password", PASSWORD)
        self.server = self.smtp()
        self.config["sinks"].append(self.email_sink())
        self.config["routes"][0]["to"] = ["siem", "security-list"]

    def smtp(self, **options):
        options = {"certificate": self.certificates.good(), "users": {"relay": PASSWORD}, **options}
        server = SmtpServer(**options)
        self.addCleanup(server.close)
        return server

    def email_sink(self, server=None, **options):
        server = server or self.server
        return {"name": "security-list", "email": {
            "server": f"localhost:{server.port}", "security": "starttls", "username": "relay",
            "password_file": "smtp.password", "ca_file": self.certificates.ca,
            "from": "Driftbell <driftbell@example.com>", "to": ["security@example.com"], **options}}

    def use(self, server=None, **options):
        self.config["sinks"][-1] = self.email_sink(server, **options)

    def mails(self, count, timeout=20, server=None):
        server = server or self.server
        return [parsed(mail) for mail in until(lambda: server.arrived(count), timeout, lambda:
                f"{count} mails; {len(server.mails)} came\n{server.transcript()}\n{self.relay.tail()}")]

    def deliveries(self, **query):
        return self.relay.items("deliveries", sink="security-list", **query)

    # One incident is one thread

    def test_an_incident_is_one_thread_with_one_subject(self):
        self.start()
        self.send(hcp.assessment_event(PROD, 2))
        opened = self.mails(1)[0]
        self.send(hcp.assessment_event(PROD, 0))
        resolved = self.mails(2)[1]
        self.assertEqual(opened["Subject"], resolved["Subject"])
        self.assertIn(PROD, opened["Subject"])
        root = opened["References"].split()[0]
        self.assertEqual(resolved["References"].split()[0], root)
        self.assertIn(opened["Message-ID"], resolved["References"].split())
        self.assertEqual(resolved["In-Reply-To"], opened["Message-ID"])
        self.assertNotEqual(opened["Message-ID"], resolved["Message-ID"])
        for mail in (opened, resolved):
            self.assertEqual(mail["Auto-Submitted"], "auto-generated")
            self.assertTrue(mail["List-Id"] and mail["Date"])
            self.assertEqual(mail.get_content_type(), "multipart/alternative")
            self.assertEqual([one.get_content_type() for one in mail.iter_parts()], ["text/plain", "text/html"])
        self.assertIn("drift", part(opened, "plain").lower())
        self.assertIn(PROD, part(opened, "html"))

    def test_the_thread_goes_on_after_a_restart(self):
        self.start()
        self.send(hcp.assessment_event(PROD, 2))
        opened = self.mails(1)[0]
        self.settled()
        self.relay.restart()
        self.send(hcp.assessment_event(PROD, 0))
        self.assertEqual(self.mails(2)[1]["In-Reply-To"], opened["Message-ID"])

    # Recipients

    def test_one_bad_address_neither_loses_nor_repeats_the_others(self):
        self.use(to=["one@example.com", "gone@example.com", "three@example.com"])
        self.server.on("RCPT", lambda _, line: Reply("550 5.1.1 no such user") if "gone@" in line else None)
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        dead = until(lambda: self.deliveries(state="dead"), 20, lambda: "a dead letter\n" + self.relay.tail())[0]
        self.assertEqual({one["address"]: one["state"] for one in dead["recipients"]},
                         {"one@example.com": "sent", "gone@example.com": "rejected", "three@example.com": "sent"})
        self.assertEqual([one["code"] for one in dead["recipients"] if one["state"] == "rejected"], [550])
        self.assertEqual([mail.recipients for mail in self.server.mails], [["one@example.com", "three@example.com"]])
        self.server.behave()
        self.assertEqual(self.relay.post(f"/api/v1/deliveries/{dead['id']}/retry").status, 200)
        self.mails(2)
        self.assertEqual(self.server.mails[1].recipients, ["gone@example.com"])
        self.assertEqual(parsed(self.server.mails[0])["Message-ID"], parsed(self.server.mails[1])["Message-ID"])

    def test_a_greylisted_one_gets_the_same_mail_later(self):
        self.use(to=["one@example.com", "grey@example.com"])
        self.server.on("RCPT", lambda session, line: Reply("450 4.2.0 greylisted")
                       if "grey@" in line and not self.server.mails else None)
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        first, second = self.mails(2, 30)
        self.assertEqual([mail.recipients for mail in self.server.mails], [["one@example.com"], ["grey@example.com"]])
        self.assertEqual(first["Message-ID"], second["Message-ID"])
        self.assertEqual(self.server.mails[0].data, self.server.mails[1].data)
        sent = until(lambda: self.deliveries(state="sent"), 10, "sent")[0]
        self.assertEqual([one["state"] for one in sent["recipients"]], ["sent", "sent"])

    # The server in trouble

    def blocked(self, server=None, **options):
        self.use(server, **options)
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        found = until(lambda: self.deliveries(state="blocked"), 20,
                      lambda: f"a blocked delivery\n{(server or self.server).transcript()}\n{self.relay.tail()}")[0]
        return found["attempts"][-1]

    def test_a_wrong_password_blocks(self):
        server = self.smtp(users={"relay": "another"})
        attempt = self.blocked(server)
        self.assertEqual((attempt["outcome"], attempt["code"]), ("blocked", 535))
        self.assertEqual(server.mails, [])

    def test_a_certificate_that_is_not_right_blocks_and_says_so(self):
        for name in ("expired", "wrong_name"):
            with self.subTest(name):
                if self.relay.process:
                    self.relay.stop()
                server = self.smtp(certificate=getattr(self.certificates, name)())
                self.config["store"] = {"url": f"sqlite:{name}.db"}
                attempt = self.blocked(server)
                self.assertIn("certificate", attempt["text"].lower())
                self.assertEqual(server.mails, [])
                self.assertNotIn("C AUTH", server.transcript())

    def test_no_starttls_blocks_and_nothing_is_said_in_clear(self):
        server = self.smtp(certificate=None)
        attempt = self.blocked(server)
        self.assertIn("starttls", attempt["text"].lower())
        self.assertNotIn("C AUTH", server.transcript())

    def test_a_temporary_failure_is_retried_with_the_same_bytes(self):
        self.server.once("END", Reply("451 4.3.0 try again"))
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        self.mails(1, 30)
        sent = until(lambda: self.deliveries(state="sent"), 10, "sent")[0]
        self.assertEqual([one["outcome"] for one in sent["attempts"]], ["retry", "sent"])

    def test_refused_content_comes_again_as_plain_text(self):
        self.server.once("END", Reply("554 5.7.1 no html here"))
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        mail = self.mails(1)[0]
        self.assertEqual(mail.get_content_type(), "text/plain")

    def test_a_server_that_stalls_delays_nobody(self):
        self.server.on("GREETING", Stall())
        self.start()
        begun = time.monotonic()
        self.send(hcp.complete(IMAGES, "v1"))
        self.document("image.released", version="v1")
        self.send(hcp.complete(IMAGES, "v2"))
        self.document("image.released", version="v2")
        self.assertLess(time.monotonic() - begun, 10 * SLOWER)

    def test_a_burst_shares_sessions(self):
        """As many as are not yet a digest."""
        self.start()
        self.send(*(hcp.complete(IMAGES, f"v{number}") for number in range(1, 11)))
        mails = self.mails(10, 60)
        self.assertEqual(len({mail["Message-ID"] for mail in mails}), 10)
        self.assertLess(len(self.server.sessions), 5)

    def test_killed_with_a_mail_under_way_it_goes_out_again_as_the_same(self):
        self.server.once("END", Drop())
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        until(lambda: self.server.sessions and "DATA" in self.server.transcript(), 20, "a session")
        self.relay.kill()
        self.relay.start()
        self.mails(1, 40)

    def helpers(self):
        """The pids of the mail helpers of this relay."""
        with open(f"/proc/{self.relay.process.pid}/task/{self.relay.process.pid}/children", encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]

    def test_a_stop_of_the_whole_group_lets_the_session_end(self):
        asked, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)
        self.server.once("END", lambda *_: (asked.set(), go_on.wait(60), None)[-1])
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        self.assertTrue(asked.wait(20 * SLOWER))
        # As a service manager does, and a terminal.
        for pid in [*self.helpers(), self.relay.process.pid]:
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGINT)
        until(lambda: self.relay.get("/readyz").status == 503, what="draining")
        go_on.set()
        self.assertEqual(self.relay.wait(), 0)
        self.relay.start()
        self.assertEqual([one["outcome"] for one in self.deliveries(state="sent")[0]["attempts"]], ["sent"])
        self.assertEqual(len(self.server.mails), 1)

    def test_stopped_with_a_server_that_says_nothing_it_ends_in_time_and_sends_again(self):
        self.server.once("END", Stall())
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        until(lambda: "DATA" in self.server.transcript(), 20, "a session")
        until(lambda: "C Message-ID" in self.server.transcript() or self.server.behaviours.get("END") == [], 20,
              "a mail without an answer")
        begun = time.monotonic()
        self.assertEqual(self.relay.stop(), 0)
        self.assertLess(time.monotonic() - begun, 15 * SLOWER)
        self.relay.start()
        self.mails(1)
        self.settled()
        self.assertEqual(len(self.server.mails), 1)

    def test_a_list_that_lost_the_one_who_was_owed_repeats_nothing(self):
        self.use(to=["one@example.com", "full@example.com"])
        self.server.on("RCPT", lambda _, line: Reply("452 4.2.2 mailbox full") if "full@" in line else None)
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        until(lambda: [one for one in self.deliveries(state="pending") if one["attempts"]], 20, "a retry to come")
        self.use(to=["one@example.com"])
        self.relay.reload(self.config)
        self.settled(30)
        self.assertEqual([mail.recipients for mail in self.server.mails], [["one@example.com"]])

    def test_a_server_mended_by_another_address_gets_what_was_under_way(self):
        dead = self.smtp()
        dead.on("GREETING", Stall())
        self.use(dead)
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        until(lambda: dead.sessions, 20, "a session that stalls")
        self.use(self.server)
        self.relay.reload(self.config)
        dead.close()
        self.mails(1, 30)

    def test_implicit_tls(self):
        server = self.smtp(implicit=True)
        self.use(server, security="tls")
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        self.assertIn(IMAGES, self.mails(1, server=server)[0]["Subject"])

    # Secrets

    def test_the_password_is_in_no_process_table_log_or_answer(self):
        self.server.on("END", Stall())
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        until(lambda: "DATA" in self.server.transcript(), 20, "a session that stalls")
        helpers = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    line = file.read()
                if b"mail-helper" in line:
                    helpers.append(pid)
                    with open(f"/proc/{pid}/environ", "rb") as file:
                        line += file.read()
                self.assertNotIn(PASSWORD.encode(), line)
            except OSError:
                continue
        self.assertTrue(helpers)
        self.assertNotIn(PASSWORD, self.relay.log())
        self.server.behave()


if __name__ == "__main__":
    unittest.main()
