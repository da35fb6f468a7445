"""The reading helper against hosts that misbehave: the right outcome, in time, within
its memory, and no secret in what it says."""

import gzip
import os
import re
import shutil
import ssl
import tempfile
import threading
import unittest

import support  # noqa: F401
from harness.certificates import Certificates
from harness.hcp_api import Blob, HcpTerraform
from harness.read_helper import ReadHelper, job, read
from harness.server import Fault
from harness.terraform import large_plan, plan_text

BEARER = "a-bearer-of-a-run-task"
MEMORY = 64 << 20


def built_with_a_sanitizer():
    return "ASAN_OPTIONS" in os.environ and "/asan/" in os.environ.get("DRIFTBELL", "") or "/tsan/" in os.environ.get(
        "DRIFTBELL", "")


class Read(unittest.TestCase):
    def setUp(self):
        self.blob = Blob()
        self.addCleanup(self.blob.close)
        self.api = HcpTerraform(self.blob, BEARER)
        self.addCleanup(self.api.close)
        self.url = f"{self.api.base}/api/v2/plans/plan-1/json-output"

    def tearDown(self):
        self.assertEqual(self.api.violations + self.blob.violations, [])

    def read(self, *before, url=None, timeout=90, **changes):
        self.api.before = list(before)
        result = read(job(url or self.url, **changes), timeout)
        self.assertEqual(result.code, 0, result.stderr)
        self.assertNotIn("Sanitizer", result.stderr)
        for secret in (BEARER, *self.blob.secrets, "/archive/"):
            self.assertNotIn(secret, result.text + result.stderr)
        return result.document

    def end(self, *before, **changes):
        return self.read(*before, **changes)["end"]

    def test_a_plan(self):
        found = self.read()
        self.assertEqual((found["end"], found["status"], found["bytes"]), ("read", 200, len(plan_text())))
        self.assertEqual(found["reading"]["format"], "plan")

    def test_each_status_is_an_outcome(self):
        for status, end in ((204, "unfinished"), (401, "unauthorized"), (403, "forbidden"), (404, "missing"),
                            (422, "unsupported"), (429, "limited"), (500, "failed"), (503, "failed"), (418, "unexpected"),
                            (304, "unexpected")):
            with self.subTest(status):
                self.assertEqual(self.end(Fault(status)), end)

    def test_how_long_to_wait(self):
        for headers, wait in (({"Retry-After": "7"}, 7000), ({"X-RateLimit-Reset": "2.5"}, 2500),
                              ({"Retry-After": "0"}, 1000), ({"Retry-After": "99999999"}, 3600000),
                              ({"Retry-After": "soon"}, 0), ({}, 0)):
            with self.subTest(headers):
                self.assertEqual(self.read(Fault(429, headers=headers))["retry_after_ms"], wait)

    def test_the_bearer_goes_only_where_it_may(self):
        self.assertEqual(self.end(url=self.url.replace("127.0.0.1", "localhost")), "refused")
        self.assertEqual(self.end(allow_private=False), "refused")
        self.assertEqual(self.end(hosts=[]), "refused")
        # Whatever is allowed: a cloud's metadata.
        self.assertEqual(self.end(hosts=["169.254.169.254"], url="http://169.254.169.254/latest/"), "refused")
        self.assertEqual(self.api.count(), 0)
        self.assertEqual(self.end(hosts=["127.0.0.1", "LOCALHOST"], url=self.url.replace("127.0.0.1", "localhost")), "read")

    def test_without_a_bearer_any_host_will_do(self):
        url = self.blob.publish(plan_text(), "localhost")
        self.assertEqual(self.end(url=url, bearer=None, hosts=[]), "read")

    def test_a_redirect_to_what_is_no_url(self):
        for location in ("file:///etc/passwd", "gopher://127.0.0.1/", "http://user:password@127.0.0.1/x", "http://[::1",
                         "http://127.0.0.1:0x50/"):
            with self.subTest(location):
                self.assertIn(self.end(lambda api, to=location: (307, {"Location": to}, "")), ("refused", "unexpected"))

    def test_a_loop_ends(self):
        # Without the bearer it is refused there.
        self.assertEqual(self.end(lambda api: (302, {"Location": self.url}, "")), "failed")
        self.assertEqual(self.api.count(), 2)

    def test_too_large_straight_and_unpacked(self):
        self.api.plan = plan_text()
        self.assertEqual(self.end(max_bytes=len(self.api.plan)), "read")
        self.assertEqual(self.end(max_bytes=len(self.api.plan) - 1), "too-large")
        bomb = gzip.compress(b'{"format_version":"1.2","x":"' + b"0" * (64 << 20))
        self.assertLess(len(bomb), 1 << 20)
        packed = lambda api: api.redirect(bomb, headers={"Content-Encoding": "gzip"})  # noqa: E731
        self.assertEqual(self.end(packed, max_bytes=1 << 20), "too-large")

    def test_slow(self):
        stop = threading.Event()
        self.addCleanup(stop.set)

        def drip(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", "100000")
            handler.end_headers()
            while not stop.wait(0.1):
                handler.wfile.write(b" ")
        self.assertEqual(self.end(lambda api: api.redirect(drip), deadline_ms=2000), "slow")
        stop.set()

    def test_cut_off_and_garbled(self):
        plan = plan_text()

        def cut(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(plan)))
            handler.end_headers()
            handler.wfile.write(plan[:-10])
            handler.close_connection = True
        self.assertEqual(self.end(lambda api: api.redirect(cut)), "cut")
        garbled = lambda api: api.redirect(plan, headers={"Content-Encoding": "gzip"})  # noqa: E731
        self.assertEqual(self.end(garbled), "cut")
        for body in (b"", b"{", b"null", b"[1]", plan + b"x", plan[:-1], b"\xff\xfe"):
            with self.subTest(body[:20]):
                self.assertEqual(self.end(lambda api, body=body: api.redirect(body)), "unreadable")

    def test_nobody_there(self):
        self.api.before = []
        self.assertEqual(self.end(url="http://127.0.0.1:1/api/v2/plans/plan-1/json-output"), "unreachable")

    def test_what_is_no_job(self):
        for text in (b"", b"{", b"[]", b"{}", b'{"url":null}'):
            result = read(text)
            self.assertEqual((result.code, result.text), (1, ""))
        for changes in ({"max_bytes": 0}, {"deadline_ms": 0}, {"hosts": None}, {"bearer": "a\nb"}, {"bearer": ""}, {"bearer": "b" * 5000}):
            result = read(job(self.url, **changes))
            self.assertEqual((result.code, result.text), (1, ""), changes)

    def peak_of(self, status):
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) << 10

    def test_200_megabytes_within_its_memory(self):
        seen = {}

        def stream(handler):
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            for piece in large_plan(200 << 20):
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            with open(f"/proc/{helper.process.pid}/status", encoding="ascii") as file:
                seen["status"] = file.read()
            handler.wfile.write(b"0\r\n\r\n")
        self.api.before = [lambda api: api.redirect(stream)]
        helper = ReadHelper(job(self.url, deadline_ms=170000))
        found = helper.result(170)
        self.assertEqual(found.code, 0, found.stderr)
        document = found.document
        self.assertEqual(document["end"], "read", document)
        self.assertGreater(document["bytes"], 200 << 20)
        use, = [use for use in document["reading"]["uses"] if use["when"] == "planned"]
        self.assertGreater(use["count"], 10000)
        if not built_with_a_sanitizer():
            # The program's own pages and its libraries' are beside it.
            self.assertLess(self.peak_of(seen["status"]), MEMORY + (24 << 20))
            print(f"200 MB read in {found.elapsed:.1f} s, at most {self.peak_of(seen['status']) >> 20} MB", flush=True)


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="driftbell-test-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.certificates = Certificates(cls.directory)

    def host(self, certificate):
        blob = Blob()
        self.addCleanup(blob.close)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        blob.http.socket = context.wrap_socket(blob.http.socket, server_side=True)
        return blob

    def end(self, certificate, ca):
        blob = self.host(certificate)
        url = blob.publish(plan_text()).replace("http://", "https://")
        return read(job(url, bearer=None, ca_file=ca)).document["end"]

    def test_certificates_are_checked(self):
        self.assertEqual(self.end(self.certificates.good(), self.certificates.ca), "read")
        self.assertEqual(self.end(self.certificates.good(), None), "untrusted")
        self.assertEqual(self.end(self.certificates.expired(), self.certificates.ca), "untrusted")
        self.assertEqual(self.end(self.certificates.wrong_name(), self.certificates.ca), "untrusted")
        self.assertEqual(self.end(self.certificates.good(), "/nonexistent/ca.pem"), "untrusted")


if __name__ == "__main__":
    unittest.main()
