"""An HTTP stand-in: records what it gets, answers what it is told to."""

import collections
import http.server
import socket
import threading
import time


class Fault:
    """One scripted answer.  `drop` closes the connection without any."""

    def __init__(self, status=500, body="", headers=None, delay=0.0, drop=False):
        self.status = status
        self.body = body
        self.headers = headers or {}
        self.delay = delay
        self.drop = drop


class Request:
    """One request as it came; `at` is time.monotonic(), `answer` the status given."""

    def __init__(self, method, path, headers, body):
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.at = time.monotonic()
        self.answer = None


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer written in two pieces would wait for the peer's delayed ACK.
    wbufsize = -1
    disable_nagle_algorithm = True

    def _take(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        request = Request(self.command, self.path, self.headers, body)
        self.server.owner.serve(self, request)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _take

    def log_message(self, *_arguments):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a relay that was killed leaves broken connections behind


class StandIn:
    """Subclasses override take(): it returns (status, headers, body)."""

    def __init__(self, port=0):
        self.lock = threading.Condition()
        self.requests = []
        self.violations = []
        self._script = collections.deque()
        self._always = None
        self._closing = threading.Event()
        self.http = _Server(("127.0.0.1", port), _Handler)
        self.http.owner = self
        self.port = self.http.server_address[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self):
        self._closing.set()
        self.http.shutdown()
        self.http.server_close()
        self._thread.join()

    def script(self, *faults):
        """The next requests get these answers, one each."""
        with self.lock:
            self._script.extend(faults)

    def always(self, fault):
        """Every request gets this answer, until always(None)."""
        with self.lock:
            self._always = fault

    def violation(self, text):
        with self.lock:
            self.violations.append(text)

    def count(self):
        with self.lock:
            return len(self.requests)

    def take(self, request):
        return 200, {}, "ok"

    def serve(self, handler, request):
        with self.lock:
            fault = self._script.popleft() if self._script else self._always
            self.requests.append(request)
        if fault is None:
            status, headers, body = self.take(request)
            self._answer(handler, request, status, headers, body)
            return
        if fault.delay:
            self._closing.wait(fault.delay)
        if fault.drop:
            request.answer = 0
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        self.refused(request, fault)
        if 200 <= fault.status < 300:
            status, headers, body = self.take(request)
            self._answer(handler, request, fault.status, {**headers, **fault.headers}, fault.body or body)
            return
        self._answer(handler, request, fault.status, fault.headers, fault.body)

    def refused(self, request, fault):
        """Hook: a scripted answer is about to be given."""

    def _answer(self, handler, request, status, headers, body):
        data = body.encode() if isinstance(body, str) else body
        with self.lock:
            request.answer = status
            self.lock.notify_all()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)
