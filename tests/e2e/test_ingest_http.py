"""The ingest as a hostile or clumsy client meets it: limits, framing, deadlines."""

import http.client
import json
import re
import select
import socket
import time
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.wait import SLOWER

MEGA = 1 << 20


class Wire(RelayCase):
    """A raw connection to the ingest."""

    def connect(self, address=None):
        host, port = (address or self.relay.ingest).rsplit(":", 1)
        wire = socket.create_connection((host, int(port)), timeout=20 * SLOWER)
        self.addCleanup(wire.close)
        return wire

    @staticmethod
    def read(wire):
        """All until the other side closes; a reset counts as a close."""
        data = b""
        try:
            while piece := wire.recv(65536):
                data += piece
        except ConnectionError:
            pass
        return data

    def talk(self, data):
        """Send everything, then (status of the first answer or 0 for a bare close)."""
        wire = self.connect()
        try:
            wire.sendall(data)
            wire.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it may answer and close before it has read all
        return self.status(self.read(wire))

    @staticmethod
    def status(data):
        return int(data.split(b" ", 2)[1]) if data.startswith(b"HTTP/1.") else 0

    def signed(self, body, *more):
        lines = ["POST /hooks/acme-packer HTTP/1.1", "Host: relay.example.com",
                 f"{hcp.HEADERS['packer']}: {hcp.sign(body, self.packer.key)}", "Connection: close", *more]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"


class Limits(Wire):
    def setUp(self):
        super().setUp()
        self.start()

    def test_a_body_of_the_limit_is_taken_and_one_byte_more_is_413(self):
        body = hcp.encode(hcp.complete("retail-checkout-images", "v1"))
        self.assertEqual(self.packer.post(body.ljust(MEGA)).status, 200)
        self.assertEqual(self.packer.post(body.ljust(MEGA + 1)).status, 413)

    def test_too_large_comes_before_the_signature_and_after_source_and_method(self):
        body = b" " * (MEGA + 1)
        self.assertEqual(self.packer.post(body, signature=False).status, 413)
        for line, status in (("POST /hooks/nobody", 404), ("POST /", 404), ("PUT /hooks/acme-packer", 405),
                             ("GET /hooks/acme-packer", 405), ("POST /hooks/acme-packer%00", 404), ("POST /hooks/acme-packer?x=1", 413)):
            head = f"{line} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            self.assertEqual(self.talk(head + body), status, line)

    def refused(self):
        return int(re.search(rb'answer="other"} (\d+)', self.relay.get("/metrics").body)[1])

    def test_what_the_listener_refuses_is_json_and_counted(self):
        before = self.refused()
        for head, status in (("Content-Length: 20000000", 413), ("Content-Length: 20000000\r\nExpect: 100-continue", 413),
                             ("Content-Length: 2\r\nExpect: luck", 417), ("no colon", 400), ("X: " + "a" * 100000, 400)):
            for address, path in ((self.relay.ingest, "/hooks/acme-packer"), (self.relay.admin, "/api/v1/silences")):
                wire = self.connect(address)
                wire.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
                data = self.read(wire)
                self.assertEqual(self.status(data), status, data)
                self.assertIn(b"\r\nConnection: close\r\n", data)
                self.assertIn("error", json.loads(data.split(b"\r\n\r\n", 1)[1]))
        self.assertEqual(self.refused(), before + 5)

    def test_a_client_that_sends_all_of_it_first_still_reads_the_answer(self):
        head = self.signed(b"", f"Content-Length: {20 * MEGA}")
        self.assertEqual(self.talk(head + b" " * (20 * MEGA)), 413)

    def test_a_chunked_body_too_large_is_refused(self):
        head = self.signed(b"", "Transfer-Encoding: chunked")
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        self.assertIn(self.talk(head + chunk * 20 + b"0\r\n\r\n"), (413, 400, 0))

    def test_headers_too_large_are_refused(self):
        head = self.signed(b"{}", "Content-Length: 2", *(f"X-{number}: {'a' * 1000}" for number in range(100)))
        self.assertIn(self.talk(head + b"{}"), (431, 400))
        head = self.signed(b"{}", "Content-Length: 2", "X-Long: " + "a" * 100000)
        self.assertIn(self.talk(head + b"{}"), (431, 400))

    def test_a_chunked_body_is_taken(self):
        body = hcp.encode(hcp.complete("retail-checkout-images", "v1"))
        half = len(body) // 2
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:half], body[half:]))
        self.assertEqual(self.talk(self.signed(body, "Transfer-Encoding: chunked") + chunks + b"0\r\n\r\n"), 200)

    def test_ambiguous_framing_is_refused(self):
        for more in (("Content-Length: 2", "Content-Length: 3"), ("Content-Length: 2", "Transfer-Encoding: chunked"),
                     ("Content-Length: -1",), ("Content-Length: 2x",)):
            self.assertIn(self.talk(self.signed(b"{}", *more) + b"{}"), (400, 411, 413, 501, 0), more)

    def test_noise_does_no_harm(self):
        for noise in (b"\x00" * 5000, b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"POST /hooks/acme-packer\r\n\r\n",
                      b"POST " + b"/%00%ff" * 2000 + b" HTTP/1.1\r\n\r\n", b"POST /hooks/%2e%2e HTTP/1.1\r\nHost: x\r\n"
                      b"Content-Length: 0\r\n\r\n"):
            self.talk(noise)
        self.assertEqual(self.packer.post(hcp.packer_test()).status, 200)

    def test_a_client_that_leaves_early_does_no_harm(self):
        body = hcp.encode(hcp.complete("retail-checkout-images", "v1"))
        for cut in (1, 60, len(body) + 50, 10 ** 6):
            wire = self.connect()
            wire.sendall((self.signed(body, f"Content-Length: {len(body)}") + body)[:cut])
            wire.close()
        self.assertEqual(self.packer.post(hcp.packer_test()).status, 200)


class Deadlines(Wire):
    def setUp(self):
        super().setUp()
        self.start(limits={"request": "1s", "idle": "1s"})

    def drip(self, data):
        """A byte every 50 ms, until it answers or closes; (status or 0, seconds)."""
        wire = self.connect()
        begin = time.monotonic()
        for position in range(len(data)):
            readable, _, _ = select.select([wire], [], [], 0.05)
            if readable:
                break
            try:
                wire.sendall(data[position:position + 1])
            except OSError:
                break
        else:
            self.fail("all of it was taken")
        return self.status(self.read(wire)), time.monotonic() - begin

    def test_headers_that_drip_are_cut_off_in_time(self):
        status, seconds = self.drip(self.signed(b"{}", "X-Long: " + "a" * 300))
        self.assertIn(status, (0, 408))
        self.assertLess(seconds, 3 * SLOWER)

    def test_a_body_that_drips_is_cut_off_in_time(self):
        body = b"{}".ljust(500)
        wire = self.connect()
        wire.sendall(self.signed(body, f"Content-Length: {len(body)}") + body[:100])
        begin = time.monotonic()
        sent = 100
        while not select.select([wire], [], [], 0.05)[0]:
            wire.sendall(body[sent:sent + 1])
            sent += 1
            self.assertLess(sent, len(body), "all of it was taken")
        self.assertIn(self.status(self.read(wire)), (0, 408))
        self.assertLess(time.monotonic() - begin, 3 * SLOWER)

    def test_a_silent_connection_is_closed(self):
        wire = self.connect()
        begin = time.monotonic()
        self.assertIn(self.status(self.read(wire)), (0, 408))
        self.assertLess(time.monotonic() - begin, 4 * SLOWER)

    def test_a_body_announced_too_large_is_refused_before_it_comes(self):
        for more in ((), ("Expect: 100-continue",)):
            wire = self.connect()
            wire.sendall(self.signed(b"", "Content-Length: 999999999999", *more))
            self.assertEqual(self.status(self.read(wire)), 413)

    def test_what_drips_to_an_unknown_source_is_told_so(self):
        wire = self.connect()
        wire.sendall(b"POST /hooks/nobody HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
        self.assertEqual(self.status(self.read(wire)), 404)

    def test_others_are_served_while_some_drip(self):
        for _ in range(50):
            self.connect().sendall(b"POST /hooks/acme-packer HTTP/1.1\r\n")
        self.assertEqual(self.packer.post(hcp.packer_test()).status, 200)


class Connections(Wire):
    def test_over_the_cap_the_newest_is_closed_and_room_comes_back(self):
        self.start(limits={"connections": 8})
        held = []
        for _ in range(8):
            connection = http.client.HTTPConnection(self.relay.ingest, timeout=20)
            connection.request("POST", "/hooks/nobody", b"{}")
            self.assertEqual(connection.getresponse().read() is not None, True)
            held.append(connection)
        self.assertEqual(self.status(self.read(self.connect())), 0)
        for connection in held:
            connection.close()
        from harness.wait import until

        def served():
            try:
                return self.packer.post(hcp.packer_test()).status == 200
            except (OSError, http.client.HTTPException):
                return False
        until(served, what="a free place")


if __name__ == "__main__":
    unittest.main()
