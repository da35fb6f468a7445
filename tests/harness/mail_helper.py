"""Runs one mail helper as the relay does, and hands back what it said."""

import base64
import fcntl
import json
import os
import socket
import struct
import subprocess
import threading
import time

from .relay import BINARY
from .wait import SLOWER

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "XDG_CONFIG_DIR": "/nonexistent",
               "XDG_CONFIG_HOME": "/nonexistent", "LC_ALL": "C"}
COMMAND = os.environ.get("DRIFTBELL_MAIL_HELPER", "").split() or [BINARY, "mail-helper"]
MESSAGE = b"From: driftbell@example.com\r\nTo: ops@example.com\r\nSubject: test\r\nMessage-ID: <1@example.com>\r\n" \
          b"Date: Sat, 21 Nov 2026 12:00:00 +0000\r\n\r\nHello.\r\n.a line that begins with a dot\r\nThe end.\r\n"


def letter(*to, data=MESSAGE):
    return {"data": base64.b64encode(data).decode(), "to": list(to) or ["ops@example.com"]}


def job(port, *letters, host="127.0.0.1", password=None, **changes):
    """A job for a server on loopback; times are those of a test."""
    return {"host": host, "port": port, "security": "starttls", "auth": "password", "tls13": False,
            "username": None, "ca_file": None, "hello": "relay.example.com", "sender": "bounces@example.com",
            "timeout_ms": 3000, "session_ms": 12000, "letters": list(letters) or [letter()],
            "password": base64.b64encode(password.encode()).decode() if password is not None else None, **changes}


class Result:
    def __init__(self, answer, code, stderr, elapsed):
        self.code = code
        self.stderr = stderr
        self.elapsed = elapsed
        self.text = answer.decode()
        self.document = json.loads(answer) if answer else None

    @property
    def session(self):
        return self.document["session"]

    def fates(self, number=0):
        return self.document["letters"][number]

    def short(self, number=0):
        """[(outcome, code)] of a letter's recipients."""
        return [(fate["outcome"], fate["code"]) for fate in self.fates(number)]


class MailHelper:
    """Started at once; result() waits."""

    command = COMMAND

    def __init__(self, wanted):
        ours, theirs = socket.socketpair()
        # Off 3, which the child makes of it; Python's others close on exec.
        theirs_high = fcntl.fcntl(theirs.fileno(), fcntl.F_DUPFD_CLOEXEC, 10)
        passed_on = {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}

        self.began = time.monotonic()
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, close_fds=False,
            preexec_fn=lambda: os.dup2(theirs_high, 3), env={**ENVIRONMENT, **passed_on})
        os.close(theirs_high)
        theirs.close()
        self.socket = ours
        self._stderr = b""
        self._reader = threading.Thread(target=self._read_stderr, daemon=True)
        self._reader.start()
        text = wanted if isinstance(wanted, bytes) else json.dumps(wanted).encode()
        try:
            self.socket.sendall(text)
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _read_stderr(self):
        self._stderr = self.process.stderr.read()

    def result(self, timeout=15):
        self.socket.settimeout(timeout * SLOWER)
        data = b""
        try:
            while True:
                piece = self.socket.recv(65536)
                if not piece:
                    break
                data += piece
            code = self.process.wait(timeout * SLOWER)
        except (TimeoutError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the helper did not end in {timeout} s") from None
        finally:
            self.socket.close()
        elapsed = time.monotonic() - self.began
        self._reader.join()
        self.process.stderr.close()
        if data:
            size, = struct.unpack("=I", data[:4])
            if len(data) != 4 + size:
                raise AssertionError("half an answer")
        return Result(data[4:], code, self._stderr.decode("utf-8", "replace"), elapsed)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stderr.close()
        self.socket.close()


def send(wanted, timeout=15):
    return MailHelper(wanted).result(timeout)
