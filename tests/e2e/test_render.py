"""`driftbell render`: one template on one payload, as its destination would get it."""

import email
import email.policy
import json
import os
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUCKET = "fin-payments-images"
SAMPLE = "sample:image.revocation revoked"


class Render(RelayCase):
    wants_slack = True

    def setUp(self):
        super().setUp()
        self.scratch = os.path.join(self.directory, "tmp")
        self.folder = os.path.join(self.directory, "own")
        for path in (self.scratch, self.folder, os.path.join(self.folder, "image.revocation")):
            os.mkdir(path)
        self.relay.environment = {"TMPDIR": self.scratch}
        self.config["templates"] = {"folder": self.folder}
        self.config["sinks"].append({"name": "list", "email": {
            "server": "mail.example.com:587", "from": "Driftbell <driftbell@example.com>",
            "to": ["security@example.com"]}})
        self.config["routes"][0]["to"].append("list")

    def file(self, name, text, folder=None):
        path = os.path.join(folder or self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text if isinstance(text, str) else json.dumps(text))
        return path

    def run_render(self, *arguments, code=0):
        self.relay.configure(self.config)
        done = self.relay.run("render", *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(os.listdir(self.scratch), [])
        for secret in self.relay.secrets:
            self.assertNotIn(secret, done.stdout + done.stderr)
        return done

    def rendered(self, *arguments):
        return self.run_render(*arguments).stdout

    def fault(self, *arguments):
        done = self.run_render(*arguments, code=1)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_the_set_and_the_samples_are_listed(self):
        self.file("todo.mustache", "Ours.", os.path.join(self.folder, "image.revocation"))
        listed = dict(line.split(None, 1) for line in self.rendered("--list").splitlines())
        self.assertEqual(listed["notification.html"], "templates/notification.html")
        self.assertEqual(listed["image.revocation/todo.mustache"], self.folder + "/image.revocation/todo.mustache")
        self.assertIn("image.revocation revoked", self.rendered("--samples").splitlines())

    def test_a_sample_through_a_shipped_template(self):
        self.assertIn("base-ubuntu-2204 v3", self.rendered("notification.line", SAMPLE))
        self.assertIn("<!DOCTYPE html>", self.rendered("notification.html", SAMPLE))
        slack = json.loads(self.rendered("notification.slack.json", SAMPLE))
        self.assertIs(slack["unfurl_links"], False)
        self.assertTrue(slack["blocks"])

    def test_a_partial_and_the_one_of_a_kind(self):
        shipped = self.rendered("todo.mustache", SAMPLE)
        self.assertTrue(shipped.strip())
        self.assertEqual(self.rendered("image.revocation/todo.mustache", SAMPLE), shipped)
        self.assertIn("the template is for image.revocation, and this is workspace.drift",
                      self.fault("image.revocation/todo.mustache", "sample:workspace.drift open"))
        self.file("todo.mustache", "Call {{team}} about {{image.bucket}}.", os.path.join(self.folder, "image.revocation"))
        self.assertEqual(self.rendered("todo.mustache", SAMPLE), "Call payments about base-ubuntu-2204.\n")

    def test_a_partial_that_only_one_kind_has(self):
        self.file("only.mustache", "Only {{incident.kind}}.", os.path.join(self.folder, "image.revocation"))
        self.assertEqual(self.rendered("image.revocation/only.mustache", SAMPLE), "Only image.revocation.\n")

    def test_a_file_that_is_not_in_the_folder_yet(self):
        draft = self.file("notification.html", "<p>{{title}} {{> todo}}</p>")
        self.assertIn("<p>Image revoked: base-ubuntu-2204 v3", self.rendered(draft, SAMPLE))
        self.file("todo.mustache", "The one in the folder.", os.path.join(self.folder, "image.revocation"))
        self.assertIn("The one in the folder.", self.rendered(draft, SAMPLE))
        os.mkdir(kind := os.path.join(self.directory, "image.revocation"))
        partial = self.file("todo.mustache", "The draft.", kind)
        self.assertEqual(self.rendered(partial, SAMPLE), "The draft.\n")
        self.assertIn("The draft.", self.rendered("--sink", "list", partial, SAMPLE))

    def test_a_path_is_that_very_file(self):
        # The kind has one of its own, shipped and in the folder.
        self.file("todo.mustache", "The one in the folder.", os.path.join(self.folder, "image.revocation"))
        draft = self.file("todo.mustache", "The draft.")
        self.assertEqual(self.rendered(draft, SAMPLE), "The draft.\n")
        self.assertEqual(self.rendered(draft, "sample:workspace.drift open"), "The draft.\n")
        self.assertIn("The draft.", self.rendered("--sink", "list", draft, SAMPLE))
        self.assertEqual(self.rendered("todo.mustache", SAMPLE), "The one in the folder.\n")

    def test_a_name_of_the_set_is_not_the_file_beside(self):
        self.relay.configure(self.config)
        self.file("todo.mustache", "The one in the folder.", os.path.join(self.folder, "image.revocation"))
        self.file("todo.mustache", "The file beside.")
        self.file("notification.txt", "")  # what a shell made of > notification.txt
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        for folder, name, words, warns in (
                (self.directory, "todo.mustache", "The one in the folder.", True),
                (self.directory, "./todo.mustache", "The file beside.", False),
                (self.directory, "notification.txt", "", False),
                (os.path.join(self.folder, "image.revocation"), "todo.mustache", "The one in the folder.", False)):
            os.chdir(folder)
            done = self.relay.run("render", name, SAMPLE)
            os.chdir(here)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(done.stdout.startswith(words), done.stdout)
            self.assertEqual("./ before it means the file here" in done.stderr, warns, name)

    def test_an_ending_that_is_none(self):
        draft = self.file("notification.html.new", "<p>{{title}}</p>")
        self.assertIn(draft + ":1:1: a template's name ends in .slack.json, ", self.fault(draft, SAMPLE))

    def test_a_shipped_template_is_printed_without_a_config(self):
        self.run_render("--list")
        os.remove(self.relay.path)
        for name in ("image.revocation/todo.mustache", "notification.html"):
            done = self.relay.run("render", "--print", name)
            with open(os.path.join(ROOT, "templates", name), encoding="utf-8") as file:
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, file.read(), ""))
        done = self.relay.run("render", "--print", "notification.htm")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("did you mean notification.html?", done.stderr)
        done = self.relay.run("render", "--list")
        self.assertEqual(done.returncode, 0)
        self.assertIn("templates/notification.html\n", done.stdout)
        self.assertIn("only the shipped templates", done.stderr)
        self.assertEqual(self.relay.run("render", "--samples").returncode, 0)

    def test_faults_have_their_place(self):
        draft = self.file("notification.txt", "fine\n  {{#a}} {{x | datum}} {{{raw}}}\n")
        fault = self.fault(draft, SAMPLE)
        self.assertIn(f"{draft}:2:3: the section \"a\" has no end\n", fault)
        self.assertRegex(fault, rf"{draft}:2:\d+: .*datum")
        self.assertIn("nosuch.txt:1:1: there is no such template", self.fault("nosuch.txt", SAMPLE))
        self.assertIn("did you mean \"image.revocation revoked\"", self.fault("notification.txt", SAMPLE[:-2] + "d"))
        broken = self.file("broken.json", '{"a"\n 1}')
        self.assertIn(f"{broken}:2:2: ", self.fault("notification.txt", broken))
        missing = os.path.join(self.directory, "missing")
        self.assertIn(f"{missing}:1:1: cannot open it", self.fault("notification.txt", missing))

    def test_a_sink_that_does_not_take_it(self):
        self.assertIn("ops-slack is a slack sink, whose templates end in .slack.json",
                      self.fault("--sink", "ops-slack", "notification.html", SAMPLE))
        self.assertIn("siem is a webhook sink, whose templates end in .json",
                      self.fault("--sink", "siem", "notification.slack.json", SAMPLE))
        self.assertIn('no sink "nobody": it has siem, ops-slack, list\n',
                      self.fault("--sink", "nobody", "notification.html", SAMPLE))

    def test_a_mail_whole(self):
        text = self.rendered("--sink", "list", "notification.html", SAMPLE)
        mail = email.message_from_string(text, policy=email.policy.default)
        self.assertEqual(mail["To"], "security@example.com")
        self.assertIn("base-ubuntu-2204", mail["Subject"])
        self.assertEqual([part.get_content_type() for part in mail.iter_parts()], ["text/plain", "text/html"])

    def test_values_of_a_webhook(self):
        path, _ = self.relay.key("routing.key", "a-routing-key-that-nobody-sees")
        self.config["sinks"][0]["webhook"]["values"] = [{"name": "key", "value_file": path},
                                                        {"name": "who", "value": "us"}]
        self.config["sinks"][0]["webhook"]["template"] = "pager"
        draft = self.file("pager.json", '{"key": "{{values.key}}", "who": "{{values.who}}", "n": {"$json": "revision"}}',
                          self.folder)
        self.assertEqual(json.loads(self.rendered(draft, SAMPLE)), {"key": "", "who": "", "n": 1})
        headers, body = self.rendered("--sink", "siem", "pager.json", SAMPLE).split("\n\n", 1)
        self.assertEqual(json.loads(body), {"key": "***", "who": "us", "n": 1})
        self.assertIn("webhook-signature: v1,***", headers)

    def test_a_webhook_gives_notifications(self):
        payload = self.file("complete.json", hcp.complete(BUCKET, "v7"))
        self.assertIn(BUCKET + " v7", self.rendered("notification.line", payload))
        self.assertIn(BUCKET + " v7", self.rendered("--sink", "list", "notification.line", payload))
        self.config["routes"][0]["match"] = {"kinds": ["image.released"]}
        self.config["routes"].append({"name": "twice", "match": {"kinds": ["image.released"]}, "to": ["siem"],
                                      "per": "team"})
        first = self.run_render("notification.line", payload)
        self.assertIn("notification 1 of 2, to siem (--all renders each)", first.stderr)
        self.assertEqual(len(first.stdout.splitlines()), 1)
        self.assertEqual(len(self.rendered("--all", "notification.line", payload).splitlines()), 2)
        quiet = self.file("assign.json", hcp.assign(BUCKET, "v7"))
        self.assertIn("assign.json:1:1: no notification follows from it: no workspace is known",
                      self.fault("notification.line", quiet))
        self.assertIn('no source "nobody": acme-terraform, acme-packer, acme-run-task (--source NAME',
                      self.fault("--source", "nobody", "notification.line", quiet))
        test = self.file("test.json", hcp.packer_test())
        self.assertIn("it is a verification event", self.fault("notification.line", test))
        self.assertFalse(os.path.exists(os.path.join(self.directory, "driftbell.db")))

    def test_a_document_that_was_sent(self):
        self.start()
        self.send(hcp.complete(BUCKET, "v8"))
        sent = self.file("sent.json", self.document("image.released"))
        self.assertIn(BUCKET + " v8", self.rendered("notification.line", sent))

    def test_one_that_was_received_needs_fresh(self):
        self.start()
        payload = hcp.complete(BUCKET, "v8")
        self.send(payload)
        self.document("image.released")
        received = self.file("received.json", payload)
        done = self.relay.run("render", "notification.line", received)
        self.assertIn("duplicate event: nothing is told (--fresh plays it on an empty store)", done.stderr)
        self.assertIn(BUCKET + " v8", self.relay.run("render", "--fresh", "notification.line", received).stdout)
        self.assertIn("(--fresh plays it", self.relay.run("explain", received).stdout)

    def test_hostile_bytes_never_reach_the_terminal(self):
        payload = self.file("hostile.json", hcp.complete(BUCKET, "v1\x1b]0;x\x07\x9b31m\x7f"))
        for template in ("notification.line", "notification.txt", "notification.html", "notification.slack.json"):
            text = self.rendered(template, payload)
            self.assertFalse([c for c in text if (ord(c) < 32 and c not in "\n\t") or 0x7f <= ord(c) < 0xa0], template)
        for sink, template in (("list", "notification.txt"), ("ops-slack", "notification.slack.json")):
            text = self.rendered("--sink", sink, template, payload)
            self.assertFalse([c for c in text if (ord(c) < 32 and c not in "\n\t") or 0x7f <= ord(c) < 0xa0], sink)

    def test_usage(self):
        for arguments in ((), ("notification.html",), ("--list", "x"), ("--list", "--samples"),
                          ("a", "b", "c"), ("--wrong", "a", "b"), ("--print", "a", "b"), ("--print",),
                          ("--print", "a", "--list")):
            self.run_render(*arguments, code=2)


if __name__ == "__main__":
    unittest.main()
