"""`driftbell explain`: a dry run tells what would follow, and leaves no trace."""

import glob
import hashlib
import json
import os
import signal
import subprocess
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.relay import BINARY
from harness.wait import until

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUCKET = "fin-payments-images"
HOSTILE = "v3\x1b]0;owned\x07\x9b31m\r\n\u202eFAKE"


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class Explain(RelayCase):
    wants_slack = True

    def setUp(self):
        super().setUp()
        self.scratch = os.path.join(self.directory, "tmp")
        os.mkdir(self.scratch)
        self.relay.environment = {"TMPDIR": self.scratch}
        self.config["teams"] = [{"name": "payments", "workspaces": ["fin-payments-*"]},
                                {"name": "platform", "workspaces": ["core-*"]}]
        self.config["routes"] = [
            {"name": "drift", "match": {"kinds": ["workspace.*"]}, "to": ["siem"]},
            {"name": "info", "match": {"kinds": ["image.*"], "severities": ["info"]}, "to": ["siem"]},
            {"name": "owners", "match": {"kinds": ["image.revocation"]}, "to": ["ops-slack"], "per": "team",
             "teams": ["payments"], "unowned": "drop", "stop": True},
            {"name": "all", "match": {"kinds": ["*"]}, "to": ["siem", "ops-slack"], "wait": "0s"},
        ]

    def file(self, name, payload):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(payload if isinstance(payload, str) else json.dumps(payload))
        return path

    def story(self):
        """Two workspaces on v3, which is revoked."""
        return [self.file("1-complete.json", hcp.complete(BUCKET, "v3")),
                self.file("2-assign.json", hcp.assign(BUCKET, "v3")),
                self.file("3-run.json", hcp.run_event("fin-payments-prod")),
                self.file("4-run.json", hcp.run_event("fin-payments-dev")),
                self.file("5-revoke.json", hcp.revoke(BUCKET, "v3"))]

    def explain(self, *arguments, code=0):
        if not self.relay.process:
            self.relay.configure(self.config)
        done = self.relay.run("explain", *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(os.listdir(self.scratch), [], "the scratch folder is left")
        for secret in self.relay.secrets:
            self.assertNotIn(secret, done.stdout + done.stderr)
        return done

    def report(self, *arguments, code=0):
        return json.loads(self.explain("--json", *arguments, code=code).stdout)

    def test_a_story_on_an_empty_store(self):
        report = self.report(*self.story())
        self.assertEqual((report["schema"], report["store"]), ("driftbell.explanation.v1", "empty"))
        self.assertFalse(os.path.exists(os.path.join(self.directory, "driftbell.db")), "a store was made")
        files = report["files"]
        self.assertEqual([file["answer"] for file in files], ["accepted"] * 5)
        self.assertEqual([file["source"]["name"] for file in files],
                         ["acme-packer", "acme-packer", "acme-terraform", "acme-terraform", "acme-packer"])
        revoke = files[4]
        self.assertEqual(revoke["event"]["kind"], "version.revoke")
        self.assertIn("v3 of " + BUCKET, revoke["event"]["facts"]["version"])
        incident, = revoke["incidents"]
        self.assertEqual((incident["change"], incident["incident"]["kind"], incident["incident"]["phase"]),
                         ("opened", "image.revocation", "revoked"))
        self.assertEqual(incident["why"], [BUCKET + " v3 revoked"])
        self.assertEqual([(row["name"], row["state"], row["certainty"], row["rule"]["number"])
                          for row in incident["workspaces"]],
                         [("fin-payments-dev", "affected", "possible", 1),
                          ("fin-payments-prod", "affected", "possible", 1)])
        self.assertEqual(
            [(route["route"], route["matches"], [(step["fate"], step["key"] or step["sink"], step["team"] or step["by"])
                                                 for step in route["steps"]]) for route in incident["routes"]],
            [("drift", False, [("refused", "kinds", None)]),
             ("info", False, [("refused", "severities", None)]),
             ("owners", True, [("tells", "ops-slack", "payments")]),
             ("all", True, [("tells", "siem", None), ("tells", "ops-slack", None)])])
        self.assertEqual({(one["sink"], one["route"], one["team"], one["reason"], one["wait_ms"])
                          for one in revoke["deliveries"]},
                         {("ops-slack", "owners", "payments", "opened", 10000), ("siem", "all", None, "opened", 0),
                          ("ops-slack", "all", None, "opened", 0)})
        for one in revoke["deliveries"]:
            self.assertEqual(one["document"]["schema"], "driftbell.notification.v1")
            self.assertIn("Image revoked: " + BUCKET, one["message"])
            self.assertIsNone(one["fault"])
        siem = next(one for one in revoke["deliveries"] if one["sink"] == "siem")
        self.assertIn("webhook-signature: v1,***", siem["message"])

    def test_for_people(self):
        text = self.explain(*self.story()).stdout
        for words in ("On an empty store", "read as    hcp_packer, source acme-packer, guessed",
                      "incident   image.revocation opened: phase revoked, severity critical, open",
                      "fin-payments-prod of northwind: affected, possible by rule 1 (bucket {unit}-{app}-images, "
                      "workspace {unit}-{app}-*)",
                      "drift                does not match: kinds", "info                 does not match: severities",
                      "owners               tells ops-slack for team payments",
                      "event      version.revoke: v3 of fin-payments-images: revoked\n",
                      "event      version.assign: channel production of fin-payments-images points to v3\n",
                      "incident   none is touched: no workspace is known",
                      "message    to siem (webhook): opened, by route all, about image.revocation inc_",
                      "    | application/json, signed: the document driftbell.notification.v1\n",
                      "    | Image revoked: fin-payments-images v3\n", "    | *Severity*\n"):
            self.assertIn(words, text)
        for words in ("identity", "{", "\"blocks\""):
            self.assertNotIn(words, text.replace("{unit}-{app}", ""))
        text = self.explain("--bodies", *self.story()).stdout
        for words in ("    |   \"title\": \"Image revoked: ", "    |   \"blocks\": [", "    | webhook-signature: v1,***"):
            self.assertIn(words, text)

    def test_a_mail_is_shown_as_its_reader_sees_it(self):
        self.config["sinks"].append({"name": "list", "email": {
            "server": "mail.example.com:587", "from": "Größe <driftbell@example.com>",
            "to": ["security@example.com", "ops@example.com"]}})
        self.config["routes"][-1]["to"] = ["list"]
        story = self.story()
        story[4] = self.file("5-revoke.json", hcp.revoke(BUCKET, "v3", "Lücke = groß " + "x" * 120))
        text = self.explain(*story).stdout
        for words in ("    | From: Größe <driftbell@example.com>\n",
                      "    | To: security@example.com, ops@example.com\n",
                      f"    | Subject: Revocation of {BUCKET} v3\n", "    | Message-ID: <ntf_",
                      "    | Reason given: Lücke = groß " + "x" * 120 + "\n"):
            self.assertIn(words, text)
        for words in ("=3D", "<html", "Content-Type", "=_driftbell_"):
            self.assertNotIn(words, text)
        text = self.explain("--bodies", *story).stdout
        for words in ("=3D", "Content-Type: multipart/alternative"):
            self.assertIn(words, text)

    def test_what_follows_a_message_edits_it_answers_it_or_goes_into_its_thread(self):
        self.relay.key("bot.token", "xoxb-1")
        self.config["sinks"] += [
            {"name": "bot", "slack": {"token_file": "bot.token", "channel": "#alerts"}},
            {"name": "list", "email": {"server": "mail.example.com:587", "from": "driftbell@example.com",
                                       "to": ["security@example.com"]}}]
        self.config["routes"] = [{"name": "all", "match": {"kinds": ["image.revocation"]}, "to": ["bot", "list"],
                                  "wait": "0s"}]
        story = self.story() + [self.file("6-assign.json", hcp.assign(BUCKET, "v4", previous="v3")),
                                self.file("7-run.json", hcp.run_event("fin-payments-prod")),
                                self.file("8-restore.json", hcp.restore(BUCKET, "v3"))]
        files = self.report(*story)["files"]
        sent = {sink: [one["message"] for file in files for one in file["deliveries"] if one["sink"] == sink]
                for sink in ("bot", "list")}
        calls = [[line for line in message.splitlines() if line.startswith("chat.")] for message in sent["bot"]]
        # One moves off: the message is edited, and nobody is told.  It is over: edited, and answered.
        self.assertEqual(calls, [["chat.postMessage"], ["chat.update"], ["chat.update", "chat.postMessage"]])
        self.assertNotIn('"ts"', sent["bot"][0])
        self.assertRegex(sent["bot"][1], r'"ts": "\d+\.\d{6}"')
        self.assertRegex(sent["bot"][2], r'"thread_ts": "\d+\.\d{6}"')
        first, last = sent["list"]
        root = next(line for line in first.splitlines() if line.startswith("Message-ID: ")).split()[1]
        self.assertIn(f"In-Reply-To: {root}", last)

    def test_what_hcp_terraform_tells_opens_its_kind(self):
        folder = os.path.join(ROOT, "tests", "data", "hcp_terraform")
        for name, kind in (("assessment-check-failure", "workspace.check_failed"),
                           ("assessment-failed", "workspace.assessment_failed"),
                           ("auto-destroy-reminder", "workspace.auto_destroy"),
                           ("auto-destroy-not-started", "workspace.auto_destroy"),
                           ("run-waits-for-approval", "workspace.run_waiting"),
                           ("change-request", "workspace.change_request")):
            incidents = self.report(os.path.join(folder, name, "input.json"))["files"][0]["incidents"]
            self.assertEqual([(i["change"], i["incident"]["kind"]) for i in incidents], [("opened", kind)], name)

    def test_why_nothing_follows(self):
        folder = os.path.join(ROOT, "tests", "data", "hcp_terraform")
        for name, words in (("run-canceled-granular-trigger", "neither failed nor does it wait for a person"),
                            ("run-applied", "a run that succeeds opens no incident"),
                            ("auto-destroy-results", "no incident is open that ends with it"),
                            ("workspace-deleted", "no incident is open that ends with the workspace")):
            path = os.path.join(folder, name, "input.json")
            self.assertIn(words, self.report(path)["files"][0]["nothing"], name)
            self.assertIn("none is touched: ", self.explain(path).stdout)
        story = self.story()
        with open(story[4], encoding="utf-8") as file:
            again = self.file("again.json", json.load(file) | {"event_id": "another"})
        *_, revoke, again = self.report(*story, again)["files"]
        self.assertIsNone(revoke["nothing"])
        self.assertIn("known already", again["nothing"])

    def test_what_was_told_counts_for_the_next_file(self):
        story = self.story()
        back = self.file("back.json", hcp.restore(BUCKET, "v3"))
        *_, revoke, restore, copy = self.report(*story, back, story[4])["files"]
        self.assertEqual(revoke["deliveries"][0]["reason"], "opened")
        self.assertEqual({one["reason"] for one in restore["deliveries"]}, {"resolved"})
        self.assertEqual(restore["incidents"][0]["change"], "resolved")
        self.assertEqual((copy["answer"], copy["duplicate_of"]), ("duplicate", revoke["event"]["id"]))
        self.assertEqual((copy["incidents"], copy["deliveries"]), ([], []))

    def test_a_copy_of_a_store_in_use(self):
        story = self.story()
        self.start()
        for path, sender in zip(story[:4], (self.packer, self.packer, self.terraform, self.terraform)):
            with open(path, encoding="utf-8") as file:
                self.assertEqual(sender.post(json.load(file)).json["status"], "accepted")
        self.fence("core")
        store = os.path.join(self.directory, "driftbell.db")
        before = {path: digest(path) for path in (store, store + "-wal")}
        names = sorted(os.listdir(self.directory))
        told = len(self.receiver.documents)
        report = self.report(story[4], story[0])
        self.assertEqual(report["store"], "copy")
        revoke, copy = report["files"]
        self.assertEqual([row["name"] for row in revoke["incidents"][0]["workspaces"]],
                         ["fin-payments-dev", "fin-payments-prod"])
        self.assertEqual(copy["answer"], "duplicate")
        fresh = self.report("--fresh", story[4])
        self.assertEqual(fresh["store"], "empty")
        self.assertEqual([one["workspaces"] for one in fresh["files"][0]["incidents"]], [[]] * len(
            fresh["files"][0]["incidents"]))
        self.assertEqual({path: digest(path) for path in before}, before, "the store was written")
        self.assertEqual(sorted(os.listdir(self.directory)), names)
        self.assertEqual(len(self.receiver.documents), told, "something was sent")
        self.relay.stop()
        # The relay ended: no log, and none is made by looking.
        before, names = digest(store), sorted(os.listdir(self.directory))
        self.assertNotIn("driftbell.db-wal", names)
        self.assertEqual(self.report(story[0])["files"][0]["answer"], "duplicate")
        self.assertEqual((digest(store), sorted(os.listdir(self.directory))), (before, names))

    def test_what_is_owed_already_is_not_news(self):
        self.config["routes"] = [{"name": "all", "match": {"kinds": ["*"]}, "to": ["siem"], "wait": "1h"}]
        story = self.story()
        self.start()
        for path, sender in zip(story, (self.packer, self.packer, self.terraform, self.terraform, self.packer)):
            with open(path, encoding="utf-8") as file:
                sender.post(json.load(file))
        self.until_processed(5)
        other = self.file("other.json", hcp.complete("fin-other-images", "v1"))
        deliveries = self.report(other)["files"][0]["deliveries"]
        self.assertEqual([one["document"]["image"]["bucket"] for one in deliveries], ["fin-other-images"])
        # Nothing of the open incident was sent yet: its end is an end that nobody needs to hear but as one message.
        back = self.file("back.json", hcp.restore(BUCKET, "v3"))
        self.assertEqual([one["reason"] for one in self.report(back)["files"][0]["deliveries"]], ["resolved"])

    def until_processed(self, count):
        until(lambda: len(self.relay.items("events", state="processed")) == count, what="all events planned")

    def test_what_cannot_be_read(self):
        broken = self.file("broken.json", '{"a": 1,\n  "b" 2}')
        strange = self.file("strange.json", {"hello": "world"})
        test = self.file("test.json", hcp.packer_test())
        odd = self.file("odd.json", hcp.packer_event("teleport", BUCKET, "v3"))
        missing = os.path.join(self.directory, "missing.json")
        done = self.explain(broken, strange, test, odd, missing, code=1)
        self.assertIn(f"refused    {broken}:2:7: ", done.stdout)
        self.assertIn(f"{strange}:1:1: no configured source knows it", done.stdout)
        self.assertIn("verified: a test request", done.stdout)
        self.assertIn(f"{missing}:1:1: cannot open it: No such file", done.stdout)
        # An action that is new: only who is told its source knows that it is one.
        report = self.report("--source", "acme-packer", odd)["files"][0]
        self.assertEqual((report["event"]["state"], report["incidents"][0]["incident"]["kind"]),
                         ("unknown", "relay.unknown_event"))
        self.assertFalse(report["source"]["guessed"])
        report = self.report("--source", "nobody", odd, code=1)["files"][0]
        self.assertEqual((report["fault"], report["candidates"]),
                         ('the config has no source "nobody"', ["acme-terraform", "acme-packer", "acme-run-task"]))
        self.assertIn(': acme-terraform, acme-packer, acme-run-task (--source NAME',
                      self.explain("--source", "nobody", odd, code=1).stdout)
        self.assertIn('the config has no source "nobody": it has acme-terraform, acme-packer, acme-run-task\n',
                      self.relay.run("send", "nobody", odd).stderr)
        self.assertEqual(self.relay.run("explain").returncode, 2)
        self.assertEqual(self.relay.run("explain", "--bodies", "--json", odd).returncode, 2)
        self.assertEqual(self.relay.run("explain", "--sauce", "x", odd).returncode, 2)

    def test_a_body_over_the_limit_is_refused(self):
        self.config["limits"] = {"body": "1k"}
        big = self.file("big.json", hcp.complete(BUCKET, "v3", payload={"x": "y" * 2000}))
        self.assertEqual(self.report(big, code=1)["files"][0]["answer"], "refused")

    def test_several_sources_of_a_kind(self):
        path, _ = self.relay.key("second.key")
        self.config["sources"].append({"name": "second", "hcp_packer": {"hmac_key_file": path}})
        source = self.report(self.story()[0])["files"][0]["source"]
        self.assertEqual((source["name"], source["alike"]), ("acme-packer", ["second"]))

    def test_a_run_task_shows_its_callback_and_never_its_token(self):
        token = "tok-0123456789abcdef0123"
        self.relay.secrets.append(token)
        task = self.file("task.json", hcp.run_task_event("fin-payments-prod", "https://127.0.0.1:1/callback", token))
        delivery, = self.report(task)["files"][0]["deliveries"]
        self.assertEqual((delivery["sink"], delivery["kind"], delivery["document"]["status"]),
                         (None, "task_callback", "running"))
        task = self.file("before.json", hcp.run_task_event("fin-payments-prod", "https://127.0.0.1:1/callback", token,
                                                           stage="pre_plan"))
        delivery, = self.report(task)["files"][0]["deliveries"]
        self.assertEqual(delivery["document"]["status"], "passed")

    def test_secrets_are_not_shown(self):
        path, _ = self.relay.key("value.key", "a-routing-key-that-nobody-sees")
        folder = os.path.join(self.directory, "templates")
        os.mkdir(folder)
        with open(os.path.join(folder, "own.json"), "w", encoding="utf-8") as file:
            file.write('{"key": "{{values.key}}", "plain": "{{values.plain}}", "title": "{{title}}"}')
        self.config["templates"] = {"folder": folder}
        self.config["sinks"][0]["webhook"] |= {
            "template": "own", "values": [{"name": "key", "value_file": path}, {"name": "plain", "value": "seen"}],
            "headers": [{"name": "X-Token", "value_file": path}]}
        message = next(one["message"] for one in self.report(self.story()[0])["files"][0]["deliveries"]
                       if one["sink"] == "siem")
        self.assertIn("X-Token: ***\n", message)
        self.assertEqual(json.loads(message.split("\n\n", 1)[1])["key"], "***")
        self.assertEqual(json.loads(message.split("\n\n", 1)[1])["plain"], "seen")

    def test_a_template_that_fails_is_said(self):
        folder = os.path.join(self.directory, "templates")
        os.mkdir(folder)
        with open(os.path.join(folder, "own.json"), "w", encoding="utf-8") as file:
            # More than a rendering may be, with a reason longer than any sample's.
            file.write('{"all": {"$each": "workspaces", "$do": "{{image.reason}}"}}')
        self.config["templates"] = {"folder": folder}
        self.config["sinks"][0]["webhook"]["template"] = "own"
        story = self.story()[:4] + [self.file(f"run-{i}.json", hcp.run_event(f"fin-payments-{i:02}"))
                                    for i in range(60)]
        story.append(self.file("5-revoke.json", hcp.revoke(BUCKET, "v3", "x" * 9000)))
        report = self.report(*story, code=1)["files"][-1]
        siem = next(one for one in report["deliveries"] if one["sink"] == "siem")
        self.assertIn("own.json", siem["fault"])
        self.assertIn('"schema": "driftbell.notification.v1"', siem["message"])

    def test_hostile_names_never_reach_the_terminal(self):
        story = [self.file("1.json", hcp.complete(BUCKET, HOSTILE, reason="x")),
                 self.file("2.json", hcp.assign(BUCKET, HOSTILE)),
                 self.file("3.json", hcp.run_event("fin-payments-\x1b[2Jprod\x7f", message="\x1b[31m\x9b")),
                 self.file("4.json", hcp.revoke(BUCKET, HOSTILE, reason="\x1b]8;;http://evil\x07click\x00"[:-1])),
                 self.file("5\x1b[31m.json", '{"a": "\x1b'),]
        done = self.explain(*story, code=1)
        for text in (done.stdout, done.stderr):
            self.assertFalse([c for c in text if (ord(c) < 32 and c not in "\n\t") or 0x7f <= ord(c) < 0xa0], "raw")
        self.assertIn(r"\x1B", done.stdout)
        text = self.explain("--json", *story, code=1).stdout
        self.assertTrue(text.isascii())
        self.assertFalse([c for c in text if ord(c) < 32 and c != "\n"])

    def test_nothing_is_left_by_one_that_is_ended(self):
        self.relay.configure(self.config)
        pipe = os.path.join(self.directory, "pipe")
        os.mkfifo(pipe)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            process = subprocess.Popen([BINARY, "--config", self.relay.path, "explain", pipe],
                                       env={**os.environ, **self.relay.environment})
            until(lambda: glob.glob(self.scratch + "/*/store.db"), what="a scratch store")
            folder, = os.listdir(self.scratch)
            self.assertEqual(os.stat(os.path.join(self.scratch, folder)).st_mode & 0o777, 0o700)
            process.send_signal(number)
            self.assertEqual(process.wait(30), -number)
            self.assertEqual(os.listdir(self.scratch), [])

    def test_nothing_is_left_when_the_folder_cannot_be_made(self):
        self.relay.environment = {"TMPDIR": os.path.join(self.directory, "nowhere")}
        self.relay.configure(self.config)
        done = self.relay.run("explain", self.story()[0])
        self.assertEqual(done.returncode, 1)
        self.assertIn("no scratch folder", done.stderr)

    def test_a_store_of_something_else_is_an_error(self):
        self.file("driftbell.db", "not a database, and longer than the header of one " * 30)
        done = self.explain(self.story()[0], code=1)
        self.assertIn("driftbell.db cannot be copied", done.stderr)
        self.assertEqual(glob.glob(os.path.join(self.directory, "driftbell.db?*")), [])


if __name__ == "__main__":
    unittest.main()
