"""Runs the real binary in a folder of its own, on free ports, and asks it things."""

import json
import os
import re
import secrets
import shlex
import signal
import subprocess
import threading
import urllib.parse

from . import hcp
from .wait import SLOWER, until

BINARY = os.environ.get("DRIFTBELL", os.path.join(
    os.path.dirname(__file__), "..", "..", "build", "dev", "driftbell"))
# For example: valgrind --error-exitcode=99
WRAPPER = shlex.split(os.environ.get("DRIFTBELL_WRAPPER", ""))

_PAIR = re.compile(r'([A-Za-z_][\w.]*)=("(?:[^"\\]|\\.)*"|\S*)')


def logfmt(line):
    """One log line as a dict; quoted values without their quotes."""
    pairs = {}
    for name, value in _PAIR.findall(line):
        if value.startswith('"'):
            value = value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        pairs[name] = value
    return pairs


class Relay:
    """`config` is a dict, written as JSON (which is YAML).

    config["listen"] and config["store"] are filled in where they are absent.
    """

    def __init__(self, directory, config=None, environment=None):
        self.directory = directory
        self.path = os.path.join(directory, "driftbell.yaml")
        self.environment = environment or {}
        self.process = None
        self.ingest = self.admin = None
        self.lines = []
        self.secrets = []
        self._reader = None
        if config is not None:
            self.configure(config)

    # Files

    def key(self, name, text=None):
        """Write a secret file of mode 0600; returns (path, the first key in it)."""
        text = text or secrets.token_hex(24)
        path = os.path.join(self.directory, name)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        self.secrets += [line for line in text.split("\n") if line and line not in self.secrets]
        return path, text.split("\n")[0]

    def configure(self, config):
        config = dict(config)
        config.setdefault("listen", {"ingest": "127.0.0.1:0", "admin": "127.0.0.1:0"})
        config.setdefault("store", {"url": "sqlite:driftbell.db"})
        self.write(json.dumps(config, indent=1))

    def write(self, text):
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(self.path + ".new", self.path)

    # Life

    def run(self, *arguments, timeout=60):
        """Another command of the same binary with this config; a CompletedProcess."""
        return subprocess.run([BINARY, "--config", self.path, *arguments], capture_output=True, text=True,
                              timeout=timeout * SLOWER, env={**os.environ, **self.environment}, check=False)

    def spawn(self):
        """Start without waiting for it to be ready."""
        self.process = subprocess.Popen(
            [*WRAPPER, BINARY, "--config", self.path, "serve"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **self.environment})
        self._reader = threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True)
        self._reader.start()

    def _read(self, stream):
        for line in stream:
            self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    def start(self, timeout=15):
        begin = len(self.lines)
        self.spawn()

        def ready():
            for line in self.lines[begin:]:
                pairs = logfmt(line)
                if pairs.get("msg") == "ready":
                    return pairs
            if self.process.poll() is not None:
                self._reader.join()
                raise AssertionError(f"serve ended with {self.process.returncode}:\n{self.tail()}")
            return None

        pairs = until(ready, timeout, lambda: "msg=ready in\n" + self.tail())
        self.ingest, self.admin = pairs["ingest"], pairs["admin"]
        return self

    def wait(self, timeout=20):
        code = self.process.wait(timeout * SLOWER)
        self._reader.join()
        self.process.stderr.close()
        self.process = None
        return code

    def stop(self):
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        self.process.kill()
        return self.wait()

    def restart(self):
        code = self.stop()
        if code != 0:
            raise AssertionError(f"SIGTERM ended it with {code}:\n{self.tail()}")
        return self.start()

    def close(self):
        if self.process:
            self.kill()

    def hup(self, config=None):
        if config is not None:
            self.configure(config)
        begin = len(self.lines)
        self.process.send_signal(signal.SIGHUP)
        return begin

    def reload(self, config=None):
        """SIGHUP, and wait until the log tells what came of it; returns that line."""
        begin = self.hup(config)
        return until(lambda: next((line for line in self.lines[begin:]
                                   if re.search(r"msg=\S*\"?[^\"]*reload", line)), None),
                     what=lambda: "a word about the reload in\n" + self.tail())

    # Logs

    def log(self):
        return "\n".join(self.lines)

    def tail(self, count=25):
        return "\n".join(self.lines[-count:])

    def logged(self, pattern, begin=0):
        return [line for line in list(self.lines)[begin:] if re.search(pattern, line)]

    # Its two sides

    def sender(self, source, kind, key):
        return hcp.Sender(lambda: self.ingest, source, kind, key)

    def get(self, path, headers=None, **query):
        query = urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})
        return hcp.request(self.admin, "GET", path + ("?" + query if query else ""), None, headers)

    def post(self, path, payload=None, headers=None):
        body = json.dumps(payload if payload is not None else {}).encode()
        return hcp.request(self.admin, "POST", path, body, {"Content-Type": "application/json", **(headers or {})})

    def items(self, name, headers=None, **query):
        """Every item of /api/v1/NAME, over all pages."""
        found, after = [], None
        while True:
            answer = self.get(f"/api/v1/{name}", headers, after=after, **query)
            if answer.status != 200:
                raise AssertionError(f"GET {name}: {answer}")
            page = answer.json
            found += page["items"]
            after = page["next"]
            if after is None:
                return found
