"""Configuration as it is lived with: reloads, faults, files that others can read."""

import copy
import json
import os
import re
import subprocess
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.relay import BINARY, Relay
from harness.server import StandIn
from harness.wait import SLOWER, until

IMAGES = "retail-checkout-images"


class Reload(RelayCase):
    def setUp(self):
        super().setUp()
        self.start()

    def still_serves(self):
        self.assertEqual(self.packer.post(hcp.packer_test()).status, 200)

    def test_a_bad_config_keeps_the_old_one_and_says_why(self):
        bad = copy.deepcopy(self.config)
        bad["routes"][0]["to"] = ["nobody-here"]
        for text, word in (("sources: [", ":"), ("surces: []\n", "surces"), (None, "nobody-here")):
            begin = len(self.relay.lines)
            if text is None:
                self.relay.reload(bad)
            else:
                self.relay.write(text)
                self.relay.reload()
            until(lambda: self.relay.logged(word, begin), what=f"{word} in the log")
            self.still_serves()
        self.fence("kept")

    def test_a_loose_secret_keeps_the_old_config(self):
        os.chmod(os.path.join(self.directory, "packer.key"), 0o644)
        self.relay.reload()
        self.assertTrue(self.relay.logged("packer.key"))
        self.still_serves()

    def test_a_new_source_and_a_new_rule_work_without_a_restart(self):
        self.send(hcp.complete("odd-name", "v1"), hcp.assign("odd-name", "v1"), hcp.run_event("special"))
        self.fence("before")
        config = copy.deepcopy(self.config)
        config["correlate"].append({"bucket": "odd-name", "workspace": "special"})
        path, key = self.relay.key("second.key")
        config["sources"].append({"name": "second", "hcp_packer": {"hmac_key_file": path}})
        self.relay.reload(config)
        second = self.relay.sender("second", "packer", key)
        self.assertEqual(second.post(hcp.revoke("odd-name", "v1")).status, 200)
        found = self.document("image.revocation", bucket="odd-name")
        self.assertEqual(found["workspaces"][0]["name"], "special")

    def test_a_removed_source_is_404(self):
        config = copy.deepcopy(self.config)
        config["sources"] = config["sources"][:1]
        self.relay.reload(config)
        self.assertEqual(self.packer.post(hcp.packer_test()).status, 404)

    def test_what_cannot_change_is_named_and_stays(self):
        config = copy.deepcopy(self.config)
        config["store"] = {"url": "sqlite:other.db"}
        before = self.relay.ingest
        self.relay.reload(config)
        until(lambda: self.relay.logged("store"), what="a word about the store")
        self.still_serves()
        self.assertEqual(self.relay.ingest, before)
        self.assertFalse(os.path.exists(os.path.join(self.directory, "other.db")))

    def waiting(self, config=None):
        """What a reload says of keys that wait for a restart."""
        begin = len(self.relay.lines)
        self.relay.reload(config)
        until(lambda: self.relay.logged("config reloaded", begin))
        return [re.search(r"keys=(\S+|\".*?\")$", line)[1] for line in self.relay.logged("at the next start", begin)]

    def test_what_waits_for_a_restart_is_told_until_it_is_what_runs(self):
        config = copy.deepcopy(self.config)
        config["store"] = {"retention": "30d"}
        self.assertEqual(self.waiting(config), ["store.retention"])
        self.assertEqual(self.waiting(), ["store.retention"])
        self.assertEqual(self.waiting(self.config), [])

    def test_many_reloads_under_load_lose_nothing(self):
        for number in range(12):
            self.send(hcp.complete(IMAGES, f"v{number + 1}"))
            self.relay.hup()
        until(lambda: len(self.receiver.about("image.released", bucket=IMAGES)) == 12)


class Check(RelayCase):
    def test_every_fault_is_told_at_once_with_file_line_and_column(self):
        self.relay.write("""\
sources:
  - name: acme
    hcp_packer: {hmac_key_file: missing.key, colour: red}
sinks:
  - name: hook
    webhook:
      url: "ftp://example.com/"
      secret_file: missing.secret
routes:
  - name: one
    match: {kinds: ["nothing.*"]}
    to: [nobody]
    wait: soon
""")
        result = self.relay.run("check")
        self.assertEqual(result.returncode, 1)
        for line, word in ((3, "missing.key"), (3, "colour"), (7, "url needs"), (8, "missing.secret"),
                           (11, "nothing"), (12, "nobody"), (13, "wait|soon|duration")):
            self.assertRegex(result.stderr + result.stdout, rf"driftbell\.yaml:{line}:\d+: .*({word})")

    def test_hosts_that_no_url_could_ever_have_are_a_fault(self):
        path, _ = self.relay.key("task.key")
        for host in ("https://tfe.example.com", "tfe.example.com:443", "tfe.example.com/", "*.example.com"):
            self.relay.configure({**self.config, "sources": [
                {"name": "acme", "hcp_run_task": {"hmac_key_file": path, "allowed_hosts": [host]}}]})
            result = self.relay.run("check")
            self.assertEqual(result.returncode, 1, host)
            self.assertIn(f'allowed_hosts needs names of hosts, without https:// and port, not "{host}"', result.stdout)

    def test_templates_are_checked_though_the_config_is_faulty(self):
        folder = os.path.join(self.directory, "words")
        os.mkdir(folder)
        with open(os.path.join(folder, "own.txt"), "w", encoding="utf-8") as file:
            file.write("{{#open}}")
        self.relay.write("colour: red\ntemplates: {folder: words}\n")
        result = self.relay.run("check")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"driftbell\.yaml:1:1: .*colour")
        self.assertIn(f"{folder}/own.txt:1:1: the section \"open\" has no end", result.stdout)

    def test_templates_of_sinks_are_looked_for_though_the_config_is_faulty(self):
        sinks = """\
sinks:
  - name: hook
    webhook: {url: "https://siem.example.com/", template: ../x}
  - name: list
    email: {template: nowhere, server: "mail.example.com:25", from: nobody}
"""
        folder = os.path.join(self.directory, "words")
        os.mkdir(folder)
        with open(os.path.join(folder, "nowhere.txt"), "w", encoding="utf-8") as file:
            file.write("{{title}}\n")
        self.relay.write(sinks)
        told = self.relay.run("check").stdout
        self.assertRegex(told, r'driftbell\.yaml:3:59: sink "hook": there is no template "../x.json"')
        self.assertRegex(told, r'driftbell\.yaml:5:23: sink "list": there is no template "nowhere.txt"')
        self.relay.write(sinks + "templates: {folder: words}\n")
        told = self.relay.run("check").stdout
        self.assertIn("from: ", told)
        self.assertIn("nowhere.line", told)
        self.assertNotIn('no template "nowhere.txt"', told)
        # What its folder has is not known.
        self.relay.write(sinks + "templates: {folder: [words]}\n")
        self.assertNotIn("there is no template", self.relay.run("check").stdout)

    def test_a_templates_folder_that_is_missing_is_told_where_it_is_named(self):
        for first in ("", "colour: red\n"):
            self.relay.write(f"{first}templates:\n  folder: nowhere\n")
            result = self.relay.run("check")
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stdout, rf"driftbell\.yaml:{3 if first else 2}:11: templates: the folder "
                                            rf'"{self.directory}/nowhere" cannot be read: No such file')

    def test_a_mail_sink_tells_all_its_faults(self):
        self.config["sinks"].append({"name": "list", "email": {
            "server": "mail.example.com:587", "from": "driftbell@example.com", "to": ["ops@example.com"],
            "hello": "a b", "reply_to": "nobody", "ca_file": "nowhere.pem"}})
        self.config["routes"][0]["to"].append("list")
        self.relay.configure(self.config)
        result = self.relay.run("check")
        self.assertEqual(result.returncode, 1)
        for words in ("hello: ", "reply_to: ", "ca_file: \"" + self.directory + "/nowhere.pem\" cannot be read"):
            self.assertRegex(result.stdout, rf"(?m)^\S*driftbell\.yaml:\d+:\d+: email: {re.escape(words)}")

    def test_a_url_that_sending_would_refuse_is_a_fault_and_not_shown(self):
        self.relay.key("chat.url", "https://10.0.0.7/services/T0/B0/hidden")
        self.config["sinks"] = [
            {"name": "plain", "webhook": {"url": "http://siem.example.com/in", "secret_file": "siem.secret"}},
            {"name": "near", "webhook": {"url": "https://[::1]:1/in", "secret_file": "siem.secret"}},
            {"name": "given", "webhook": {"url_file": "chat.url", "secret_file": "siem.secret"}},
            {"name": "chat", "slack": {"webhook_url_file": "chat.url"}},
            {"name": "bot", "slack": {"token_file": "siem.secret", "channel": "#c", "api_url": "http://127.0.0.1:1/api"}},
        ]
        self.config["routes"][0]["to"] = ["plain", "near", "given", "chat", "bot"]
        self.relay.configure(self.config)
        result = self.relay.run("check")
        self.assertEqual(result.returncode, 1)
        private, plain = "leads to a loopback or private address", "is plain http"
        for words in (f"webhook: url {plain}", f"webhook: url {private}", rf"webhook: the URL in file \S*chat.url {private}",
                      rf"slack: the URL in file \S*chat.url {private}", f"slack: api_url {plain}"):
            self.assertRegex(result.stdout, rf"driftbell\.yaml:\d+:\d+: {words}, which needs allow_private: true")
        self.assertNotIn("hidden", result.stdout + result.stderr)
        for sink in self.config["sinks"]:
            next(iter(value for key, value in sink.items() if key != "name"))["allow_private"] = True
        self.relay.configure(self.config)
        self.assertEqual(self.relay.run("check").returncode, 0)

    def test_a_good_config_is_0_and_wrong_usage_is_2(self):
        self.relay.configure(self.config)
        self.assertEqual(self.relay.run("check").returncode, 0, self.relay.run("check").stderr)
        self.assertEqual(self.relay.run("no-such-command").returncode, 2)
        self.assertEqual(self.relay.run("send").returncode, 2)

    def test_secret_files_that_others_can_read_are_refused(self):
        for mode in (0o644, 0o640, 0o604, 0o666):
            os.chmod(os.path.join(self.directory, "packer.key"), mode)
            self.relay.configure(self.config)
            result = self.relay.run("check")
            # A group may be meant to read it; others never.
            if mode & 0o007:
                self.assertEqual(result.returncode, 1, oct(mode))
                self.assertIn("packer.key", result.stderr + result.stdout)

    def test_serve_refuses_a_bad_config_with_1(self):
        self.relay.write("sources: 7\n")
        self.relay.spawn()
        self.assertEqual(self.relay.wait(), 1)
        self.assertTrue(self.relay.logged(r"driftbell\.yaml:1:\d+"), self.relay.log())


class Texts(StandIn):
    """Takes any JSON; `texts` are its texts in order."""

    def __init__(self):
        self.texts = []
        super().__init__()
        self.url = self.base + "/in"

    def take(self, request):
        with self.lock:
            self.texts.append(json.loads(request.body)["text"])
        return 200, {}, ""


class Templates(RelayCase):
    """A folder of the operator's own templates."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.at())
        self.config["templates"] = {"folder": "templates"}

    def at(self, *names):
        return os.path.join(self.directory, "templates", *names)

    def template(self, name, text):
        os.makedirs(os.path.dirname(self.at(name)), exist_ok=True)
        with open(self.at(name), "w", encoding="utf-8") as file:
            file.write(text)

    def check(self):
        """Without the warning that one sink is one."""
        self.relay.configure(self.config)
        result = self.relay.run("check")
        result.stdout = re.sub(r"\A.*is the only sink.*\n", "", result.stdout)
        return result

    def test_every_fault_of_a_template_has_its_place(self):
        self.template("mine.html", "<p>\n  {{> tood}}</p>\n")
        self.template("mine.txt", "\n{{title}}{{title | upcase}}\n")
        self.template("image.revocation/mine.json", '{"a": "b",\n "c": ["\\t{{#open}}"], "$do": 1}\n')
        self.template("fails.txt", "{{title | date}}")
        self.template("notes.doc", "")
        result = self.check()
        self.assertEqual(result.returncode, 1)
        for place, word in (("mine.html:2:3", 'no partial "tood"; did you mean "todo"'), ("mine.txt:2:20", "upcase"),
                            ("image.revocation/mine.json:2:11", "open"), ("image.revocation/mine.json:2:24", "[$]do"),
                            ("fails.txt:1:1", 'fails on sample "image.revocation scheduled": .*date'),
                            ("notes.doc:1:1", "warning: ")):
            self.assertRegex(result.stdout, rf"(?m)^{re.escape(self.at(place))}.*{word}")
        self.assertNotIn("ok:", result.stderr)

    def test_good_ones_are_fine_and_a_folder_must_be_there(self):
        self.template("mine.html", "<p>{{title}}{{> todo}}</p>")
        self.template("todo.mustache", "Call somebody.")
        result = self.check()
        self.assertEqual((result.returncode, result.stdout), (0, ""), result)
        self.config["templates"]["folder"] = "gone"
        result = self.check()
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r'driftbell\.yaml:\d+:\d+: templates: the folder ".*/gone" cannot be read')

    def test_a_sink_names_a_template_that_is_there(self):
        self.template("mine.json", '{"title": "{{title}}"}')
        self.config["sinks"][0]["webhook"]["template"] = "mine"
        result = self.check()
        self.assertEqual(result.returncode, 0, result)
        self.config["sinks"][0]["webhook"]["template"] = "nine"
        result = self.check()
        self.assertEqual(result.returncode, 1)
        with open(self.relay.path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        line = next(number for number, text in enumerate(lines, 1) if '"nine"' in text)
        column = lines[line - 1].index('"nine"') + 1
        self.assertEqual(result.stdout, f'{self.relay.path}:{line}:{column}: sink "siem": there is no template '
                                        '"nine.json"; did you mean "mine.json"?\n')

    def test_a_reload_takes_new_ones_and_keeps_the_old_set_for_broken_ones(self):
        self.template("mine.json", '{"text": "first {{title}}"}')
        taken = self.stand_in(Texts())
        self.config["sinks"].append({"name": "texts", "webhook": {
            "url": taken.url, "template": "mine", "allow_private": True}})
        self.config["routes"][0]["to"].append("texts")
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        until(lambda: "first Image released: retail-checkout-images v1" in taken.texts)
        self.template("mine.json", '{"text": "second {{title}}"}')
        self.assertIn("config reloaded", self.relay.reload())
        self.send(hcp.complete(IMAGES, "v2"))
        until(lambda: "second Image released: retail-checkout-images v2" in taken.texts)
        begin = len(self.relay.lines)
        self.template("mine.json", '{"text": "third {{title}"}')
        self.assertIn("refused", self.relay.reload())
        self.assertTrue(self.relay.logged(r"templates/mine\.json:1:17: ", begin), self.relay.tail())
        self.send(hcp.complete(IMAGES, "v3"))
        until(lambda: "second Image released: retail-checkout-images v3" in taken.texts)


class Second(RelayCase):
    def test_a_second_relay_on_the_same_store_refuses(self):
        self.start()
        second = Relay(self.directory)
        self.addCleanup(second.close)
        second.path = self.relay.path
        second.spawn()
        self.assertEqual(second.wait(30), 1)
        self.assertFalse(second.logged("msg=ready"))
        self.assertEqual(self.packer.post(hcp.complete(IMAGES, "v1")).status, 200)

    def test_the_store_is_private(self):
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        for name in os.listdir(self.directory):
            if name.startswith("driftbell.db"):
                self.assertEqual(os.stat(os.path.join(self.directory, name)).st_mode & 0o077, 0, name)


class Commands(RelayCase):
    def test_send_signs_and_posts(self):
        self.start()
        path = os.path.join(self.directory, "payload.json")
        with open(path, "wb") as file:
            file.write(hcp.encode(hcp.complete(IMAGES, "v1")))
        # `send` needs to know the port, so the config must name the one taken.
        self.relay.configure({**self.config, "listen": {"ingest": self.relay.ingest, "admin": self.relay.admin}})
        result = self.relay.run("send", "acme-packer", path)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("accepted", result.stdout)
        self.document("image.released", version="v1")
        self.assertIn("duplicate", self.relay.run("send", "acme-packer", path).stdout)
        self.assertEqual(self.relay.run("send", "nobody", path).returncode, 1)
        with open(path, "wb") as file:
            file.write(b"{broken")
        self.assertEqual(self.relay.run("send", "acme-packer", path).returncode, 1)

    def test_a_command_needs_no_secret_but_those_it_uses(self):
        secrets = {"PACKER_KEY": self.packer.key, "SIEM_SECRET": self.receiver.secret, "ADMIN_TOKEN": "knock-knock"}
        self.config["sources"][1] = {"name": "acme-packer", "hcp_packer": {"hmac_key_env": "PACKER_KEY"}}
        siem = self.config["sinks"][0]["webhook"]
        del siem["secret_file"]
        siem["secret_env"] = "SIEM_SECRET"
        listen = {"ingest": "127.0.0.1:0", "admin": "127.0.0.1:0", "admin_token_env": "ADMIN_TOKEN"}
        self.relay.environment = secrets
        self.start(listen=listen)
        self.relay.configure({**self.config, "listen": {**listen, "ingest": self.relay.ingest, "admin": self.relay.admin}})
        path = os.path.join(self.directory, "payload.json")
        with open(path, "wb") as file:
            file.write(hcp.encode(hcp.complete(IMAGES, "v1")))

        def run(variable, *arguments):
            self.relay.environment = {variable: secrets[variable]}
            return self.relay.run(*arguments)
        result = run("ADMIN_TOKEN", "status")
        self.assertEqual(result.returncode, 0, result.stderr)
        result = run("PACKER_KEY", "status")
        self.assertEqual((result.returncode, result.stderr), (
            1, "driftbell: listen.admin_token_env: environment variable ADMIN_TOKEN: it is not set\n"))
        result = run("PACKER_KEY", "send", "acme-packer", path)
        self.assertEqual(result.returncode, 0, result.stderr)
        result = run("ADMIN_TOKEN", "send", "acme-packer", path)
        self.assertEqual((result.returncode, result.stderr), (
            1, "driftbell: acme-packer: hmac_key_env: environment variable PACKER_KEY: it is not set\n"))
        self.assertEqual(run("ADMIN_TOKEN", "check").returncode, 1)
        self.relay.environment = secrets

    def test_what_could_not_be_printed_is_not_done(self):
        self.start()
        self.relay.configure({**self.config, "listen": {"ingest": self.relay.ingest, "admin": self.relay.admin}})
        path = os.path.join(self.directory, "payload.json")
        with open(path, "wb") as file:
            file.write(hcp.encode(hcp.complete(IMAGES, "v1")))
        for arguments in (("--help",), ("version",), ("check", "--help"), ("check", "--keys"), ("render", "--list"),
                          ("render", "--samples"), ("render", "--print", "notification.html"), ("status",),
                          ("status", "--json"), ("usage",), ("usage", "--json"), ("images",), ("workspaces",),
                          ("send", "acme-packer", path), ("explain", path)):
            for where, why in ((">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")):
                result = subprocess.run(["sh", "-c", f'exec "$@" {where}', "sh", BINARY, *(
                    () if arguments == ("--help",) else ("--config", self.relay.path)), *arguments],
                    capture_output=True, text=True, timeout=60 * SLOWER, check=False)
                self.assertEqual(result.returncode, 1, (arguments, where, result))
                self.assertRegex(result.stderr, rf"driftbell: cannot write to standard output(: {why})?\n", arguments)

    def test_version_names_itself(self):
        result = subprocess.run([BINARY, "version"], capture_output=True, text=True, timeout=20 * SLOWER, check=False)
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"(?i)driftbell")

    def test_status_tells_the_open_incidents(self):
        self.start()
        self.send(hcp.assessment_event("retail-checkout-prod", 2))
        self.document("workspace.drift")
        self.relay.configure({**self.config, "listen": {"ingest": self.relay.ingest, "admin": self.relay.admin}})
        result = self.relay.run("status")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("retail-checkout-prod", result.stdout)
        # A rule takes the name; it is that no bucket goes with it.
        self.assertIn("WORKSPACES NO BUCKET IS KNOWN FOR  1\n", result.stdout)


if __name__ == "__main__":
    unittest.main()
