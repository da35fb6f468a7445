"""A real Postfix on loopback, in a folder of its own, with one service for each
way a mail server meets its clients.

    postfix = Postfix(directory, certificates, users={"relay": "pw"})
    postfix.start()
    postfix.port("submission"), postfix.mails()

Needs root (Postfix wants its own users), postfix and sasl2-bin: see missing().
"""

import email
import email.policy
import os
import pwd
import shutil
import socket
import socketserver
import subprocess
import threading

from .wait import until

MASTER = "/usr/lib/postfix/sbin/master"
REALM = "mail.example.com"
REFUSED = "refused@example.com"
GREYLISTED = "greylisted@example.com"
LIMIT = 20000

MAIN = """
compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {directory}/mail.log
maillog_file_prefixes = {directory}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
myhostname = {realm}
mydestination =
alias_maps =
biff = no
smtputf8_enable = no
# The real thing slows down whoever fails, and counts connections.
smtpd_error_sleep_time = 0
anvil_rate_time_unit = 1s
smtpd_client_connection_count_limit = 0
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1
smtpd_sasl_local_domain = {realm}
cyrus_sasl_config_path = {directory}/sasl
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{{refused} = 550 5.1.1 User unknown}} }},
    check_policy_service inet:127.0.0.1:{policy_port},
    permit_sasl_authenticated, reject
virtual_mailbox_domains = example.com
virtual_mailbox_base = {directory}/mails
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
"""

# Each: port inet ... smtpd, with these settings.
SUBMISSION = {"smtpd_tls_security_level": "encrypt", "smtpd_tls_auth_only": "yes", "smtpd_sasl_auth_enable": "yes"}
SERVICES = {
    "submission": SUBMISSION,
    "tls": {**SUBMISSION, "smtpd_tls_wrappermode": "yes"},
    "tls12": {**SUBMISSION, "smtpd_tls_mandatory_protocols": "<=TLSv1.2"},
    "tls13": {**SUBMISSION, "smtpd_tls_mandatory_protocols": ">=TLSv1.3"},
    "expired": {**SUBMISSION, "certificate": "expired"},
    "wrong-name": {**SUBMISSION, "certificate": "wrong_name"},
    "auth-down": {**SUBMISSION, "smtpd_sasl_path": "down"},
    "small": {**SUBMISSION, "message_size_limit": str(LIMIT)},
    "no-chunking": {**SUBMISSION, "smtpd_discard_ehlo_keywords": "chunking"},
    "plain": {"smtpd_tls_security_level": "none", "smtpd_sasl_auth_enable": "yes"},
}

MASTER_CF = """
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
"""


def missing():
    """What is not there for this, or None."""
    if os.geteuid() != 0:
        return "root"
    for program in (MASTER, "postfix", "saslpasswd2"):
        if not shutil.which(program):
            return program
    return None


class _Greylist(socketserver.StreamRequestHandler):
    """A policy service (postfix's SMTPD_POLICY_README): the first time of each
    greylisted recipient is too early."""

    def handle(self):
        request = {}
        for line in self.rfile:
            text = line.decode().rstrip("\n")
            if text:
                name, _, value = text.partition("=")
                request[name] = value
                continue
            early = request.get("recipient") == GREYLISTED and not self.server.known.get(request["sender"])
            self.server.known[request["sender"]] = self.server.known.get(request["sender"], False) or early
            self.wfile.write(b"action=" + (b"451 4.7.1 Greylisted, try again" if early else b"DUNNO") + b"\n\n")
            request = {}


class _Policy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Greylist)
        self.known = {}  # sender -> was told to wait
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class Postfix:
    def __init__(self, directory, certificates, users):
        self.directory = os.path.join(directory, "postfix")
        self.certificates = certificates
        self.users = users
        self.ports = {}
        self.process = None
        self.policy = _Policy()
        os.chmod(directory, 0o755)  # postfix's own users must get here
        os.mkdir(self.directory, 0o755)

    # Life

    def start(self):
        self._folders()
        self._passwords()
        self._config()
        self._run("postfix", "-c", self.directory, "check")
        self.process = subprocess.Popen([MASTER, "-c", self.directory, "-d"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in SERVICES:
            until(lambda name=name: self._listens(name), 20, lambda name=name: f"{name}\n{self.log()}")
        return self

    def close(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
        self.policy.shutdown()
        self.policy.server_close()

    def port(self, service="submission"):
        return self.ports[service]

    def log(self):
        try:
            with open(os.path.join(self.directory, "mail.log"), encoding="utf-8", errors="replace") as file:
                return file.read()[-8000:]
        except FileNotFoundError:
            return "no log"

    def mails(self):
        """What was delivered, oldest first: email.message.EmailMessage; the
        recipient is in X-Original-To."""
        folder = os.path.join(self.directory, "mails", "all", "new")
        found = []
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), "rb") as file:
                found.append(email.message_from_binary_file(file, policy=email.policy.default))
        return found

    def delivered(self, message_id):
        """The recipients of that mail, sorted."""
        return sorted(mail["X-Original-To"] for mail in self.mails() if mail["Message-ID"] == message_id)

    # Setting up

    @staticmethod
    def _run(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"{command}: {done.stdout}{done.stderr}")

    def _folders(self):
        nobody, postfix = pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
        for name, owner in (("queue", None), ("sasl", None), ("data", postfix), ("mails", nobody)):
            path = os.path.join(self.directory, name)
            os.mkdir(path, 0o755)
            if owner:
                os.chown(path, owner.pw_uid, owner.pw_gid)

    def _passwords(self):
        database = os.path.join(self.directory, "sasl", "sasldb2")
        for user, password in self.users.items():
            subprocess.run(["saslpasswd2", "-p", "-c", "-f", database, "-u", REALM, user],
                           input=password, text=True, check=True, capture_output=True)
        shutil.chown(database, "postfix")
        self._write("sasl/smtpd.conf", "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n"
                                       f"sasldb_path: {database}\n")
        # Nobody listens there.
        self._write("sasl/down.conf", "pwcheck_method: saslauthd\nmech_list: PLAIN LOGIN\n"
                                      f"saslauthd_path: {self.directory}/no-such-socket\n")

    def _config(self):
        nobody = pwd.getpwnam("nobody")
        certificate, key = self.certificates.good()
        self._write("main.cf", MAIN.format(
            directory=self.directory, certificate=certificate, key=key, realm=REALM, refused=REFUSED,
            uid=nobody.pw_uid, gid=nobody.pw_gid, policy_port=self.policy.server_address[1]))
        lines = [MASTER_CF]
        for name, settings in SERVICES.items():
            settings = dict(settings)
            kind = settings.pop("certificate", None)
            if kind:
                settings["smtpd_tls_cert_file"], settings["smtpd_tls_key_file"] = getattr(self.certificates, kind)()
            self.ports[name] = self._free_port()
            lines.append(f"127.0.0.1:{self.ports[name]} inet n - n - - smtpd")
            lines += [f"  -o {{ {key} = {value} }}" for key, value in settings.items()]
        self._write("master.cf", "\n".join(lines) + "\n")

    def _write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="ascii") as file:
            file.write(text)

    def _free_port(self):
        while True:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            if port not in self.ports.values():
                return port

    def _listens(self, name):
        if self.process.poll() is not None:
            raise AssertionError(f"postfix ended\n{self.log()}")
        try:
            with socket.create_connection(("127.0.0.1", self.ports[name]), 1):
                return True
        except OSError:
            return False
