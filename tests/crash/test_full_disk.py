"""A full disk: 503 while it lasts, nothing acknowledged is lost, no hand needed after."""

import os
import subprocess
import time
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.relay import logfmt
from harness.wait import until

SIZE = 64 << 20


class FullDisk(RelayCase):
    def setUp(self):
        super().setUp()
        self.disk = os.path.join(self.directory, "disk")
        os.mkdir(self.disk)
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", self.disk],
                               capture_output=True, text=True, check=False)
        if mount.returncode != 0:
            reason = f"cannot mount a small tmpfs here: {mount.stderr.strip()}"
            print(reason, flush=True)
            self.skipTest(reason)
        # Cleanups run last in, first out: the relay is stopped before this.
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=True)
        self.addCleanup(self.relay.close)
        self.filler = os.path.join(self.disk, "filler")
        self.acknowledged = []
        self.serial = 0
        self.start(store={"url": f"sqlite:{self.disk}/driftbell.db"})

    def fill(self):
        """Take all the room there is, to the last byte."""
        with open(self.filler, "ab", buffering=0) as file:
            size = 1 << 20
            while size:
                try:
                    if file.write(b"\0" * size) < size:
                        size //= 2
                except OSError:
                    size //= 2

    def post(self):
        self.serial += 1
        bucket = f"disk-{self.serial}-images"
        payload = hcp.complete(bucket, "v1", payload={"padding": "x" * 20000})
        answer = self.packer.post(payload)
        if answer.status == 200:
            self.acknowledged.append((answer.json["event"], bucket))
        else:
            self.assertEqual(answer.status, 503, answer)
            self.assertTrue(answer.headers["Retry-After"], "503 without Retry-After")
        return answer.status

    def until_refused(self):
        """What the store holds in reserve may still take some."""
        for _ in range(3000):
            if self.post() == 503:
                return
            self.fill()
        self.fail("never refused, though the disk is full")

    def all_there_and_told(self):
        until(lambda: {bucket for _, bucket in self.acknowledged}
              <= {item["image"]["bucket"] for item in self.receiver.about("image.released")}, 60,
              lambda: "every message\n" + self.relay.tail())
        states = {item["id"]: item["state"] for item in self.relay.items("events", limit=500)}
        self.assertEqual([event for event, _ in self.acknowledged if states.get(event) != "processed"], [])

    def test_it_refuses_while_full_and_recovers_by_itself(self):
        for _ in range(10):
            self.assertEqual(self.post(), 200)
        self.fill()
        self.until_refused()
        until(lambda: self.relay.get("/readyz").status == 503, what="not ready")
        self.assertEqual(self.relay.get("/healthz").status, 200)
        for _ in range(20):
            self.post()
        os.unlink(self.filler)
        until(lambda: self.post() == 200, 30, lambda: "to be taken again\n" + self.relay.tail())
        until(lambda: self.relay.get("/readyz").status == 200, 30, "ready again")
        self.all_there_and_told()

    def test_it_is_logged_once_and_not_at_each_attempt(self):
        ends = {"events are not stored": "events are stored again",
                "cannot claim deliveries": "deliveries can be claimed again",
                "cannot claim readings": "readings can be claimed again",
                "cannot look at what is due": "what is due can be looked at again"}
        self.fill()
        self.until_refused()
        begun = time.monotonic()
        until(lambda: self.post() == 503 and time.monotonic() > begun + 4, 30, "attempts, one a second")
        os.unlink(self.filler)
        until(lambda: self.relay.get("/readyz").status == 200, 30, "ready again")
        lines = [logfmt(line) for line in list(self.relay.lines)]
        for begin, end in ends.items():
            said = None
            for line in lines:
                if line.get("msg") == begin:
                    self.assertNotEqual(line["reason"], said, f"{begin}, twice")
                    said = line["reason"]
                elif line.get("msg") == end:
                    self.assertIsNotNone(said, end)
                    said = None
        self.assertTrue(any(line.get("msg") in ends for line in lines), self.relay.tail())

    def test_killed_while_full_nothing_acknowledged_is_lost(self):
        for _ in range(5):
            self.post()
        self.fill()
        self.until_refused()
        self.relay.kill()
        os.unlink(self.filler)
        self.relay.start()
        self.assertEqual(self.post(), 200)
        self.all_there_and_told()

    allow_duplicates = True  # the kill may fall between sent and noted


if __name__ == "__main__":
    unittest.main()
