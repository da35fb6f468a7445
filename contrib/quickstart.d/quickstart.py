#!/usr/bin/env python3
"""Plays a golden image's story through the real relay, with local stand-ins for
Slack, a mail server and a webhook receiver; see contrib/quickstart."""

import argparse
import email
import email.policy
import os
import queue
import shutil
import signal
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests"))

import draw  # noqa: E402
import story  # noqa: E402
from harness import hcp  # noqa: E402
from harness.certificates import Certificates  # noqa: E402
from harness.hcp_api import Blob, HcpTerraform  # noqa: E402
from harness.receiver import Receiver, matches  # noqa: E402
from harness.relay import Relay  # noqa: E402
from harness.slack import SlackHook, flat  # noqa: E402
from harness.slack_api import SlackApi  # noqa: E402
from harness.smtp import SmtpServer  # noqa: E402

PATIENCE = 20  # seconds for the messages of one step
CHANNELS = ("platform",)  # by incoming webhook
TEAMS = {"payments": "fin-payments-*", "ledger": "fin-ledger-*"}  # each in its channel, by a bot's token
LIST = "security@example.com"
PASSWORD = "quickstart-mail-password"
TASK_TOKEN = "quickstart-run-task-token"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Show:
    def __init__(self, options):
        self.options = options
        self.pen = draw.Pen()
        self.folder = tempfile.mkdtemp(prefix="driftbell-quickstart-")
        self.arrived = queue.Queue()
        self.hooks = {name: SlackHook(on_message=lambda payload, name=name: self.arrived.put((name, payload)))
                      for name in CHANNELS}
        self.api = SlackApi(*(f"team-{team}" for team in TEAMS), mentions=["<!here>"], on_message=self.got_call)
        self.certificates = Certificates(self.folder)
        self.mail = SmtpServer(certificate=self.certificates.good(), users={"relay": PASSWORD}, on_mail=self.got_mail)
        self.siem = Receiver(on_document=lambda body: self.arrived.put(("siem", body)))
        self.blob = Blob()
        self.hcp_terraform = HcpTerraform(self.blob, TASK_TOKEN, on_result=self.got_result)
        self.relay = Relay(self.folder)
        self.sent = []
        self.failed = False
        self.shown = 0

    def got_mail(self, mail):
        self.arrived.put(("mail", email.message_from_bytes(mail.data, policy=email.policy.default)))

    def got_call(self, how, channel, payload):
        """A message of the bot: posted, edited or a reply."""
        self.arrived.put((channel, {**payload, "how": how}))

    def got_result(self, attributes, outcomes):
        """What a run task answers; that it has begun is no news."""
        if attributes["status"] != "running":
            self.arrived.put(("run", {**attributes, "outcomes": outcomes}))

    def say(self, text="", *styles):
        print(self.pen.paint(text, *styles), flush=True)

    # The relay and its config

    def configure(self):
        sources, sinks = [], []
        for name in ("terraform", "packer", "run_task"):
            self.relay.key(f"{name}.key")
            options = {"hmac_key_file": f"{name}.key"}
            if name == "run_task":
                options |= {"allowed_hosts": ["127.0.0.1"], "allow_private": True}
            sources.append({"name": f"acme-{name.replace('_', '-')}", f"hcp_{name}": options})
        for name, hook in self.hooks.items():
            self.relay.key(f"{name}.url", hook.url)
            sinks.append({"name": name, "slack": {"webhook_url_file": f"{name}.url", "allow_private": True}})
        self.relay.key("slack.token", self.api.token)
        sinks.append({"name": "teams", "slack": {
            "token_file": "slack.token", "channel": "#team-{{team}}", "api_url": self.api.url,
            "mention": {"critical": "<!here>"}, "allow_private": True}})
        self.relay.key("siem.secret", self.siem.secret)
        sinks.append({"name": "siem", "webhook": {"url": self.siem.url, "secret_file": "siem.secret",
                                                  "allow_private": True}})
        self.relay.key("mail.password", PASSWORD)
        sinks.append({"name": "security-list", "email": {
            "server": f"localhost:{self.mail.port}", "security": "starttls", "ca_file": self.certificates.ca,
            "username": "relay", "password_file": "mail.password",
            "from": "Driftbell <driftbell@example.com>", "to": [LIST]}})
        routes = [
            {"name": "audit", "match": {"kinds": ["*"]}, "to": ["siem"], "wait": "0s"},
            {"name": "platform", "match": {"kinds": ["image.*"]}, "to": ["platform"],
             "wait": "0s"},
            {"name": "security", "match": {"kinds": ["image.revocation"], "severities": ["critical"]},
             "to": ["security-list"], "wait": "0s"}]
        routes.append({"name": "owners", "match": {"kinds": ["image.revocation", "workspace.*"]},
                       "to": ["teams"], "per": "team", "unowned": "drop", "wait": "0s"})
        self.relay.configure({
            "listen": {"ingest": f"127.0.0.1:{free_port()}", "admin": f"127.0.0.1:{free_port()}"},
            "sources": sources, "sinks": sinks, "routes": routes,
            "correlate": [{"bucket": "{unit}-golden-images", "workspace": "{unit}-*"}],
            "teams": [{"name": team, "workspaces": [pattern]} for team, pattern in TEAMS.items()],
        })

    # Sending

    def send(self, payload):
        """Through `driftbell send`, which signs as HCP does."""
        number = len(self.sent) + 1
        source = "acme-packer" if "event_payload" in payload else (
            "acme-run-task" if "stage" in payload else "acme-terraform")
        what = payload.get("event_action") or payload.get("stage") or (
            payload["notifications"][0]["run_status"] if "notifications" in payload else "drifted")
        path = os.path.join(self.folder, f"{number:02}-{what}.json")
        with open(path, "wb") as file:
            file.write(hcp.encode(payload))
        self.sent.append((source, path))
        self.post(source, path, "accepted")

    def post(self, source, path, expected):
        result = self.relay.run("send", source, path)
        answer = result.stdout.replace(path + ": ", "").strip() or result.stderr.strip()
        self.say(f"  $ driftbell send {source} {os.path.basename(path)}", "dim")
        self.say(f"    {answer}", "dim")
        if result.returncode != 0 or expected not in answer:
            self.fault(f"that should have been {expected}")

    def fault(self, text):
        self.failed = True
        self.say(f"  ✗ {text}", "red")

    # Messages

    def show(self, channel, body):
        self.shown += 1
        if channel == "siem":
            incident, counts = body["incident"], body["workspace_counts"] or {}
            tally = f", {counts['affected']} affected, {counts['moved']} moved" if counts.get("total") else ""
            phase = f", phase {incident['phase']}" if incident["phase"] else ""
            self.say(f"    → siem  {incident['kind']} {body['reason']}{phase}{tally}  (revision {body['revision']}, signature valid)", "grey")
            return
        if channel == "run":
            self.say(f"    → run task  {body['status']}: {body['message']}", "yellow")
            return
        if channel == "mail":
            for line in draw.mail(body, self.pen):
                print(line, flush=True)
            return
        how = {"edit": " (edited in place)", "reply": " (reply in the thread)"}.get(body.get("how"), "")
        for line in draw.message(channel + how, body, self.pen):
            print(line, flush=True)

    def wait_for(self, step):
        """Show what arrives until everything the step must bring has come."""
        missing = [("siem", want) for want in step.siem] + [("mail", words) for words in step.mail] \
            + [("run", words) for words in step.run] + list(step.slack)
        deadline = time.monotonic() + PATIENCE
        while missing:
            try:
                channel, body = self.arrived.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                for channel, want in missing:
                    self.fault(f"no message in {channel} about {want}")
                return
            self.show(channel, body)
            for item in missing:
                if item[0] == channel and self.is_wanted(channel, body, item[1]):
                    missing.remove(item)
                    break

    @staticmethod
    def is_wanted(channel, body, want):
        if channel != "siem":
            text = (draw.mail_text(body) if channel == "mail" else str(body) if channel == "run" else flat(body)).lower()
            return all(word.lower() in text for word in want)
        kind, wanted = want[0], dict(want[1])
        moved = wanted.pop("moved", None)
        return matches(body, kind, wanted) and (moved is None or body["workspace_counts"]["moved"] == moved)

    def drain(self):
        """What else has come by now, wanted or not."""
        while not self.arrived.empty():
            self.show(*self.arrived.get())

    # The play

    def play(self):
        for number, step in enumerate(story.steps(self.hcp_terraform), 1):
            if not step.payloads:
                self.settle()  # the last of the story before it is sent again
            self.say()
            print(self.pen.paint(f"{number}. {step.title}", "bold"))
            for line, _ in draw.wrap([(step.why, ("italic",))], self.pen.width - 3, self.pen):
                print("   " + line, flush=True)
            if step.payloads:
                for payload in step.payloads:
                    self.send(payload)
            else:
                self.repeat_everything()
            self.wait_for(step)
            if self.options.once or not self.pen.colour:
                continue
            self.drain()
            time.sleep(1.5)  # for the reader
        self.settle()

    def repeat_everything(self):
        before = self.shown
        for source, path in self.sent:
            result = self.relay.run("send", source, path)
            if "duplicate" not in result.stdout:
                self.fault(f"{os.path.basename(path)} was not seen as a duplicate")
        self.settle()
        self.say(f"  {len(self.sent)} webhooks again, {len(self.sent)} duplicates, 0 messages", "dim")
        if self.shown != before:
            self.fault("something was said again")

    def settle(self):
        """Until the relay owes nothing."""
        deadline = time.monotonic() + PATIENCE
        while self.relay.items("deliveries", state="pending"):
            if time.monotonic() > deadline:
                self.fault("the relay still owes messages")
                break
            time.sleep(0.05)
        self.drain()

    def verdict(self):
        for name, one in [*self.hooks.items(), ("Slack's API", self.api), ("siem", self.siem), ("the mail server", self.mail),
                          ("HCP Terraform", self.hcp_terraform), ("the blob host", self.blob)]:
            for violation in one.violations:
                self.fault(f"{name} would have refused a message: {violation[:300]}")
        self.say()
        if self.failed:
            self.say("Not every message arrived as it should. The relay's log:", "red")
            print(self.relay.tail(40))
            return 1
        slack = sum(len(hook.messages) for hook in self.hooks.values()) + len(self.api.messages)
        edits = sum(len(message.shown) - 1 for message in self.api.messages)
        self.say(f"{len(self.sent)} signed webhooks in; {slack} Slack messages and {edits} edits of them, {len(self.mail.mails)} mails and "
                 f"{len(self.siem.documents)} signed documents (to \"siem\") out, every one of them valid, none said twice.", "green")
        return 0

    def stay(self):
        binary = os.environ["DRIFTBELL"]
        source, path = self.sent[-1]
        self.say()
        self.say("The relay stays up. Try:", "bold")
        for line in (f"curl -s http://{self.relay.admin}/api/v1/incidents",
                     f"curl -s http://{self.relay.admin}/api/v1/workspaces",
                     f"curl -s http://{self.relay.admin}/metrics",
                     f"{binary} --config {self.relay.path} status",
                     f"{binary} --config {self.relay.path} usage",
                     f"{binary} --config {self.relay.path} send {source} {path}"):
            self.say(f"  {line}")
        self.say(f"The payloads and the config are in {self.folder}; change an event_id or a time and send one again.")
        self.say("New messages show up here. Ctrl-C ends it and cleans up.", "dim")
        try:
            while self.relay.process.poll() is None:
                try:
                    self.show(*self.arrived.get(timeout=0.5))
                except queue.Empty:
                    continue
        except KeyboardInterrupt:
            pass

    def close(self):
        if self.relay.process and self.relay.process.poll() is None:
            self.relay.stop()
        for one in [*self.hooks.values(), self.api, self.siem, self.mail, self.hcp_terraform, self.blob]:
            one.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="end by itself")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin without
    show = Show(options)
    try:
        show.configure()
        show.relay.start()
        show.say("Driftbell: HCP Packer and HCP Terraform webhooks in, the right words to the right people out.", "bold")
        show.say("The relay, its store and every signature are real; Slack, the mail server (with STARTTLS and a login) and the\n"
                 "webhook receiver are local stand-ins that refuse whatever the real ones would refuse. Round boxes are Slack\n"
                 "messages, square ones mails; siem is the webhook receiver.")
        show.play()
        code = show.verdict()
        if not options.once:
            show.stay()
        return code
    except KeyboardInterrupt:
        return 130
    finally:
        show.close()


if __name__ == "__main__":
    sys.exit(main())
