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


def ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


class Listen(RelayCase):
    def certificate(self):
        key, certificate = (os.path.join(self.directory, name) for name in ("tls.key", "tls.crt"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        os.chmod(key, 0o600)
        return {"certificate_file": certificate, "key_file": key}

    @unittest.skipUnless(shutil.which("openssl"), "needs the openssl command")
    def test_tls_on_the_ingest(self):
        tls = self.certificate()
        certificate = tls["certificate_file"]
        self.start(listen={"ingest": "127.0.0.1:0", "admin": "127.0.0.1:0", "tls": tls})
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

    def ask(self, context, address, host):
        """The answer's status to a request that goes to this address and names that host."""
        connection = http.client.HTTPSConnection(address, int(self.relay.admin.rsplit(":", 1)[1]), timeout=20,
                                                 context=context)
        connection.request("GET", "/healthz", headers={"Host": host})
        status = connection.getresponse().status
        connection.close()
        return status

    @unittest.skipUnless(shutil.which("openssl"), "needs the openssl command")
    def test_the_admin_side_on_all_addresses(self):
        token, _ = self.relay.key("admin.token")
        listen = {"ingest": "127.0.0.1:0", "admin_tls": self.certificate(), "admin_token_file": token,
                  "admin_names": ["relay.example.com"]}
        context = ssl.create_default_context(cafile=listen["admin_tls"]["certificate_file"])
        context.check_hostname = False
        for every, ours in (("0.0.0.0", ("127.0.0.1", "127.0.0.2")), ("[::]", ("127.0.0.2", "::1"))):
            if every == "[::]" and not ipv6():
                continue
            self.start(listen={**listen, "admin": f"{every}:0"})
            port = self.relay.admin.rsplit(":", 1)[1]
            self.relay.configure({**self.config, "listen": {**listen, "admin": f"{every}:{port}"}})
            result = self.relay.run("status")
            self.assertEqual(result.returncode, 0, result.stderr)
            for address in ours:
                host = f"[{address}]" if ":" in address else address
                for name in (host, f"{host}:{port}", "localhost", f"127.0.0.1:{port}", "[::1]", "relay.example.com"):
                    self.assertEqual(self.ask(context, address, name), 200, (every, address, name))
                for name in ("evil.example.net", f"evil.example.net:{port}", "127.0.0.3", "10.0.0.1", "[2001:db8::1]",
                             f"{address}.evil.example.net"):
                    self.assertEqual(self.ask(context, address, name), 421, (every, address, name))
            self.assertEqual(self.relay.stop(), 0)

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
