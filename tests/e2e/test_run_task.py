"""Run tasks over real sockets: the plan is fetched with the task's own token, read in a
helper, and the run is told of its images; and what happens when any of that fails."""

import glob
import json
import os
import re
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.hcp_api import Blob, HcpTerraform
from harness.server import Fault
from harness.terraform import ami, data_artifact, data_version, instance, module, plan_text
from harness.wait import until

PROD = "fin-payments-prod"
IMAGES = "fin-payments-images"
SECRET = "user-data-stays-here"


class RunTaskCase(RelayCase):
    token = "run-task-bearer-7c1e55d0a9"
    options = {}

    def setUp(self):
        super().setUp()
        self.blob = self.stand_in(Blob())
        self.hcp_terraform = self.stand_in(HcpTerraform(self.blob, self.token))
        self.relay.secrets += [self.token, SECRET]
        for source in self.config["sources"]:
            if "hcp_run_task" in source:
                source["hcp_run_task"] |= self.options
        self.start()

    def tearDown(self):
        self.relay.secrets += self.blob.secrets
        super().tearDown()

    def task(self, name="one", **more):
        return hcp.run_task_event(PROD, self.hcp_terraform.url(name), self.token, **more)

    def final(self, count=1, timeout=30):
        return until(lambda: self.hcp_terraform.finals()[count - 1][1]
                     if len(self.hcp_terraform.finals()) >= count else None, timeout,
                     lambda: f"the final callback in {self.hcp_terraform.results}\n{self.relay.tail()}")

    def checked(self, before=None, **more):
        """One task through; its final attributes."""
        self.hcp_terraform.before = before or []
        finals = len(self.hcp_terraform.finals())
        self.send(self.task(f"task-{self.hcp_terraform.count()}", **more))
        return self.final(finals + 1)


def moved(old="v1", new="v2", **options):
    """A channel moved on, and the one instance is replaced."""
    return plan_text([instance("web", ami(IMAGES, old))], [instance("web", ami(IMAGES, new))],
                     [data_version("base", IMAGES, new), data_artifact("base", IMAGES, new)], **options)


class Checked(RunTaskCase):
    def setUp(self):
        super().setUp()
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"), hcp.complete(IMAGES, "v2"),
                  hcp.assign(IMAGES, "v2", previous="v1"))
        self.hcp_terraform.plan = moved()

    def test_running_and_then_passed_with_its_images(self):
        final = self.checked()
        self.assertEqual([attributes["status"] for _, attributes in self.hcp_terraform.results], ["running", "passed"])
        self.assertEqual({bearer for bearer, _ in self.hcp_terraform.results}, {self.token})
        self.assertEqual(final["message"], f"1 image, valid: {IMAGES} v2.")
        outcome, = self.hcp_terraform.outcomes
        self.assertEqual(outcome["outcome-id"], f"{IMAGES} v2")
        self.assertEqual(outcome["tags"], {"Status": [{"label": "Valid", "level": "info"}]})
        self.assertIn("`us-east-1`", outcome["body"])
        self.assertIn("`aws_instance.web`", outcome["body"])
        self.assertIn("created or replaced", outcome["body"])
        self.assertEqual(self.hcp_terraform.fetched, [(self.hcp_terraform.fetched[0][0], 307)])
        self.assertEqual(self.blob.given, 1)

    def test_what_runs_now_and_is_replaced_is_no_fault(self):
        self.send(hcp.revoke(IMAGES, "v1"))
        self.assertEqual(self.checked()["message"], f"1 image, valid: {IMAGES} v2.")

    def test_a_revoked_image(self):
        self.hcp_terraform.plan = moved("v1", "v1")
        self.send(hcp.revoke(IMAGES, "v1", "CVE-2026-10042: remote code execution"))
        final = self.checked()
        self.assertEqual(final["status"], "passed")
        self.assertEqual(final["message"], f"1 image, 1 revoked: {IMAGES} v1 (CVE-2026-10042: remote code execution),"
                                           " move to v2 on production.")
        outcome, = self.hcp_terraform.outcomes
        self.assertEqual(outcome["tags"]["Status"], [{"label": "Revoked", "level": "error"}])

    def test_what_the_plan_says_of_a_revocation_counts(self):
        self.hcp_terraform.plan = plan_text(
            [], [instance("web", ami(IMAGES, "v2"))],
            [data_version("base", IMAGES, "v2", revoke_at="2026-01-02T03:04:05.000Z"),
             data_artifact("base", IMAGES, "v2", revoke_at="2026-01-02T03:04:05.000Z")])
        self.assertEqual(self.checked()["message"], f"1 image, 1 revoked: {IMAGES} v2.")

    def test_an_image_that_its_channel_left(self):
        self.hcp_terraform.plan = moved("v1", "v1")
        message = self.checked()["message"]
        self.assertRegex(message, f"1 image, 1 superseded: {IMAGES} v1, 1 version behind production since 20..-..-..")
        self.assertEqual(self.hcp_terraform.outcomes[0]["tags"]["Status"], [{"label": "Superseded", "level": "warning"}])

    def test_a_deleted_image_and_one_of_no_bucket(self):
        self.send(hcp.packer_event("delete", IMAGES, "v1"))
        self.hcp_terraform.plan = plan_text(
            [], [instance("web", ami(IMAGES, "v1")), instance("own", "ami-00000000000000001"),
                 instance("same", "ami-00000000000000001")])
        self.assertRegex(self.checked()["message"],
                         f"1 image, 1 deleted: {IMAGES} v1.* 1 image is of no known bucket[.]")

    def test_nothing_of_hcp_packer(self):
        self.hcp_terraform.plan = plan_text()
        self.assertEqual(self.checked()["message"], "No image of HCP Packer is in this plan.")

    def test_many_instances_and_regions_are_one_image(self):
        images = [ami(IMAGES, "v2"), ami(IMAGES, "v2", "eu-west-1")]
        self.send(hcp.complete(IMAGES, "v2", regions=("us-east-1", "eu-west-1")))
        self.hcp_terraform.plan = plan_text(
            [], [instance("web", images[n % 2], n) for n in range(6)],
            [data_artifact("east", IMAGES, "v2"), data_artifact("west", IMAGES, "v2", region="eu-west-1")])
        self.assertEqual(self.checked()["message"], f"1 image, valid: {IMAGES} v2.")
        body = self.hcp_terraform.outcomes[0]["body"]
        self.assertIn("- Instances: 6", body)
        self.assertIn("- Resources: `aws_instance.web[0]`, `aws_instance.web[1]` and 4 more\n", body)
        self.assertTrue("`us-east-1`" in body and "`eu-west-1`" in body, body)

    def test_of_no_workspace(self):
        task = self.task()
        for name in ("workspace_id", "workspace_name", "organization_name", "workspace_app_url"):
            del task[name]
        self.send(task)
        self.assertEqual(self.final()["message"], f"1 image, valid: {IMAGES} v2.")
        self.send({**self.task("two", stage="pre_apply"), "workspace_id": None, "workspace_name": None})
        self.final(2)

    def test_where_people_read_on(self):
        with open(self.relay.path, encoding="utf-8") as file:
            config = json.load(file)
        self.relay.reload({**config, "links": {"base_url": "https://relay.example.com"}})
        url = self.checked()["url"]
        self.assertEqual(url, f"https://relay.example.com/workspaces/{hcp.workspace_id(PROD)}")
        answer = self.relay.get(url.removeprefix("https://relay.example.com"))
        self.assertEqual((answer.status, answer.json), (200, self.relay.items("workspaces", workspace=PROD)[0]))
        self.assertEqual(self.relay.items("workspaces"), self.relay.get("/workspaces").json["items"])
        self.assertEqual(self.relay.get("/workspaces/ws-nobody").status, 404)
        self.hcp_terraform.plan = moved("v1", "v1")
        self.send(hcp.run_event(PROD), hcp.revoke(IMAGES, "v1"))
        incident = self.document("image.revocation")["incident"]["id"]
        self.assertEqual(self.checked()["url"], f"https://relay.example.com/incidents/{incident}")

    def test_without_outcomes_where_they_are_not_shown(self):
        task = self.task()
        del task["capabilities"]
        self.send(task)
        self.final()
        self.assertEqual(self.hcp_terraform.outcomes, [])

    def test_a_speculative_plan_is_answered_and_adds_nothing(self):
        self.assertEqual(self.checked(speculative=True)["message"], f"1 image, valid: {IMAGES} v2.")
        self.assertEqual(self.usages(), [])
        self.checked()
        self.assertNotEqual(self.usages(), [])

    def usages(self):
        workspace, = [item for item in self.relay.items("workspaces") if item["name"] == PROD]
        return [usage for usage in workspace["usages"] if usage["evidence"] != "rule"]

    def test_other_stages_are_answered_at_once(self):
        for stage in ("pre_plan", "pre_apply", "post_apply"):
            with self.subTest(stage):
                final = self.checked(stage=stage)
                self.assertEqual((final["status"], final["message"]),
                                 ("passed", "Driftbell checks images at the post_plan stage."))
        self.assertEqual(self.hcp_terraform.fetched, [])

    def test_before_the_apply_what_its_plan_said(self):
        task = self.task()
        self.send(task)
        self.final()
        self.send({**self.task("two"), "stage": "pre_apply", "run_id": task["run_id"]})
        self.assertEqual(self.final(2)["message"], f"1 image, valid: {IMAGES} v2.")

    def test_the_same_request_twice_is_answered_once(self):
        task = self.task()
        first = self.send(task)["event"]
        again = self.run_task.post({**task, "access_token": self.token}).json
        self.assertEqual((again["status"], again["event"]), ("duplicate", first))
        self.final()
        self.settled()
        self.assertEqual(len(self.hcp_terraform.results), 2)

    def test_a_late_callback_is_taken_for_told(self):
        task = self.task()
        self.hcp_terraform.final[f"/api/v2/task-results/one/callback"] = "passed"
        self.send(task)
        until(lambda: len([r for r in self.hcp_terraform.requests if r.answer == 409]) == 2, what="both refused with 409")
        self.settled()
        self.assertEqual(self.relay.items("deliveries", state="dead"), [])


class Unreadable(RunTaskCase):
    """A request that cannot be read whole: it is kept as unknown, and the run does not wait for it."""

    def bodies(self, name):
        task = json.dumps({**self.task(name), "run_message": "MESSAGE"})
        return {"half of a surrogate pair": task.replace("MESSAGE", "\\ud83d"),
                "U+0000 in a text": task.replace("MESSAGE", "a\\u0000b"),
                "a name stands twice in one object": task.replace("{", '{"run_message": "once",', 1),
                "a number is out of range": task.replace('"MESSAGE"', "1e999")}

    def test_a_run_is_answered_all_the_same(self):
        self.hcp_terraform.plan = moved()
        for number, what in enumerate(self.bodies("")):
            with self.subTest(what):
                event = self.run_task.post(self.bodies(f"odd-{number}")[what].encode()).json["event"]
                final = self.final(number + 1)
                self.assertEqual(final["status"], "passed")
                self.assertRegex(final["message"], "^The images of this run could not be checked: its request cannot be "
                                                   rf"read whole: line 1 column [0-9]+: {re.escape(what)}[.]$")
                self.assertEqual(self.relay.get(f"/api/v1/events/{event}").json["state"], "unknown")
        self.assertEqual({bearer for bearer, _ in self.hcp_terraform.results}, {self.token})
        self.assertEqual(self.hcp_terraform.fetched, [])
        self.document("relay.unknown_event")

    def test_it_is_answered_once(self):
        event = self.run_task.post(self.bodies("one")["U+0000 in a text"].encode()).json["event"]
        self.final()
        self.settled()
        self.assertEqual(self.relay.post(f"/api/v1/events/{event}/replay").status, 200)
        self.checked(stage="pre_plan")
        self.settled()
        self.assertEqual(self.hcp_terraform.count(), 2)

    def test_whom_to_answer_must_be_told_once_and_be_allowed(self):
        task = json.dumps(self.task("one"))
        twice = task.replace("{", '{"task_result_callback_url": "http://127.0.0.1:1/api/v2/x",', 1)
        elsewhere = task.replace("127.0.0.1", "localhost").replace("{", '{"stage": "post_plan",', 1)
        for body in (twice, elsewhere):
            self.assertEqual(self.run_task.post(body.encode()).status, 200)
        self.checked(stage="pre_plan")
        self.settled()
        self.assertEqual(self.hcp_terraform.count(), 1)


class Fetched(RunTaskCase):
    """However the plan comes, or does not."""

    def setUp(self):
        super().setUp()
        self.hcp_terraform.plan = moved()

    def test_straight_and_packed(self):
        self.hcp_terraform.packed = True
        self.assertIn("1 image", self.checked()["message"])
        self.assertIn("1 image", self.checked([lambda api: (200, {}, api.plan)])["message"])

    def test_every_kind_of_redirect(self):
        for status in (301, 302, 303, 307, 308):
            with self.subTest(status):
                self.assertIn("1 image", self.checked([lambda api: api.redirect(status=status)])["message"])

    def test_not_finished_and_too_many_are_asked_again(self):
        final = self.checked([Fault(429, headers={"Retry-After": "1"}),
                              Fault(429, headers={"X-RateLimit-Reset": "0.25"}), Fault(204)])
        self.assertIn("1 image", final["message"])
        self.assertEqual([answer for _, answer in self.hcp_terraform.fetched], [429, 429, 204, 307])

    def test_down_is_asked_again(self):
        self.assertIn("1 image", self.checked([Fault(503)])["message"])
        self.assertEqual([answer for _, answer in self.hcp_terraform.fetched], [503, 307])

    def test_a_url_that_ran_out_is_asked_for_again(self):
        final = self.checked([lambda api: (307, {"Location": f"{api.blob.base}/archive/gone?sig=0"}, "")])
        self.assertIn("1 image", final["message"])

    def test_cut_off_is_fetched_again(self):
        def cut(handler):
            data = self.hcp_terraform.plan
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data[: len(data) // 2])
            handler.close_connection = True
        final = self.checked([lambda api: api.redirect(cut)])
        self.assertIn("1 image", final["message"])

    def unchecked(self, *before):
        final = self.checked(list(before))
        self.assertEqual(final["status"], "passed")
        self.assertRegex(final["message"], r"^The images of this run could not be checked: .*[^.]\.$")
        return final["message"]

    def test_what_cannot_be_had_is_said(self):
        cases = [([Fault(401)], "answered 401"), ([Fault(403)], "answered 403"), ([Fault(404)], "answered 404"),
                 ([Fault(422)], "answered 422"), ([Fault(418)], "answered 418"),
                 ([lambda api: (307, {}, "")], "redirects to nowhere"),
                 ([lambda api: (307, {"Location": "ftp://127.0.0.1/x"}, "")], "is not one of http or https"),
                 ([lambda api: (307, {"Location": f"{api.blob.base}/{'a' * 9000}"}, "")], "longer than 8192 bytes"),
                 ([lambda api: api.redirect(b'{"format_version":"1.2",,}')], "cannot be read"),
                 ([lambda api: api.redirect(b"")], "cannot be read"),
                 ([lambda api: api.redirect(b"[]")], "cannot be read")]
        for before, text in cases:
            with self.subTest(text):
                self.assertIn(text, self.unchecked(*before))

    def test_a_url_that_is_too_long_is_said_at_once(self):
        task = self.task()
        task["plan_json_api_url"] += "?" + "a" * 200000
        self.send(task)
        self.assertIn("longer than 8192 bytes", self.final()["message"])

    def test_a_state_is_no_plan(self):
        state = {"format_version": "1.0", "values": module([instance("web", ami(IMAGES, "v1"))])}
        self.assertIn("a state and no plan", self.unchecked(lambda api: api.redirect(json.dumps(state).encode())))
        workspace, = self.relay.items("workspaces")
        self.assertEqual([one for one in workspace["usages"] if one["evidence"] != "rule"], [])

    def test_a_second_redirect_is_not_followed(self):
        def again(handler):
            handler.send_response(307)
            handler.send_header("Location", self.blob.publish(b"{}"))
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        self.assertIn("redirects once more", self.unchecked(lambda api: api.redirect(again)))
        self.assertEqual(len(self.blob.requests), 1)

    def test_the_blob_host_need_not_be_allowed_and_gets_no_bearer(self):
        final = self.checked([lambda api: api.redirect(host="localhost")])
        self.assertIn("1 image", final["message"])
        self.assertEqual(self.blob.requests[-1].headers["Host"], f"localhost:{self.blob.port}")

    def test_the_plans_host_must_be_allowed(self):
        task = self.task()
        task["plan_json_api_url"] = task["plan_json_api_url"].replace("127.0.0.1", "localhost")
        self.send(task)
        self.assertIn("the plan's host is not in allowed_hosts", self.final()["message"])
        self.assertEqual(self.hcp_terraform.fetched, [])

    def test_no_secret_is_kept_anywhere(self):
        event = self.send(self.task())["event"]
        self.final()
        self.settled()
        for path in ("events", f"events/{event}", "deliveries", "workspaces", "status"):
            self.no_secret(self.relay.get(f"/api/v1/{path}").body, path)
        self.no_secret(self.relay.get("/metrics").body, "metrics")
        for path in glob.glob(os.path.join(self.directory, "driftbell.db*")):
            with open(path, "rb") as file:
                self.no_secret(file.read(), path)
        self.relay.stop()
        for path in glob.glob(os.path.join(self.directory, "driftbell.db*")):
            with open(path, "rb") as file:
                self.no_secret(file.read(), path)

    def no_secret(self, data, where):
        for secret in (self.token, SECRET, *self.blob.secrets):
            self.assertFalse(secret.encode() in data, f"a secret is in {where}")

    def test_the_helper_is_shut_in(self):
        seen = {}

        def look(handler):
            pid = self.helpers()[0]
            for name in ("cmdline", "environ", "limits", "status"):
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    seen[name] = file.read()
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(self.hcp_terraform.plan)))
            handler.end_headers()
            handler.wfile.write(self.hcp_terraform.plan)
        self.assertIn("1 image", self.checked([lambda api: api.redirect(look)])["message"])
        self.assertEqual(seen["cmdline"], b"driftbell\0read-helper\0")
        self.no_secret(seen["cmdline"] + seen["environ"], "its arguments")
        self.assertRegex(seen["limits"].decode(), r"Max core file size\s+0\s+0")

    def helpers(self):
        pid = self.relay.process.pid
        found = []
        for child in self.children(pid):
            with open(f"/proc/{child}/cmdline", "rb") as file:
                if b"read-helper" in file.read():
                    found.append(child)
        return found

    @staticmethod
    def children(pid):
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]


class Guarded(RunTaskCase):
    """Without allow_private neither plain http nor this machine is asked."""

    def test_the_bearer_stays_here(self):
        with open(self.relay.path, encoding="utf-8") as file:
            config = json.load(file)
        for source in config["sources"]:
            if "hcp_run_task" in source:
                source["hcp_run_task"]["allow_private"] = False
        self.relay.reload(config)
        self.send(self.task())
        self.document("relay.dead_letter")
        self.assertEqual(self.hcp_terraform.count(), 0)


class Unanswered(RunTaskCase):
    """A run that cannot be told of its images is told of."""

    def unanswered(self, task):
        found = self.document("relay.dead_letter")
        self.assertEqual(found["title"], f"Run not checked: {task['run_id']} of {hcp.ORGANIZATION}/{PROD}")
        self.assertIn("was not checked", found["summary"])
        self.settled()
        self.assertEqual(len(self.receiver.about("relay.dead_letter")), 1)
        return found

    def test_its_token_has_run_out(self):
        self.hcp_terraform.refusal = 401
        task = self.task()
        self.send(task)
        self.assertIn("401", self.unanswered(task)["summary"])
        self.hcp_terraform.refusal = None
        self.checked()
        self.assertEqual(self.document("relay.dead_letter", reason="resolved")["summary"], "Run tasks are answered again.")

    def test_another_config_takes_its_host_out(self):
        self.hcp_terraform.before = [Fault(204)]
        task = self.task()
        self.send(task)
        until(lambda: self.relay.logged("will be retried"), what="the plan to be asked for")
        with open(self.relay.path, encoding="utf-8") as file:
            config = json.load(file)
        for source in config["sources"]:
            if "hcp_run_task" in source:
                source["hcp_run_task"]["allowed_hosts"] = ["terraform.example.com"]
        self.relay.reload(config)
        self.assertIn("not in allowed_hosts", self.unanswered(task)["summary"])
        self.assertEqual([answer for _, answer in self.hcp_terraform.fetched], [204])


class Enforced(RunTaskCase):
    options = {"enforce": "scheduled", "enforce_within": "7d"}

    def setUp(self):
        super().setUp()
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"))
        self.hcp_terraform.plan = moved("v1", "v1")

    def test_a_revoked_image_fails_the_run(self):
        self.assertEqual(self.checked()["status"], "passed")
        self.send(hcp.revoke(IMAGES, "v1"))
        self.assertEqual(self.checked()["status"], "failed")

    def test_one_that_is_soon_to_be(self):
        self.send(hcp.schedule(IMAGES, "v1", hcp.from_now(days=30)))
        self.assertEqual(self.checked()["status"], "passed")
        self.send(hcp.schedule(IMAGES, "v1", hcp.from_now(days=5)))
        final = self.checked()
        self.assertEqual(final["status"], "failed")
        self.assertIn("1 to be revoked", final["message"])


if __name__ == "__main__":
    unittest.main()
