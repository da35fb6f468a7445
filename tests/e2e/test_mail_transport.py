#!/usr/bin/env python3
"""The mail helper against a server that misbehaves at every verb, over both
transports: the right outcome, in time, and no password anywhere."""

import base64
import concurrent.futures
import os
import re
import shutil
import tempfile
import unittest

import support  # noqa: F401  (puts the tests' folder on the path)
from harness.certificates import Certificates
from harness.mail_helper import MESSAGE, MailHelper, job, letter, send
from harness.smtp import Drip, Drop, Reply, SmtpServer, Stall
from harness.wait import SLOWER, until

PASSWORD = "correct horse battery staple"
USERS = {"relay": PASSWORD}
OTHER = "hunter2-hunter2"
DRIPPED = "250-" + "x" * 6 + "\n250-" + "x" * 60

# What each transport is chosen by.
TRANSPORTS = {
    "esmtp": {},
    "curl": {"tls13": True},
    "curl tls": {"security": "tls"},
}


class MailCase(unittest.TestCase):
    transport = "esmtp"

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="driftbell-test-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.certificates = Certificates(cls.directory)
        # Before threads want them.
        cls.good = cls.certificates.good()

    def server(self, **options):
        options = {"certificate": self.good, "users": USERS, **options}
        server = SmtpServer(**options)
        self.addCleanup(server.close)
        return server

    def server_for(self, transport, **options):
        return self.server(implicit=transport == "curl tls", **options)

    def job(self, server, *letters, transport="esmtp", **changes):
        changes = {"ca_file": self.certificates.ca, "username": "relay", "password": PASSWORD, "host": server.host,
                   **TRANSPORTS[transport], **changes}
        return job(server.port, *letters, **changes)

    def send(self, server, *letters, timeout=15, **changes):
        result = send(self.job(server, *letters, **changes), timeout)
        self.check(result)
        return result

    def check(self, result):
        """Of every result: it ended well, and tells no secret."""
        self.assertEqual(result.code, 0, result.stderr)
        self.assertEqual(result.stderr, "")
        for secret in (PASSWORD, OTHER):
            for form in (secret, base64.b64encode(secret.encode()).decode().rstrip("=")):
                self.assertNotIn(form, result.text)

    def every(self, transports=tuple(TRANSPORTS)):
        for self.transport in transports:
            yield self.transport

    def shortDescription(self):
        return f"over {self.transport}"


class Good(MailCase):
    def test_a_mail_arrives_as_it_was(self):
        for transport in self.every():
            server = self.server_for(transport)
            result = self.send(server, transport=transport)
            self.assertEqual(result.session["outcome"], "sent")
            self.assertEqual(result.short(), [("sent", 250)])
            mail, = server.mails
            self.assertEqual((mail.sender, mail.recipients, mail.data, mail.user),
                             ("bounces@example.com", ["ops@example.com"], MESSAGE, "relay"))
            self.assertEqual(mail.tls, "TLSv1.2" if transport == "esmtp" else "TLSv1.3")
            self.assertEqual(mail.session.helo, "relay.example.com")
            self.assertEqual(server.violations, [])

    def test_a_batch_shares_one_session(self):
        for transport in self.every():
            server = self.server_for(transport)
            letters = [letter(f"to{number}@example.com") for number in range(20)]
            result = self.send(server, *letters, transport=transport)
            self.assertEqual([result.short(number) for number in range(20)], [[("sent", 250)]] * 20)
            self.assertEqual([mail.recipients for mail in server.mails],
                             [[f"to{number}@example.com"] for number in range(20)])
            self.assertEqual(len(server.sessions), 1)

    def test_the_largest_mail_arrives_whole(self):
        data = b"Subject: large\r\nFrom: a@example.com\r\nTo: b@example.com\r\nDate: x\r\nMessage-ID: <x@y>\r\n\r\n"
        data += b".23456789\r\n" * ((256 * 1024 - len(data)) // 11)
        for transport in self.every():
            for extensions in (("PIPELINING",), ("PIPELINING", "CHUNKING"), ()):
                server = self.server_for(transport, extensions=extensions)
                result = self.send(server, letter(data=data), letter(), transport=transport)
                self.assertEqual(result.short() + result.short(1), [("sent", 250)] * 2)
                self.assertEqual([mail.data for mail in server.mails], [data, MESSAGE])

    def test_servers_with_other_extensions(self):
        for transport in self.every():
            for options in ({"extensions": ("CHUNKING", "SIZE 1000000"), "enhanced": False},
                            {"extensions": (), "enhanced": False}, {"mechanisms": ("LOGIN",)},
                            {"mechanisms": ("SCRAM-SHA-256", "GSSAPI", "PLAIN")}):
                server = self.server_for(transport, **options)
                self.assertEqual(self.send(server, transport=transport).short(), [("sent", 250)], options)
                self.assertEqual(server.mails[0].user, "relay")

    def test_names_are_sent_and_checked(self):
        for transport in self.every():
            server = self.server_for(transport)
            result = self.send(server, transport=transport, host="localhost")
            self.assertEqual(result.short(), [("sent", 250)])
            self.assertEqual(server.mails[0].server_name, "localhost")

    def test_without_tls(self):
        server = self.server(certificate=None)
        result = self.send(server, security="none")
        self.assertEqual(result.short(), [("sent", 250)])
        self.assertIsNone(server.mails[0].tls)
        plain = self.server(certificate=None, users={})
        self.assertEqual(self.send(plain, security="none", username=None, password=None).short(), [("sent", 250)])

    def test_no_name_is_given_where_none_is_configured(self):
        for transport in self.every():
            server = self.server_for(transport, auth_required=False)
            self.assertEqual(self.send(server, transport=transport, username=None, password=None).short(),
                             [("sent", 250)])
            self.assertIsNone(server.mails[0].user)

    def test_ipv6(self):
        server = self.server(host="::1")
        self.assertEqual(self.send(server).short(), [("sent", 250)])

    def test_xoauth2(self):
        server = self.server(mechanisms=("PLAIN", "XOAUTH2"))
        result = self.send(server, auth="xoauth2")
        self.assertEqual(result.short(), [("sent", 250)])
        self.assertIn("C AUTH XOAUTH2", server.transcript())
        result = self.send(server, auth="xoauth2", password=OTHER)
        # The refusal is a challenge (334) with the reason inside.
        self.assertEqual(result.short(), [("blocked", 0)], server.transcript())

    def test_the_null_sender(self):
        for transport in self.every():
            server = self.server_for(transport)
            self.assertEqual(self.send(server, transport=transport, sender="").short(), [("sent", 250)])
            self.assertEqual(server.mails[0].sender, "")


class Recipients(MailCase):
    @staticmethod
    def picky(_session, argument):
        if "refused" in argument:
            return Reply("550 5.1.1 no such user")
        return Reply("451 4.7.1 greylisted") if "grey" in argument else None

    def test_each_has_an_outcome_of_its_own(self):
        for transport in self.every():
            for extensions in (("PIPELINING",), ("PIPELINING", "CHUNKING"), ()):
                server = self.server_for(transport, extensions=extensions)
                server.on("RCPT", self.picky)
                result = self.send(server, letter("refused@example.com", "good@example.com", "grey@example.com"),
                                   letter("refused@example.com"), letter("grey@example.com", "grey2@example.com"),
                                   letter("good@example.com"), transport=transport)
                self.assertEqual(result.short(0), [("rejected", 550), ("sent", 250), ("retry", 451)])
                self.assertEqual(result.short(1), [("rejected", 550)])
                self.assertEqual(result.short(2), [("retry", 451)] * 2)
                self.assertEqual(result.short(3), [("sent", 250)])
                self.assertEqual(result.session["outcome"], "sent")
                self.assertEqual([mail.recipients for mail in server.mails], [["good@example.com"]] * 2)
                self.assertFalse(any(fate["content"] for number in range(4) for fate in result.fates(number)))
                self.assertIn("no such user", result.fates(0)[0]["text"])

    def test_the_size_is_told_before_the_message(self):
        for transport in self.every():
            server = self.server_for(transport, size=100)
            result = self.send(server, transport=transport)
            self.assertEqual(result.short(), [("rejected", 552)])
            self.assertTrue(result.fates()[0]["content"])
            self.assertNotIn("C DATA", server.transcript())

    def test_who_is_told_to_authenticate_is_blocked(self):
        for transport in self.every():
            server = self.server_for(transport)
            result = self.send(server, transport=transport, username=None, password=None)
            self.assertEqual(result.short(), [("blocked", 530)])
            self.assertEqual(result.session["outcome"], "blocked")
            # It has a name, but nobody asks for it.
            server = self.server_for(transport, mechanisms=(), auth_required=False)
            server.on("RCPT", Reply("554 5.7.1 relay access denied"))
            self.assertEqual(self.send(server, transport=transport).short(), [("blocked", 554)])


class Untrusted(MailCase):
    def test_certificates(self):
        cases = {"expired": self.certificates.expired(), "another name": self.certificates.wrong_name()}
        for transport in self.every():
            for name, certificate in cases.items():
                server = self.server_for(transport, certificate=certificate)
                result = self.send(server, transport=transport)
                self.assertEqual(result.short(), [("blocked", 0)], name)
                self.assertRegex(result.session["text"], "expired" if name == "expired" else "match")
                self.assertNotIn("AUTH", server.transcript())

    def test_an_unknown_authority(self):
        for transport in self.every():
            result = self.send(self.server_for(transport), transport=transport, ca_file=None)
            self.assertEqual(result.short(), [("blocked", 0)])
            result = self.send(self.server_for(transport), transport=transport, ca_file="/nonexistent/ca.pem")
            self.assertEqual(result.short(), [("blocked", 0)])

    def test_no_starttls_no_password(self):
        for transport in self.every(("esmtp", "curl")):
            server = self.server(certificate=None)
            result = self.send(server, transport=transport)
            self.assertEqual(result.short(), [("blocked", 0)])
            self.assertIn("STARTTLS", result.session["text"])
            self.assertNotIn("AUTH ", re.sub("S .*|250.*", "", server.transcript()))

    def test_replies_forged_ahead_of_tls(self):
        forged = "220 go\n250-mail.example.com\n250 AUTH PLAIN\n235 ok\n250 ok\n250 ok\n354 go\n250 queued"
        for transport in self.every(("esmtp", "curl")):
            server = self.server()
            server.on("STARTTLS", Reply(forged))
            result = self.send(server, transport=transport)
            self.assertEqual(result.short(), [("retry", 0)])
            self.assertNotIn("AUTH PLAIN", re.sub("S .*|250.*", "", server.transcript()))
            self.assertEqual(server.mails, [])

    def test_versions_that_do_not_meet(self):
        server = self.server(tls="1.3")
        result = self.send(server)
        self.assertEqual(result.short(), [("blocked", 0)])
        self.assertIn("1.3", result.session["text"])
        self.assertEqual(self.send(server, transport="curl").short(), [("sent", 250)])
        for transport in self.every(("curl", "curl tls")):
            old = self.server_for(transport, tls="1.2")
            self.assertEqual(self.send(old, transport=transport, tls13=True).short(), [("blocked", 0)])

    def test_tls_from_the_start_where_there_is_none(self):
        result = self.send(self.server(), transport="curl tls")
        self.assertEqual(result.short(), [("blocked", 0)])


class Credentials(MailCase):
    def test_a_wrong_password_blocks_and_sends_nothing(self):
        for transport in self.every():
            server = self.server_for(transport, auth_required=False)
            result = self.send(server, transport=transport, password=OTHER)
            self.assertEqual(result.short(), [("blocked", 535)])
            self.assertEqual(result.session["outcome"], "blocked")
            self.assertEqual(server.mails, [])
            self.assertNotIn("MAIL FROM", server.transcript())

    def test_a_temporary_failure_is_tried_again(self):
        for transport in self.every():
            server = self.server_for(transport, auth_required=False)
            server.on("AUTH", Reply("454 4.7.0 temporary authentication failure"))
            self.assertEqual(self.send(server, transport=transport).short(), [("retry", 454)])
            self.assertEqual(server.mails, [])

    def test_another_mechanism_may_do(self):
        server = self.server()
        server.on("AUTH", lambda _session, mechanism: Reply("504 5.5.4 no") if mechanism == "PLAIN" else None)
        self.assertEqual(self.send(server).short(), [("sent", 250)])

    def test_a_reply_that_quotes_the_password_is_left_out(self):
        quoted = base64.b64encode(f"\0relay\0{PASSWORD}".encode()).decode()
        for transport in self.every():
            for said in (PASSWORD, quoted, base64.b64encode(PASSWORD.encode()).decode()):
                server = self.server_for(transport)
                server.on("AUTH", Reply("535 no: " + said))
                result = self.send(server, transport=transport)
                self.assertEqual(result.short(), [("blocked", 535)])
                self.assertNotIn(quoted, result.text)
                server = self.server_for(transport)
                server.on("RCPT", Reply("550 no: " + said))
                result = self.send(server, transport=transport)
                self.assertEqual(result.short(), [("rejected", 550)])
                self.assertNotIn(quoted, result.text)

    def test_nothing_of_it_can_be_seen_from_outside(self):
        for transport in self.every():
            server = self.server_for(transport)
            server.on("END", Stall())
            helper = MailHelper(self.job(server, transport=transport))
            try:
                until(lambda: "C DATA" in server.transcript(), what="the message")
                for name in ("environ", "cmdline"):
                    with open(f"/proc/{helper.process.pid}/{name}", "rb") as file:
                        text = file.read()
                    self.assertNotIn(PASSWORD.encode(), text)
                    self.assertNotIn(base64.b64encode(PASSWORD.encode()), text)
                with open(f"/proc/{helper.process.pid}/limits", encoding="ascii") as file:
                    self.assertRegex(file.read(), r"Max core file size +0 +0 ")
            finally:
                helper.kill()


class Misbehaving(MailCase):
    SESSION_VERBS = ("GREETING", "EHLO", "STARTTLS", "AUTH")
    LETTER_VERBS = ("MAIL", "RCPT", "DATA", "END")

    # Where nothing is to be heard the limits are what is waited for; where an answer is,
    # they must not end a session that only had no processor for a while.
    SHORT = {"timeout_ms": 1000, "session_ms": 5000}
    PATIENT = {"timeout_ms": 3000, "session_ms": 6000}

    def play(self, case):
        transport, verb, action, expected, options = case
        server = self.server_for(transport, **options)
        server.on(verb, action)
        try:
            limits = self.PATIENT if expected[1] else self.SHORT
            result = send(self.job(server, transport=transport, **limits))
            return case, result, server.transcript()
        except AssertionError as error:
            return case, error, server.transcript()

    def play_all(self, cases):
        """Most of it is waiting, so several at a time.  Returns [(case, result)] of
        those that came to what was expected."""
        good = []
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            played = list(pool.map(self.play, cases))
        for case, result, transcript in played:
            transport, verb, action, expected, options = case
            with self.subTest(transport=transport, verb=verb, action=vars(action) or action, options=options):
                if isinstance(result, AssertionError):
                    raise result
                self.check(result)
                self.assertEqual(result.short(), [expected], result.text + "\n" + transcript)
                self.assertLess(result.elapsed, 9 * SLOWER, transcript)
                good.append((case, result))
        return good

    def cases(self, verbs, action, expected, **options):
        for transport in TRANSPORTS:
            for verb in verbs:
                if not (verb == "STARTTLS" and transport == "curl tls"):
                    yield transport, verb, action, expected, options

    def test_silence(self):
        cases = list(self.cases((*self.SESSION_VERBS, "HANDSHAKE", *self.LETTER_VERBS, "BODY"), Stall(), ("retry", 0)))
        # libcurl has no BDAT.
        cases += [("esmtp", verb, Stall(), ("retry", 0), {"extensions": ("CHUNKING",)}) for verb in ("BDAT", "END")]
        for (_transport, verb, *_), result in self.play_all(cases):
            self.assertEqual(result.fates()[0]["unheard"], verb in ("END", "BODY"), verb)

    def test_hanging_up(self):
        cases = list(self.cases((*self.SESSION_VERBS, "HANDSHAKE", *self.LETTER_VERBS, "BODY"), Drop(), ("retry", 0)))
        for (_transport, verb, *_), result in self.play_all(cases):
            if verb not in ("BODY",):  # may or may not have been written by then
                self.assertEqual(result.fates()[0]["unheard"], verb == "END", verb)

    def test_dripping(self):
        cases = list(self.cases((*self.SESSION_VERBS, *self.LETTER_VERBS), Drip(0.3, DRIPPED), ("retry", 0)))
        self.play_all(cases)

    def test_temporary_refusals(self):
        verbs = (*self.SESSION_VERBS, *self.LETTER_VERBS)
        cases = list(self.cases(verbs, Reply("450 4.2.1 not now"), ("retry", 450)))
        cases += self.cases(verbs, Reply("421 4.3.2 closing", "drop"), ("retry", 421))
        self.play_all(cases)

    def test_lasting_refusals(self):
        cases = list(self.cases(self.SESSION_VERBS, Reply("554 5.3.2 go away"), ("blocked", 554)))
        cases += self.cases(self.LETTER_VERBS, Reply("554 5.6.0 go away"), ("rejected", 554))
        cases += self.cases(self.LETTER_VERBS, Reply("530 5.7.0 authenticate"), ("blocked", 530))
        for (_transport, verb, _action, expected, _), result in self.play_all(cases):
            self.assertEqual(result.fates()[0]["content"], expected[0] == "rejected" and verb in ("DATA", "END"), verb)

    def test_nonsense(self):
        verbs = (*self.SESSION_VERBS, *self.LETTER_VERBS)
        cases = list(self.cases(verbs, Reply("hello there", "drop"), ("retry", 0)))
        cases += self.cases(verbs, Reply("x" * 5000, "drop"), ("retry", 0))
        cases += self.cases(verbs, Reply("250-" + "y" * 300 + "\n250-x", "drop"), ("retry", 0))
        self.play_all(cases)

    def test_success_that_was_not_asked_for(self):
        """A good code in the wrong place is no success."""
        cases = list(self.cases(("DATA",), Reply("250 queued", "stall"), ("retry", 0)))
        cases += self.cases(("DATA",), Reply("250 queued\n250 queued", "stall"), ("retry", 0))
        cases += self.cases(("RCPT", "MAIL"), Reply("354 go on", "stall"), ("retry", 354))
        self.play_all(cases)

    def test_after_the_mail_nothing_matters(self):
        cases = []
        for action in (Stall(), Drop(), Reply("421 bye", "drop"), Reply("500 what"), Drip(0.3, DRIPPED)):
            cases += self.cases(("QUIT",), action, ("sent", 250))
            cases += list(self.cases(("QUIT",), action, ("sent", 250), extensions=("CHUNKING",)))[:1]
        for _, result in self.play_all(cases):
            self.assertEqual(result.session["outcome"], "sent")

    def test_nobody_listens(self):
        for transport in self.every():
            server = self.server_for(transport)
            server.close()
            result = self.send(server, transport=transport)
            self.assertEqual(result.short(), [("retry", 0)])
            self.assertRegex(result.session["text"], "(?i)refused|connect")
            result = self.send(server, transport=transport, host="no-such-host.invalid")
            self.assertEqual(result.short(), [("retry", 0)])

    def test_what_was_sent_before_the_end_is_known(self):
        """A session that ends in the middle of a batch, by the server or by our
        own limit, tells what went out."""
        for transport in self.every():
            for action in (Drop(), Stall()):
                server = self.server_for(transport)
                server.on("RCPT", None, None, action)
                result = self.send(server, *[letter(f"to{number}@example.com") for number in range(5)],
                                   transport=transport, session_ms=3000)
                self.assertEqual([result.short(number)[0] for number in range(5)],
                                 [("sent", 250)] * 2 + [("retry", 0)] * 3, server.transcript())
                self.assertEqual(len(server.mails), 2)


class Shut(MailCase):
    def test_jobs_that_are_none(self):
        for text in (b"", b"{", b'{"password": "' + OTHER.encode() + b'"}'):
            result = send(text)
            self.assertEqual((result.code, result.document), (1, None))
            self.assertIn("mail job", result.stderr)
            self.assertNotIn(OTHER, result.stderr)

    def test_smuggled_commands(self):
        server = self.server()
        for changes in ({"host": "127.0.0.1\r\nQUIT"}, {"hello": "a\r\nMAIL FROM:<x@y>"},
                        {"sender": "a@example.com>\r\nRCPT TO:<evil@example.com"}):
            result = send(self.job(server, **changes))
            self.assertEqual(result.code, 1)
        result = send(self.job(server, letter("a@example.com>\r\nRCPT TO:<evil@example.com")))
        self.assertEqual(result.code, 1)
        result = send(self.job(server, letter(data=b"x\n.\nMAIL FROM:<evil@example.com>\r\n")))
        self.assertEqual(result.code, 1)
        self.assertEqual(server.sessions, [])


if __name__ == "__main__":
    unittest.main()
