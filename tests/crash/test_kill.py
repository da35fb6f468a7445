"""kill -9 at random moments under load: what was acknowledged is never lost,
what was owed arrives, and a repeat is only ever a webhook-id seen before."""

import http.client
import os
import random
import threading
import time
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.wait import SLOWER, until

ROUNDS = 6
SENDERS = 4
# Sends one webhook destination may have out at once; each kill may repeat that many.
IN_FLIGHT = 4


class Load:
    """Posts unique events from several threads until told to stop."""

    def __init__(self, case, number):
        self.case = case
        self.number = number
        self.acknowledged = {}  # event id -> what must be told: (bucket or workspace)
        self.unanswered = []    # (sender, payload, name): no answer came
        self.failures = []
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.work, args=(index,)) for index in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def payloads(self, index):
        serial = 0
        while not self.stopping.is_set():
            serial += 1
            name = f"kill{self.number}-{index}-{serial}"
            if serial % 3:
                yield self.case.packer, hcp.complete(f"{name}-images", "v1"), f"{name}-images"
            else:
                yield self.case.terraform, hcp.run_event(f"{name}-prod", "errored"), f"{name}-prod"

    def work(self, index):
        for sender, payload, name in self.payloads(index):
            try:
                answer = sender.post(payload, timeout=10)
            except (OSError, http.client.HTTPException):
                with self.lock:
                    self.unanswered.append((sender, payload, name))
                return
            with self.lock:
                if answer.status == 200:
                    self.acknowledged[answer.json["event"]] = name
                else:
                    self.failures.append(answer)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


class Kill(RelayCase):
    allow_duplicates = True

    def setUp(self):
        super().setUp()
        seed = int(os.environ.get("DRIFTBELL_SEED", time.time_ns() % 1000000))
        print(f"DRIFTBELL_SEED={seed}", flush=True)
        self.random = random.Random(seed)
        self.acknowledged = {}

    def round(self, number):
        load = Load(self, number)
        time.sleep(self.random.uniform(0.05, 1.5) * SLOWER)  # the moment is the test
        self.relay.kill()
        load.stop()
        self.assertEqual(load.failures, [])
        self.acknowledged |= load.acknowledged
        self.relay.start()
        for sender, payload, name in load.unanswered:  # as a sender that retries would
            answer = sender.post(payload)
            self.assertIn(answer.json["status"], ("accepted", "duplicate"))
            self.acknowledged[answer.json["event"]] = name

    def names_told(self):
        with self.receiver.lock:
            return {(item["image"] or {}).get("bucket") if item["incident"]["kind"] == "image.released"
                    else item["workspaces"][0]["name"] for item in self.receiver.documents}

    def test_what_was_acknowledged_is_never_lost(self):
        self.start()
        for number in range(ROUNDS):
            self.round(number)
        names = set(self.acknowledged.values())
        print(f"{len(self.acknowledged)} acknowledged over {ROUNDS} kills", flush=True)
        self.assertGreater(len(names), 20)
        until(lambda: names <= self.names_told(), 60,
              lambda: f"{len(names - self.names_told())} of {len(names)} messages\n{self.relay.tail()}")
        states = {item["id"]: item["state"] for item in self.relay.items("events", limit=500)}
        self.assertEqual([event for event in self.acknowledged if states.get(event) != "processed"], [])
        self.settled()
        print(f"{len(self.receiver.repeats)} repeats", flush=True)
        self.assertLessEqual(len(self.receiver.repeats), IN_FLIGHT * ROUNDS)
        self.assertEqual(len(self.receiver.documents), len(names), "one message for each, repeats apart")

    def test_killed_while_starting_it_starts_again(self):
        self.start()
        self.send(*(hcp.complete(f"start-{number}-images", "v1") for number in range(20)))
        self.relay.kill()
        for _ in range(5):
            self.relay.spawn()
            time.sleep(self.random.uniform(0, 0.05))  # the moment is the test
            self.relay.kill()
        self.relay.start()
        until(lambda: len(self.receiver.about("image.released")) == 20, 20, "twenty messages")


if __name__ == "__main__":
    unittest.main()
