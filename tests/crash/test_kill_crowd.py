"""kill -9 while a crowd is let in: events that share a row are no less durable than others."""

import http.client
import json
import os
import random
import socket
import sqlite3
import time
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.wait import until

ROUNDS = 5
CONNECTIONS = 64


class Crowd:
    """Many connections that ask at the same moment."""

    def __init__(self, case, number):
        host, port = case.relay.ingest.rsplit(":", 1)
        self.sockets = [socket.create_connection((host, int(port)), 10) for _ in range(CONNECTIONS)]
        self.sender = case.terraform
        self.number = number
        self.acknowledged = set()

    def request(self, burst, index):
        body = hcp.encode(hcp.run_event(f"crowd{index}-prod", "planning",
                                        run_id=f"run-{self.number}x{burst}x{index}".ljust(20, "0")))
        head = (f"POST /hooks/{self.sender.source} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                f"{hcp.HEADERS[self.sender.kind]}: {hcp.sign(body, self.sender.key)}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n")
        return head.encode() + body

    def send(self, burst):
        requests = [self.request(burst, index) for index in range(CONNECTIONS)]
        for connection, request in zip(self.sockets, requests):
            connection.sendall(request)

    def take(self):
        for connection in self.sockets:
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            if answer.status != 200:
                raise AssertionError(f"{answer.status} {answer.read()!r}")
            self.acknowledged.add(json.loads(answer.read())["event"])

    def close(self):
        for connection in self.sockets:
            connection.close()


class KillCrowd(RelayCase):
    def setUp(self):
        super().setUp()
        seed = int(os.environ.get("DRIFTBELL_SEED", time.time_ns() % 1000000))
        print(f"DRIFTBELL_SEED={seed}", flush=True)
        self.random = random.Random(seed)
        self.acknowledged = set()
        self.shared = 0

    def ask(self, query):
        store = sqlite3.connect(os.path.join(self.directory, "driftbell.db"))
        try:
            return store.execute(query).fetchall()
        finally:
            store.close()

    def round(self, number):
        crowd = Crowd(self, number)
        for burst in range(self.random.randint(1, 6)):
            crowd.send(burst)
            crowd.take()
        crowd.send("last")  # killed with these under way, and what was just answered in shared rows
        self.relay.kill()
        crowd.close()
        self.acknowledged |= crowd.acknowledged
        self.shared += self.ask("SELECT count(*) FROM arrivals")[0][0]
        self.relay.start()

    def test_what_was_acknowledged_is_never_lost(self):
        self.start()
        number = 0
        while number < ROUNDS or (self.shared == 0 and number < 10 * ROUNDS):
            self.round(number)
            number += 1
        self.assertGreater(self.shared, 0, "no kill found a shared row")
        self.settled(60)
        until(lambda: self.relay.get("/api/v1/status").json["events"]["pending"] == 0, 60, self.relay.tail)
        states = dict(self.ask("SELECT id, state FROM events"))
        self.assertEqual([event for event in self.acknowledged if states.get(event) != "processed"], [])
        self.assertEqual(self.ask("SELECT count(*) FROM arrivals")[0][0], 0)
        print(f"{len(self.acknowledged)} acknowledged over {number} kills, {self.shared} shared rows found")


if __name__ == "__main__":
    unittest.main()
