"""kill -9 at every step of a mail session and at random moments: everybody on
every list gets every mail, and the same one twice only across a kill."""

import email
import email.policy
import os
import random
import re
import threading
import time
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.smtp import SmtpServer
from harness.wait import SLOWER, until

LISTS = {"all": ["one@example.com", "two@example.com", "three@example.com"],
         "security": ["audit@example.com", "two@example.com"]}
STEPS = ("GREETING", "EHLO", "MAIL", "RCPT", "DATA", "BODY", "END", "QUIT")
# How many mails the server has then; of one that was on its way it may have all.
HAS_MAIL = {"BODY": (0, 1), "END": (1,), "QUIT": (1,)}
ROUNDS = 4


class KillMail(RelayCase):
    allow_duplicates = True

    def setUp(self):
        super().setUp()
        seed = int(os.environ.get("DRIFTBELL_SEED", time.time_ns() % 1000000))
        print(f"DRIFTBELL_SEED={seed}", flush=True)
        self.random = random.Random(seed)
        self.starts = []  # of the relay: when each of its lives began
        self.copies = {}  # (recipients, Message-ID) -> [(life, bytes)]
        self.letters = {}  # recipients -> {Message-ID: what it says}
        self.server = self.stand_in(SmtpServer(on_mail=self.on_mail))
        for name, to in LISTS.items():
            self.config["sinks"].append({"name": name, "email": {
                "server": f"127.0.0.1:{self.server.port}", "security": "none",
                "from": "Driftbell <driftbell@example.com>", "to": to}})
        self.config["routes"][0]["to"] = list(LISTS)

    def on_mail(self, mail):
        message = email.message_from_bytes(mail.data, policy=email.policy.default)
        with self.server.lock:
            key = (tuple(mail.recipients), message["Message-ID"])
            # What a dead helper had handed over may be read a while later.
            life = sum(begun < mail.session.began for begun in self.starts)
            self.copies.setdefault(key, []).append((life, mail.data))
            said = message["Subject"] + message.get_body(("plain",)).get_content()
            self.letters.setdefault(tuple(mail.recipients), {})[message["Message-ID"]] = said

    def run_relay(self):
        self.starts.append(time.monotonic())
        self.relay.start()

    def missing(self, buckets):
        """(list, bucket) of every mail that has not come."""
        with self.server.lock:
            return [(name, bucket) for name, to in LISTS.items() for bucket in buckets
                    if not self.letters_about(to, bucket)]

    def letters_about(self, to, bucket):
        """A mail of its own, or a digest of what a stop had left due."""
        return [name for name, said in self.letters.get(tuple(to), {}).items() if re.search(rf"\b{bucket}\b", said)]

    def all_told(self, buckets, timeout=40):
        until(lambda: not self.missing(buckets), timeout, lambda: f"mails {self.missing(buckets)}\n"
              f"{self.server.transcript()[-3000:]}\n{self.relay.tail()}")
        self.settled(timeout)

    def nobody_twice_in_one_life(self):
        repeats = 0
        for (to, name), copies in self.copies.items():
            lives = [life for life, _ in copies]
            self.assertEqual(len(lives), len(set(lives)), f"{name} to {to} twice with no kill between")
            self.assertEqual(len({data for _, data in copies}), 1, f"{name} is not the same mail again")
            repeats += len(lives) - 1
        return repeats

    def kill_at(self, step, bucket):
        """The relay is dead before the server says another word."""
        process, dead, killed = self.relay.process, threading.Event(), []

        def kill(session, _argument):
            process.kill()
            process.wait()
            killed.append(session)
            dead.set()

        self.server.once(step, kill)
        self.send(hcp.complete(bucket, "v1"))
        self.assertTrue(dead.wait(20 * SLOWER), f"{step} was never reached\n{self.relay.tail()}")
        self.relay.wait()
        # Its helper died with it: it says nothing more.
        until(lambda: any(line.startswith("!") for line in killed[0].transcript), 10, "the session to end")
        mails = [mail for mail in self.server.mails if mail.session is killed[0]]
        self.assertIn(len(mails), HAS_MAIL.get(step, (0,)), f"{step}\n{self.server.transcript()}")

    def test_at_every_step_of_a_session(self):
        self.relay.configure(self.config)
        self.run_relay()
        for number, step in enumerate(STEPS):
            bucket = f"step{number}-mail-images"
            with self.subTest(step):
                self.kill_at(step, bucket)
                self.run_relay()
                self.all_told([bucket])
        self.assertLessEqual(self.nobody_twice_in_one_life(), len(STEPS) * len(LISTS))
        for copies in self.copies.values():
            lives = [life for life, _ in copies]
            self.assertLessEqual(lives[-1] - lives[0], 1, "what was settled came again")

    def test_at_random_moments_under_load(self):
        self.relay.configure(self.config)
        self.run_relay()
        buckets = []
        for number in range(ROUNDS):
            wave = [f"wave{number}-{serial}-images" for serial in range(10)]
            self.send(*(hcp.complete(bucket, "v1") for bucket in wave))
            buckets += wave
            time.sleep(self.random.uniform(0, 0.4) * SLOWER)  # the moment is the test
            self.relay.kill()
            self.run_relay()
        self.all_told(buckets, 90)
        print(f"{self.nobody_twice_in_one_life()} repeats of {len(self.copies)} mails over {ROUNDS} kills", flush=True)
        for to in LISTS.values():
            for bucket in buckets:
                self.assertEqual(len(self.letters_about(to, bucket)), 1, f"{bucket} is told once, repeats apart")


if __name__ == "__main__":
    unittest.main()
