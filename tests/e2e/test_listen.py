"""Where it listens and how it ends: TLS, a unix socket, SIGTERM whatever hangs."""

import http.client
import os
import shutil
import socket
import ssl
import stat
import subprocess
import time
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.server import Fault
from harness.wait import SLOWER, until

IMAGES = "retail-checkout-images"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.unix_path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.unix_path)


class Listen(RelayCase):
    @unittest.skipUnless(shutil.which("openssl"), "needs the openssl command")
    def test_tls_on_the_ingest(self):
        key, certificate = (os.path.join(self.directory, name) for name in ("tls.key", "tls.crt"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        os.chmod(key, 0o600)
        self.start(listen={"ingest": "127.0.0.1:0", "admin": "127.0.0.1:0",
                           "tls": {"certificate_file": certificate, "key_file": key}})
        port = int(self.relay.ingest.rsplit(":", 1)[1])
        context = ssl.create_default_context(cafile=certificate)
        for number in range(3):
            body = hcp.encode(hcp.complete(IMAGES, f"v{number + 1}"))
            connection = http.client.HTTPSConnection("localhost", port, timeout=20, context=context)
            connection.request("POST", "/hooks/acme-packer", body,
                               {hcp.HEADERS["packer"]: hcp.sign(body, self.packer.key)})
            self.assertEqual(connection.getresponse().status, 200)
            connection.close()
        with self.assertRaises((OSError, http.client.HTTPException)):
            self.packer.post(hcp.packer_test())  # plain HTTP
        old = ssl.create_default_context(cafile=certificate)
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises(OSError):
            http.client.HTTPSConnection("localhost", port, timeout=20, context=old).request("GET", "/")

    def test_the_admin_side_on_a_unix_socket(self):
        path = os.path.join(self.directory, "admin.sock")
        self.start(listen={"ingest": "127.0.0.1:0", "admin": f"unix:{path}"})
        self.assertEqual(self.relay.admin, f"unix:{path}")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode) & 0o007, 0, "others may connect")
        connection = UnixConnection(path)
        connection.request("GET", "/readyz")
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        result = self.relay.run("status")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.relay.kill(), -9)
        self.relay.start()  # over the socket left behind


class Stop(RelayCase):
    def test_sigterm_ends_it_in_time_whatever_hangs_and_the_rest_is_sent_next_time(self):
        self.receiver.always(Fault(200, delay=60 * SLOWER))
        self.start()
        self.send(*(hcp.complete(IMAGES, f"v{number + 1}") for number in range(8)))
        until(lambda: self.receiver.count() >= 1)
        host, port = self.relay.ingest.rsplit(":", 1)
        half = socket.create_connection((host, int(port)))
        self.addCleanup(half.close)
        half.sendall(b"POST /hooks/acme-packer HTTP/1.1\r\nHost: x\r\n")
        begin = time.monotonic()
        self.assertEqual(self.relay.stop(), 0)
        self.assertLess(time.monotonic() - begin, 15 * SLOWER)
        self.receiver.always(None)
        self.relay.start()
        until(lambda: len(self.receiver.about("image.released")) == 8, 20, "all eight")

    def test_a_request_under_way_is_answered_before_it_ends(self):
        self.start()
        body = hcp.encode(hcp.complete(IMAGES, "v1"))
        host, port = self.relay.ingest.rsplit(":", 1)
        wire = socket.create_connection((host, int(port)), timeout=20)
        self.addCleanup(wire.close)
        head = (f"POST /hooks/acme-packer HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
                f"{hcp.HEADERS['packer']}: {hcp.sign(body, self.packer.key)}\r\n\r\n").encode()
        wire.sendall(head + body)
        self.assertIn(b" 200 ", wire.recv(65536))
        self.assertEqual(self.relay.stop(), 0)
        self.relay.start()
        self.document("image.released", version="v1")


if __name__ == "__main__":
    unittest.main()
