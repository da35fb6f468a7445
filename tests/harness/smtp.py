"""An SMTP server that does as it is told, at every verb.

    server = SmtpServer(certificate=certificates.good(), users={"relay": "pw"})
    server.on("RCPT", Reply("550 5.1.1 no such user"))
    server.on("RCPT", lambda session, argument: Reply("450 later") if "slow" in argument else None)

Verbs are GREETING, EHLO, STARTTLS, HANDSHAKE, AUTH, MAIL, RCPT, DATA, BODY (the
message is about to be read), END (it was read), BDAT, RSET, QUIT.  What is
told once stands for every time; a list is used up one by one.  None, or the
end of a list, is what a good server does.
"""

import base64
import socket
import ssl
import threading
import time

LONG = 60


class Reply:
    """Say this; with `then` do that afterwards ("drop", "stall")."""

    def __init__(self, text, then=None):
        self.text = text
        self.then = then


class Stall:
    """Say nothing, until the other side is gone."""


class Drop:
    """Close the connection."""


class Drip:
    """The good answer, one byte at a time."""

    def __init__(self, pause=0.4, text=None):
        self.pause = pause
        self.text = text


class Mail:
    def __init__(self, session, sender):
        self.sender = sender
        self.recipients = []
        self.data = b""
        self.user = session.user
        self.tls = session.tls
        self.server_name = session.server_name
        self.session = session


class _Gone(Exception):
    pass


class SmtpServer:
    def __init__(self, certificate=None, implicit=False, users=None, mechanisms=("PLAIN", "LOGIN"),
                 extensions=("PIPELINING", "8BITMIME"), tls="1.2+", host="127.0.0.1", size=None,
                 auth_required=None, enhanced=True, on_mail=None):
        self.host = host
        self.on_mail = on_mail
        self.users = users or {}
        self.mechanisms = mechanisms
        self.extensions = list(extensions)
        if enhanced:
            self.extensions.append("ENHANCEDSTATUSCODES")
        self.size = size
        self.implicit = implicit
        self.auth_required = bool(self.users) if auth_required is None else auth_required
        self.context = self._context(certificate, tls) if certificate else None
        self.offer_starttls = bool(certificate) and not implicit
        self.lock = threading.Condition()
        self.behaviours = {}
        self.mails = []
        self.sessions = []
        self.violations = []
        self._sockets = set()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, 0), family=family, backlog=64)
        self.port = self.listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @staticmethod
    def _context(certificate, tls):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        if tls == "1.3":
            context.minimum_version = ssl.TLSVersion.TLSv1_3
        elif tls == "1.2":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context

    def on(self, verb, *actions):
        """One action for always; several: one each time, then back to good."""
        with self.lock:
            self.behaviours[verb] = list(actions) if len(actions) > 1 else actions[0]

    def once(self, verb, action):
        with self.lock:
            self.behaviours[verb] = [action]

    def behave(self):
        with self.lock:
            self.behaviours.clear()

    def action(self, verb, session, argument):
        with self.lock:
            found = self.behaviours.get(verb)
            if isinstance(found, list):
                found = found.pop(0) if found else None
        return found(session, argument) if callable(found) else found

    def arrived(self, count=1):
        """The first `count` mails, or None while there are fewer."""
        with self.lock:
            return self.mails[:count] if len(self.mails) >= count else None

    def transcript(self):
        """All sessions, for messages."""
        with self.lock:
            return "\n--\n".join("\n".join(session.transcript) for session in self.sessions)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self._sockets.add(connection)
            session = Session(self, connection)
            with self.lock:
                self.sessions.append(session)
            threading.Thread(target=session.run, daemon=True).start()

    def forget(self, connection):
        with self.lock:
            self._sockets.discard(connection)

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            connections = list(self._sockets)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._thread.join()


class Session:
    """One connection; `transcript` has what was said, secrets too."""

    def __init__(self, server, connection):
        self.server = server
        self.socket = connection
        self.transcript = []
        self.buffer = b""
        self.user = None
        self.tls = None
        self.server_name = None
        self.mail = None
        self.helo = None
        self.began = time.monotonic()

    # Life

    def run(self):
        try:
            self._serve()
        except (_Gone, OSError, ssl.SSLError, ValueError) as error:
            self.note("!", type(error).__name__ + " " + str(error))
        finally:
            self.server.forget(self.socket)
            try:
                self.socket.close()
            except OSError:
                pass

    def note(self, mark, text):
        with self.server.lock:
            self.transcript.append(f"{mark} {text}")

    def _serve(self):
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(LONG)
        if self.server.implicit:
            self._handshake()
        self._act("GREETING", "", "220 mail.example.com ESMTP")
        while True:
            line = self._line()
            verb, _, argument = line.partition(" ")
            verb = verb.upper()
            handler = getattr(self, "_on_" + verb.lower(), None)
            if handler is None:
                self._say("500 5.5.1 unknown command")
                continue
            handler(argument)

    # Reading and writing

    def _more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise _Gone("the client left")
        self.buffer += piece

    def _line(self):
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        text = line.decode("utf-8", "replace")
        self.note("C", text)
        return text

    def _exactly(self, size):
        while len(self.buffer) < size:
            self._more()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def _say(self, text):
        self.note("S", text)
        self.socket.sendall(text.replace("\n", "\r\n").encode("utf-8", "surrogateescape") + b"\r\n")

    def _wait_until_gone(self):
        """Without reading: what the client sends piles up."""
        deadline = time.monotonic() + LONG
        self.socket.settimeout(0.05)
        while time.monotonic() < deadline:
            try:
                if not self.socket.recv(1):
                    break
            except (TimeoutError, ssl.SSLWantReadError):
                continue
        raise _Gone("stalled")

    def _stop_reading(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deadline = time.monotonic() + LONG
        raw = socket.socket(fileno=socket.dup(self.socket.fileno()))
        # What was sent and never read hides the end behind it; TCP knows.
        while time.monotonic() < deadline and self._state(raw) == 1:
            time.sleep(0.02)
        raw.close()
        raise _Gone("not reading")

    @staticmethod
    def _state(raw):
        """TCP_INFO's state: 1 is established."""
        return raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]

    def _act(self, verb, argument, good):
        """Do what was told for this verb, or say the good answer; True when it
        was the good one."""
        return self._do(self.server.action(verb, self, argument), good)

    def _do(self, action, good):
        if action is None:
            self._say(good)
            return True
        if isinstance(action, Stall):
            self._wait_until_gone()
        if isinstance(action, Drop):
            raise _Gone("dropped")
        if isinstance(action, Drip):
            for byte in ((action.text or good) + "\n").replace("\n", "\r\n").encode():
                self.socket.sendall(bytes([byte]))
                time.sleep(action.pause)
            return True
        self._say(action.text)
        if action.then == "drop":
            raise _Gone("dropped")
        if action.then == "stall":
            self._wait_until_gone()
        return action.text[:1] in "23"

    # TLS

    def _handshake(self):
        action = self.server.action("HANDSHAKE", self, "")
        if isinstance(action, Stall):
            self._wait_until_gone()
        if isinstance(action, Drop):
            raise _Gone("dropped")
        if isinstance(action, Reply):
            self._say(action.text)
            self._wait_until_gone()
        raw = self.socket

        def on_name(_connection, name, _context):
            self.server_name = name

        context = self.server.context
        context.sni_callback = on_name
        self.socket = context.wrap_socket(raw, server_side=True)
        self.server.forget(raw)
        with self.server.lock:
            self.server._sockets.add(self.socket)
        self.tls = self.socket.version()

    # Verbs

    def _on_ehlo(self, argument):
        self.helo = argument
        words = ["mail.example.com", *self.server.extensions]
        if self.server.size is not None:
            words.append(f"SIZE {self.server.size}")
        if self.server.offer_starttls and not self.tls:
            words.append("STARTTLS")
        if self.server.mechanisms and self.server.users and (self.tls or not self.server.context):
            words.append("AUTH " + " ".join(self.server.mechanisms))
        lines = [f"250-{word}" for word in words[:-1]] + [f"250 {words[-1]}"]
        self._act("EHLO", argument, "\n".join(lines))

    def _on_helo(self, argument):
        self.helo = argument
        self._act("HELO", argument, "250 mail.example.com")

    def _on_starttls(self, argument):
        if not self._act("STARTTLS", argument, "220 2.0.0 go ahead"):
            return
        if self.buffer:
            self.server.violations.append("bytes behind STARTTLS")
        self._handshake()
        self.user = self.helo = None

    def _on_auth(self, argument):
        mechanism, _, initial = argument.partition(" ")
        action = self.server.action("AUTH", self, mechanism)
        if action is not None:
            self._do(action, "535 5.7.8 authentication failed")
            return
        if not self.tls and self.server.context:
            self.server.violations.append("AUTH without TLS")
        user = self._credentials(mechanism.upper(), initial)
        if user is None:
            self._say("535 5.7.8 authentication failed")
            return
        self.user = user
        self._say("235 2.7.0 welcome")

    def _ask(self, challenge):
        self._say("334 " + base64.b64encode(challenge).decode())
        return self._line()

    def _credentials(self, mechanism, initial):
        if mechanism == "PLAIN":
            text = base64.b64decode(initial or self._ask(b"")).decode()
            _, user, password = text.split("\0")
        elif mechanism == "LOGIN":
            user = base64.b64decode(initial or self._ask(b"Username:")).decode()
            password = base64.b64decode(self._ask(b"Password:")).decode()
        elif mechanism == "XOAUTH2":
            text = base64.b64decode(initial or self._ask(b"")).decode()
            fields = dict(field.split("=", 1) for field in text.split("\1") if field)
            user, password = fields["user"], fields["auth"].removeprefix("Bearer ")
            if self.server.users.get(user) != password:
                self._ask(b'{"status":"401"}')
        else:
            return None
        return user if self.server.users.get(user) == password else None

    def _on_mail(self, argument):
        if self.server.auth_required and not self.user:
            self._say("530 5.7.0 authentication required")
            return
        if self.server.size and "SIZE=" in argument and int(argument.split("SIZE=")[1].split()[0]) > self.server.size:
            self._say("552 5.3.4 message too large")
            return
        if self._act("MAIL", argument, "250 2.1.0 ok"):
            self.mail = Mail(self, argument.split("<")[1].split(">")[0])

    def _on_rcpt(self, argument):
        if self.mail is None:
            self._say("503 5.5.1 MAIL first")
            return
        if self._act("RCPT", argument, "250 2.1.5 ok"):
            self.mail.recipients.append(argument.split("<")[1].split(">")[0])

    def _on_data(self, argument):
        if self.mail is None or not self.mail.recipients:
            self._say("554 5.5.1 no valid recipients")
            return
        if not self._act("DATA", argument, "354 go on"):
            return
        self._body()
        lines = []
        while True:
            while b"\r\n" not in self.buffer:
                self._more()
            line, self.buffer = self.buffer.split(b"\r\n", 1)
            if line == b".":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        self.mail.data = b"".join(line + b"\r\n" for line in lines)
        self._end()

    def _body(self):
        action = self.server.action("BODY", self, "")
        if isinstance(action, Stall):
            self._stop_reading()
        if isinstance(action, Drop):
            self._more()
            raise _Gone("dropped")

    def _on_bdat(self, argument):
        size, _, last = argument.partition(" ")
        self._body()
        data = self._exactly(int(size))
        if self.mail is None or not self.mail.recipients:
            self._say("551 5.5.1 no valid recipients")
            return
        self.mail.data += data
        if last.upper() == "LAST":
            self._end()
        else:
            self._act("BDAT", argument, "250 2.0.0 ok")

    def _end(self):
        mail, self.mail = self.mail, None
        action = self.server.action("END", self, "")
        if action is not None:
            self._do(action, "250 2.0.0 queued")
            return
        with self.server.lock:
            self.server.mails.append(mail)
            self.server.lock.notify_all()
        if self.server.on_mail:
            self.server.on_mail(mail)
        self._say("250 2.0.0 queued")

    def _on_rset(self, argument):
        self.mail = None
        self._act("RSET", argument, "250 2.0.0 ok")

    def _on_quit(self, argument):
        self._act("QUIT", argument, "221 2.0.0 bye")
        raise _Gone("QUIT")
