#!/usr/bin/env python3
"""The mail helper against a real Postfix: what each of its refusals comes to,
and that what it took is what was sent."""

import shutil
import sys
import tempfile
import unittest

import support  # noqa: F401  (puts the tests' folder on the path)
from harness import hcp, postfix
from harness.case import RelayCase
from harness.certificates import Certificates
from harness.mail_helper import job, letter, send
from harness.wait import until

PASSWORD = "correct horse battery staple"
TRANSPORTS = {"esmtp": ("submission", {}), "curl": ("submission", {"tls13": True}),
              "curl tls": ("tls", {"security": "tls"})}


class Real(unittest.TestCase):
    count = 0
    transport = "esmtp"

    @classmethod
    def setUpClass(cls):
        directory = tempfile.mkdtemp(prefix="driftbell-test-")
        cls.addClassCleanup(shutil.rmtree, directory, ignore_errors=True)
        cls.certificates = Certificates(directory)
        cls.postfix = postfix.Postfix(directory, cls.certificates, {"relay": PASSWORD})
        cls.addClassCleanup(cls.postfix.close)
        cls.postfix.start()

    def letter(self, *to, size=0):
        """A mail with a Message-ID of its own, and that id."""
        Real.count += 1
        name = f"<{Real.count}@test.example.com>"
        text = (f"From: Driftbell <driftbell@example.com>\r\nTo: {', '.join(to)}\r\nSubject: number {Real.count}\r\n"
                f"Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-ID: {name}\r\n\r\n.dot\r\n..\r\n")
        text += "x" * 70 + "\r\n" if size else ""
        text += ("y" * 70 + "\r\n") * (size // 72)
        return letter(*to, data=text.encode()), name

    def send(self, service, *letters, **changes):
        changes = {"ca_file": self.certificates.ca, "username": "relay", "password": PASSWORD, "timeout_ms": 5000,
                   "session_ms": 30000, **changes}
        result = send(job(self.postfix.port(service), *letters, **changes), 40)
        self.assertEqual((result.code, result.stderr), (0, ""))
        self.assertNotIn(PASSWORD, result.text)
        return result

    def each(self):
        for self.transport, (service, changes) in TRANSPORTS.items():
            yield service, changes

    def shortDescription(self):
        return f"over {self.transport}"

    def expect(self, result, *fates):
        self.assertEqual(result.short(), list(fates), result.text + "\n" + self.postfix.log())

    def arrives(self, name, *recipients):
        until(lambda: self.postfix.delivered(name) == sorted(recipients), 20,
              lambda: f"{name} for {recipients}; came: {self.postfix.delivered(name)}\n{self.postfix.log()}")

    def test_a_mail_arrives_as_it_was_sent(self):
        for service, changes in self.each():
            one, name = self.letter("ops@example.com", size=100000)
            self.expect(self.send(service, one, **changes), ("sent", 250))
            self.arrives(name, "ops@example.com")
            mail = [mail for mail in self.postfix.mails() if mail["Message-ID"] == name][0]
            body = mail.get_content()
            self.assertTrue(body.startswith(".dot\n..\nxxx"), body[:40])
            self.assertEqual(body.count("y" * 70 + "\n"), 100000 // 72)
            self.assertEqual(mail["Return-Path"], "<bounces@example.com>")
            self.assertRegex(mail["Received"], r"from relay\.example\.com")
            self.assertRegex(mail["Received"], r"TLSv1\.2" if service == "submission" and not changes else r"TLSv1\.3")

    def test_a_batch_in_one_session(self):
        for service, changes in self.each():
            letters = [self.letter("ops@example.com", "security@example.com") for _ in range(20)]
            result = self.send(service, *[one for one, _ in letters], **changes)
            for number, (_, name) in enumerate(letters):
                self.assertEqual(result.short(number), [("sent", 250)] * 2)
                self.arrives(name, "ops@example.com", "security@example.com")

    def test_sessions_do_not_hang(self):
        """With TLS 1.3 libesmtp hangs in four of ten."""
        for _ in range(30):
            one, _name = self.letter("ops@example.com")
            result = self.send("submission", one)
            self.expect(result, ("sent", 250))
            self.assertLess(result.elapsed, 4)

    def test_the_name_is_the_one_that_was_configured(self):
        one, name = self.letter("ops@example.com")
        self.expect(self.send("submission", one, host="localhost"), ("sent", 250))
        self.arrives(name, "ops@example.com")

    def test_certificates_that_are_not_good(self):
        for changes in ({}, {"tls13": True}):
            for service, word in (("expired", "expired"), ("wrong-name", "match")):
                one, _ = self.letter("ops@example.com")
                result = self.send(service, one, **changes)
                self.expect(result, ("blocked", 0))
                self.assertIn(word, result.session["text"])
            one, _ = self.letter("ops@example.com")
            self.expect(self.send("submission", one, ca_file=None, **changes), ("blocked", 0))

    def test_versions(self):
        one, name = self.letter("ops@example.com")
        self.expect(self.send("tls12", one), ("sent", 250))
        self.expect(self.send("tls12", one, tls13=True), ("blocked", 0))
        self.expect(self.send("tls13", one), ("blocked", 0))
        self.arrives(name, "ops@example.com")
        one, name = self.letter("ops@example.com")
        self.expect(self.send("tls13", one, tls13=True), ("sent", 250))
        self.arrives(name, "ops@example.com")

    def test_no_starttls(self):
        one, _ = self.letter("ops@example.com")
        for changes in ({}, {"tls13": True}):
            self.expect(self.send("plain", one, **changes), ("blocked", 0))
        one, name = self.letter("ops@example.com")
        self.expect(self.send("plain", one, security="none"), ("sent", 250))
        self.arrives(name, "ops@example.com")

    def test_a_wrong_password(self):
        for service, changes in self.each():
            one, _ = self.letter("ops@example.com")
            result = self.send(service, one, password="hunter2-hunter2", **changes)
            self.expect(result, ("blocked", 535))
            self.assertNotIn("hunter2", result.text)

    def test_no_password(self):
        for service, changes in self.each():
            one, _ = self.letter("ops@example.com")
            result = self.send(service, one, username=None, password=None, **changes)
            self.assertIn(result.short()[0][0], ("rejected", "blocked"), result.text)

    def test_a_temporary_authentication_failure(self):
        for changes in ({}, {"tls13": True}):
            one, _ = self.letter("ops@example.com")
            self.expect(self.send("auth-down", one, **changes), ("retry", 454))

    def test_greylisting(self):
        """With BDAT all is said to be complete, and the message to be refused."""
        for number, (service, changes) in enumerate([
                ("submission", {}), ("no-chunking", {}), ("submission", {"tls13": True}), ("tls", {"security": "tls"})]):
            sender = f"bounces{number}@example.com"
            one, name = self.letter(postfix.GREYLISTED)
            self.expect(self.send(service, one, sender=sender, **changes), ("retry", 451))
            self.expect(self.send(service, one, sender=sender, **changes), ("sent", 250))
            self.arrives(name, postfix.GREYLISTED)

    def test_one_of_three_is_refused(self):
        for service, changes in self.each():
            one, name = self.letter("ops@example.com", postfix.REFUSED, "security@example.com")
            result = self.send(service, one, **changes)
            self.expect(result, ("sent", 250), ("rejected", 550), ("sent", 250))
            self.assertIn("User unknown", result.fates()[1]["text"])
            self.arrives(name, "ops@example.com", "security@example.com")

    def test_too_large(self):
        for changes in ({}, {"tls13": True}):
            large, name = self.letter("ops@example.com", size=postfix.LIMIT + 1000)
            small, other = self.letter("ops@example.com")
            result = self.send("small", large, small, **changes)
            self.expect(result, ("rejected", 552))
            self.assertTrue(result.fates()[0]["content"])
            self.assertEqual(result.short(1), [("sent", 250)])
            self.arrives(other, "ops@example.com")
            self.assertEqual(self.postfix.delivered(name), [])


class Daemon(RelayCase):
    """From a webhook through the whole relay and Postfix into a mailbox."""

    def setUp(self):
        super().setUp()
        directory = tempfile.mkdtemp(prefix="driftbell-test-")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        certificates = Certificates(directory)
        self.postfix = postfix.Postfix(directory, certificates, {"relay": PASSWORD})
        self.addCleanup(self.postfix.close)
        self.postfix.start()
        self.relay.key("mail.password", PASSWORD)
        self.config["sinks"].append({"name": "list", "email": {
            "server": f"localhost:{self.postfix.port('submission')}", "ca_file": certificates.ca,
            "username": "relay", "password_file": "mail.password", "from": "Driftbell <driftbell@example.com>",
            "to": ["security@example.com", postfix.REFUSED, "ops@example.com"]}})
        self.config["routes"][0]["to"].append("list")

    def test_a_thread_arrives_and_one_refused_costs_the_others_nothing(self):
        workspace = "retail-checkout-prod"
        self.start()
        self.send(hcp.assessment_event(workspace, 2))
        until(lambda: len(self.postfix.mails()) == 2, 30, lambda: self.postfix.log() + self.relay.tail())
        self.send(hcp.assessment_event(workspace, 0))
        until(lambda: len(self.postfix.mails()) == 4, 30, lambda: self.postfix.log() + self.relay.tail())
        mails = [mail for mail in self.postfix.mails() if mail["Delivered-To"] == "ops@example.com"]
        self.assertEqual(len(mails), 2)
        first, second = sorted(mails, key=lambda mail: mail["In-Reply-To"] == mails[0]["Message-ID"]
                               or mail["In-Reply-To"] == mails[1]["Message-ID"])
        self.assertEqual(second["In-Reply-To"], first["Message-ID"])
        self.assertEqual(first["Subject"], second["Subject"])
        self.assertIn(workspace, first.get_body(("html",)).get_content())
        dead = until(lambda: [one for one in self.relay.items("deliveries", sink="list", state="dead")
                              if len(one["recipients"]) == 3], 20, "dead letters for the refused one")
        self.assertEqual({one["address"]: one["state"] for one in dead[0]["recipients"]},
                         {"security@example.com": "sent", postfix.REFUSED: "rejected", "ops@example.com": "sent"})


if __name__ == "__main__":
    if postfix.missing():
        print(f"skipped: this needs {postfix.missing()}", file=sys.stderr)
        sys.exit(77)
    unittest.main()
