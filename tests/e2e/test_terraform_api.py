"""What no webhook tells, asked of the HCP Terraform API: which image a workspace runs, what drifted, why a run failed."""

import json
import os
import time
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.server import Fault
from harness.terraform_api import Gate, Slow, TerraformApi, Workspace
from harness.wait import until

BUCKET = "base-ubuntu"


def image(name, region="us-east-1"):
    """The image id that the events of harness.hcp give this version."""
    return hcp.builds(BUCKET, name, (region,))[0]["artifacts"][0]["external_identifier"]


def state(version=None, ami=None, channel="production"):
    """What `terraform show -json` prints of one instance that runs this version by its channel."""
    resources = [{"address": "aws_instance.web", "mode": "managed", "type": "aws_instance", "name": "web",
                  "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 1,
                  "values": {"ami": ami or image(version), "id": "i-1"},
                  "depends_on": ["data.hcp_packer_artifact.web"] if version else []}]
    if version:
        resources.append({
            "address": "data.hcp_packer_artifact.web", "mode": "data", "type": "hcp_packer_artifact", "name": "web",
            "provider_name": "registry.terraform.io/hashicorp/hcp", "schema_version": 0,
            "values": {"bucket_name": BUCKET, "channel_name": channel, "platform": "aws", "region": "us-east-1",
                       "external_identifier": image(version), "revoke_at": None,
                       "version_fingerprint": hcp.version(BUCKET, version)["fingerprint"],
                       "organization_id": hcp.ORGANIZATION_ID, "project_id": hcp.PROJECT_ID}})
    return {"format_version": "1.0", "terraform_version": "1.11.4",
            "values": {"root_module": {"resources": resources}}}


class Api(RelayCase):
    def api(self, *workspaces, **options):
        """A stand-in that the Terraform source may ask; its secrets must stay its own."""
        api = self.stand_in(TerraformApi(hcp.ORGANIZATION, workspaces, **options))
        path, _ = self.relay.key("api-token", api.token)
        self.config["sources"][0]["hcp_terraform"] |= {"allow_private": True, "api": api.options(path)}
        self.addCleanup(self.look_for_secrets, api)
        self.terraform_api = api
        return api

    def look_for_secrets(self, api):
        log = self.relay.log()
        for secret in api.secrets:
            self.assertNotIn(secret, log)
            self.assertFalse(self.store_holds(secret), "a secret is in the store")

    def host(self):
        return self.terraform_api.base.removeprefix("http://")

    def usages(self, name):
        items = [item for item in self.relay.items("workspaces") if item["name"] == name]
        return items[0]["usages"] if items else []

    def known(self, name, version, timeout=20):
        return until(lambda: [one for one in self.usages(name) if one["version"] == version], timeout,
                     lambda: f"{name} to run {version}: {self.usages(name)}\n{self.relay.tail()}")

    def status(self):
        return self.relay.run("status", "--admin", self.relay.admin).stdout

    def api_status(self):
        status = self.relay.get("/api/v1/status").json
        return next(one for one in status["sources"] if one["api"])["api"]

    def sweep(self):
        return self.api_status()["sweep"] or {}

    def metric(self, name):
        lines = self.relay.get("/metrics").body.decode().splitlines()
        return int(next(line for line in lines if line.startswith(name + " ")).split()[1])

    def swept(self, timeout=30):
        return until(lambda: self.sweep().get("step") == "done" and self.sweep(), timeout,
                     lambda: f"the sweep to end: {self.sweep()}\n{self.relay.tail()}")

    def store_holds(self, text):
        found = False
        for name in ("driftbell.db", "driftbell.db-wal"):
            try:
                with open(f"{self.relay.directory}/{name}", "rb") as file:
                    found |= text.encode() in file.read()
            except FileNotFoundError:
                pass
        return found


class Sweep(Api):
    def test_who_runs_what_is_known_from_the_states(self):
        api = self.api(Workspace("fin-web-prod", state("v1"), project="Payments", tags=["web"], assessed=True),
                       Workspace("fin-old-prod", state("v2")),
                       Workspace("fin-net-prod", {"values": {}}, types=["aws_vpc"]),
                       Workspace("fin-new-prod"))
        self.config["correlate"] = []
        self.start()
        self.send(hcp.complete(BUCKET, "v1"), hcp.complete(BUCKET, "v2"))
        self.known("fin-web-prod", "v1")
        self.known("fin-old-prod", "v2")
        sweep = self.swept()
        self.assertEqual((sweep["workspaces"], sweep["total"]), (4, 4))
        self.assertEqual(len(api.asked("/explorer")), 1)
        self.assertEqual(len(api.asked("/current-state-version")), 2)  # the Explorer's, no others
        self.assertEqual({item["name"] for item in self.relay.items("workspaces")},
                         {"fin-web-prod", "fin-old-prod", "fin-net-prod", "fin-new-prod"})
        self.send(hcp.revoke(BUCKET, "v1"))
        document = self.document("image.revocation")
        row = document["workspaces"][0]
        self.assertEqual((row["name"], row["certainty"], row["evidence"]), ("fin-web-prod", "known", "state"))

    def test_a_state_of_very_many_resources(self):
        web = Workspace("fin-web-prod", state("v1"))
        many = [{"name": f"rule_{number}", "type": "aws_security_group_rule", "count": 1, "module": "root.network",
                 "provider": 'provider["registry.terraform.io/hashicorp/aws"]'} for number in range(30000)]
        few = web.resources
        web.resources = lambda: many + few()
        self.api(web)
        self.start()
        self.send(hcp.complete(BUCKET, "v1"))
        self.known("fin-web-prod", "v1")
        self.swept()

    def test_status_shows_how_far_it_is(self):
        api = self.api(*(Workspace(f"fin-{i:02d}-prod") for i in range(30)), explorer=False, page_size=10)
        gate = Gate(api, "page[number]=2")
        self.start(listen={"ingest": "127.0.0.1:0", "admin": f"unix:{self.directory}/admin"})
        until(lambda: "sweep: 10 of 30 workspaces" in self.status(), 15)
        gate.open.set()
        until(lambda: "sweep: 30 workspaces, at 20" in self.status(), 15)

    def test_status_shows_what_is_read_of_those_that_use_packer(self):
        api = self.api(*(Workspace(f"fin-{i:02d}-prod", state("v1")) for i in range(30)), page_size=10)
        gate = Gate(api, "page[number]=2")
        self.start(listen={"ingest": "127.0.0.1:0", "admin": f"unix:{self.directory}/admin"})
        until(lambda: "sweep: 10 of 30 workspaces that use HCP Packer" in self.status(), 15)
        gate.open.set()
        until(lambda: "sweep: 30 workspaces, at 20" in self.status(), 15)

    def test_without_the_explorer_the_list_has_to_do(self):
        api = self.api(*(Workspace(f"fin-{i:03d}-prod", types=["aws_vpc"]) for i in range(20)),
                       Workspace("fin-web-prod", state("v1")), Workspace("fin-new-prod"),
                       explorer=False, page_size=7)
        self.config["correlate"] = []
        self.start()
        self.send(hcp.complete(BUCKET, "v1"))
        self.known("fin-web-prod", "v1")
        self.assertEqual(self.swept()["total"], 22)
        pages = [path.split("page[number]=")[1].split("&")[0] for path in api.asked("/workspaces?")]
        self.assertEqual(pages, ["1", "2", "3", "4"])
        self.assertEqual(len(api.asked("/current-state-version")), 21)  # the new one has none
        self.assertEqual(len(api.blob_host.read), 1)  # nothing else runs an image

    def test_it_goes_on_where_a_killed_relay_was(self):
        api = self.api(*(Workspace(f"fin-{i:03d}-prod") for i in range(500)), explorer=False, page_size=25)
        gate = Gate(api, "page[number]=9")
        self.start()
        until(lambda: gate.waiting, 20)
        self.relay.kill()
        before = len(api.asked("/workspaces?"))
        gate.open.set()
        self.relay.start()
        self.assertEqual(self.swept()["total"], 500)
        again = [path for path in api.asked("/workspaces?")[before:]]
        self.assertIn("page[number]=9&", again[0])
        self.assertEqual(len(again), 12)
        self.assertEqual(self.sweep()["workspaces"], 500)

    def test_what_a_killed_relay_was_reading_is_read_again(self):
        api = self.api(*(Workspace(f"fin-{i:02d}-prod", state("v1")) for i in range(12)))
        self.config["correlate"] = []
        gate = Gate(api, api.named("fin-05-prod").id)
        self.start()
        self.send(hcp.complete(BUCKET, "v1"))
        until(lambda: gate.waiting, 20)
        self.relay.kill()
        gate.open.set()
        self.relay.start()
        self.swept()
        for workspace in api.workspaces:
            self.known(workspace.name, "v1")

    def test_once_done_it_is_not_done_at_the_next_start(self):
        api = self.api(Workspace("fin-web-prod", state("v1")))
        self.start()
        self.swept()
        count = api.count()
        self.relay.restart()
        self.assertEqual(self.swept()["total"], 1)
        self.fence("swept")
        self.assertEqual(api.count(), count)

    def test_what_the_server_allows_is_kept_to(self):
        api = self.api(*(Workspace(f"fin-{i:02d}-prod", state("v1")) for i in range(30)), rate=8, page_size=10)
        self.config["correlate"] = []
        self.start()
        self.swept(60)
        self.assertLess(api.limited, 20)  # all that was under way when it said so, each time
        self.assertEqual(len(self.relay.items("workspaces", None, limit=100)), 30)

    def test_a_token_that_is_not_accepted_is_told_and_not_used_again(self):
        api = self.api(Workspace("fin-web-prod", state("v1")))
        api.token = "another." + api.token
        self.start()
        until(lambda: self.sweep().get("problem"), 10)
        self.assertIn("401", self.sweep()["problem"])
        self.assertTrue(any("does not accept the token" in line for line in self.relay.lines))
        self.send(hcp.run_event("fin-web-prod", "applied", host=self.host()))
        self.fence("token")
        self.assertEqual(api.count(), 1)
        self.assertEqual(self.api_status()["state"], "refused")
        self.assertIn("api: its token is not accepted, next " + self.api_status()["until"][:16],
                      self.status())
        self.assertEqual(self.metric("driftbell_api_tokens_refused"), 1)
        self.assertEqual(self.metric('driftbell_api_requests_total{outcome="bad_token"}'), 1)
        # With another one nothing is left of it.
        self.relay.key("api-token", api.token)
        self.relay.reload()
        self.swept()
        self.assertEqual((self.api_status()["state"], self.api_status()["until"]), ("ok", None))
        self.assertEqual(self.metric("driftbell_api_tokens_refused"), 0)
        self.assertNotIn("api: ", self.status())

    def test_a_pause_that_the_server_asks_for_is_shown(self):
        api = self.api(Workspace("fin-web-prod", state("v1")))
        api.script(Fault(404, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795344000"}))
        self.start()
        until(lambda: self.api_status()["state"] == "paused", 10, lambda: self.api_status())
        self.assertIn("api: it asks to wait, next " + self.api_status()["until"][:16], self.status())
        self.assertGreater(self.metric("driftbell_api_paused_until_seconds"), time.time() + 500)

    def test_a_reload_with_another_token_goes_on_at_once(self):
        api = self.api(Workspace("fin-web-prod", state("v1")))
        token, api.token = api.token, "another." + api.token
        self.start()
        until(lambda: self.sweep().get("problem"), 10)
        run = hcp.run_event("fin-web-prod", "applied", host=self.host())
        self.send(run)
        until(lambda: "reading will be retried" in self.relay.log(), 10)
        api.token = token + ".new"
        self.relay.key("api-token", api.token)
        self.relay.reload()
        self.assertEqual(self.swept()["total"], 1)
        self.assertIsNone(self.sweep()["problem"])
        until(lambda: f"subject={run['run_id']} outcome=read" in self.relay.log(), 10)

    def test_a_refusal_that_a_reload_overtakes_is_not_waited_out(self):
        api = self.api(Workspace("fin-web-prod", state("v1")))
        self.start()
        self.swept()
        before = len(api.asked("/current-state-version"))
        api.script(Fault(401, delay=1.5))
        self.send(hcp.run_event("fin-web-prod", "applied", host=self.host()))
        until(lambda: len(api.asked("/current-state-version")) == before + 1, 10, self.relay.tail)
        api.token += ".new"
        self.relay.key("api-token", api.token)
        self.relay.reload()
        until(lambda: len(api.asked("/current-state-version")) == before + 2, 20, self.relay.tail)

    def test_pages_without_end_end(self):
        api = self.api(*(Workspace(f"fin-{i:03d}-prod") for i in range(60)), explorer=False)
        whole = api.page

        def page(items, make, query, more):
            status, headers, body = whole(items, make, query, more)
            body = json.loads(body)
            body["meta"]["pagination"]["next-page"] = int(query["page[number]"]) + 1
            if self.repeats:
                body["data"] = [make(one) for one in items]
            return status, headers, json.dumps(body)
        api.page = page
        for self.repeats in (False, True):
            with self.subTest(repeats=self.repeats):
                if not self.relay.process:
                    self.start()
                self.swept()
                self.assertLess(len(api.asked("/workspaces?")), 30)
                self.relay.stop()
                os.unlink(f"{self.directory}/driftbell.db")

    def test_a_total_beyond_belief_ends_nothing(self):
        api = self.api(*(Workspace(f"fin-{i:03d}-prod") for i in range(60)), explorer=False, page_size=25)
        whole = api.page

        def page(*asked):
            status, headers, body = whole(*asked)
            body = json.loads(body)
            body["meta"]["pagination"]["total-count"] = 2 ** 63 - 1
            return status, headers, json.dumps(body)
        api.page = page
        self.start()
        self.swept()
        self.assertEqual(len(self.relay.items("workspaces")), 60)

    def test_a_server_that_comes_late_is_waited_for(self):
        api = self.api(Workspace("fin-web-prod", state("v1")))
        api.script(Slow(3), Fault(503, "busy"), Fault(drop=True))
        self.config["correlate"] = []
        self.start()
        self.send(hcp.complete(BUCKET, "v1"))  # meanwhile everything else goes on
        self.document("image.released", timeout=2)
        self.known("fin-web-prod", "v1", 30)

    def test_an_organization_that_may_not_be_listed_is_told_in_words(self):
        api = self.api()
        api.organization = "somebody-else"
        self.start()
        until(lambda: self.sweep().get("problem"), 10)
        self.assertIn("the token may not list its workspaces", self.sweep()["problem"])

    def test_answers_that_are_no_use_stop_nothing_else(self):
        api = self.api(Workspace("fin-web-prod", state("v1")), Workspace("fin-bad-prod", state("v1")),
                       Workspace("fin-big-prod", state("v1")))
        self.config["correlate"] = []
        api.blocked = {api.named("fin-bad-prod").id: Fault(200, "{\"data\": "),
                       api.named("fin-big-prod").id: Fault(200, "[" + " " * (9 << 20) + "]")}
        self.start()
        self.send(hcp.complete(BUCKET, "v1"))
        self.known("fin-web-prod", "v1")
        self.swept()
        self.assertEqual(self.usages("fin-bad-prod"), [])


class Applied(Api):
    def apply(self, name, **more):
        workspace = self.terraform_api.named(name)
        event = hcp.run_event(name, "applied", host=self.host(), **more)
        workspace.run, workspace.run_created_at = event["run_id"], event["run_created_at"]
        self.send(event)
        return event

    def test_after_an_apply_the_state_tells_what_runs(self):
        api = self.api(Workspace("fin-web-prod", state("v1")))
        del self.config["sources"][0]["hcp_terraform"]["api"]["organization"]
        self.config["correlate"] = []
        self.start()
        self.send(hcp.complete(BUCKET, "v1"), hcp.complete(BUCKET, "v2"))
        self.apply("fin-web-prod")
        self.known("fin-web-prod", "v1")
        self.send(hcp.revoke(BUCKET, "v1"))
        self.document("image.revocation", reason="opened")
        api.named("fin-web-prod").state = state("v2")
        self.apply("fin-web-prod")
        self.known("fin-web-prod", "v2")
        document = self.document("image.revocation", reason="resolved")
        self.assertEqual(document["workspaces"][0]["state"], "moved")
        self.assertEqual(api.asked("/explorer"), [])

    def test_a_state_that_is_not_processed_yet_is_asked_for_again(self):
        api = self.api(Workspace("fin-web-prod", state("v1")))
        del self.config["sources"][0]["hcp_terraform"]["api"]["organization"]
        api.named("fin-web-prod").processed = False
        self.start()
        self.send(hcp.complete(BUCKET, "v1"))
        self.apply("fin-web-prod")
        until(lambda: api.asked("/current-state-version"), 10)
        api.named("fin-web-prod").processed = True
        self.known("fin-web-prod", "v1")

    def test_a_workspace_of_another_host_is_not_asked_for(self):
        api = self.api(Workspace("fin-web-prod", state("v1")))
        del self.config["sources"][0]["hcp_terraform"]["api"]["organization"]
        self.start()
        self.send(hcp.run_event("fin-web-prod", "applied"))
        self.fence("elsewhere")
        self.assertEqual(api.count(), 0)


def assessment_plan(*resources, failed=()):
    """The document of json-output, with these resources drifted and these checks failed."""
    return {
        "format_version": "1.2", "terraform_version": "1.11.4", "errored": False, "complete": True,
        "resource_drift": [{"address": address, "mode": "managed", "type": address.split(".")[0],
                            "name": address.split(".")[1], "provider_name": "registry.terraform.io/hashicorp/aws",
                            "change": {"actions": ["update"], "before": {"tags": {"a": "1"}},
                                       "after": {"tags": {"a": "2"}}}} for address in resources],
        "checks": [{"address": {"kind": "check", "name": name, "to_display": f"check.{name}"}, "status": "fail",
                    "instances": [{"address": {"to_display": f"check.{name}"}, "status": "fail",
                                   "problems": [{"message": f"{name} does not hold"}]}]} for name in failed]}


class Details(Api):
    def setUp(self):
        super().setUp()
        self.api(Workspace("fin-web-prod"))
        del self.config["sources"][0]["hcp_terraform"]["api"]["organization"]

    def assess(self, plan, **more):
        event = hcp.assessment_event("fin-web-prod", host=self.host(), **more)
        self.terraform_api.assessments[event["details"]["new_assessment_result"]["id"]] = plan
        self.send(event)

    def test_what_drifted_is_told_by_name(self):
        self.start()
        self.assess(assessment_plan("aws_instance.web", "aws_instance.db", failed=["revoked"]),
                    drifted=2, checks_failed=1)
        drift = until(lambda: (self.receiver.last("workspace.drift") or {}).get("drift", {}).get("resources")
                      and self.receiver.last("workspace.drift"), 15)["drift"]
        self.assertEqual([(one["address"], one["type"], one["action"], one["attributes"])
                          for one in drift["resources"]],
                         [("aws_instance.web", "aws_instance", "update", ["tags"]),
                          ("aws_instance.db", "aws_instance", "update", ["tags"])])
        checks = until(lambda: (self.receiver.last("workspace.check_failed") or {}).get("drift", {}).get("checks"), 15)
        self.assertEqual(checks[0]["messages"], ["revoked does not hold"])
        self.settled()
        told = len(self.told())
        # The same again, by another assessment: no news.
        self.assess(assessment_plan("aws_instance.db", "aws_instance.web", failed=["revoked"]),
                    drifted=2, checks_failed=1)
        self.fence("same")
        until(lambda: len(self.terraform_api.asked("/json-output")) == 2, 10)
        self.fence("again")
        self.assertEqual(len(self.told()), told + 2)
        # As many, but others.
        self.assess(assessment_plan("aws_instance.web", "aws_lb.front", failed=["revoked"]),
                    drifted=2, checks_failed=1)
        until(lambda: "aws_lb.front" in json.dumps(self.receiver.last("workspace.drift")["drift"]["resources"]), 15)

    def test_without_rights_the_numbers_are_told_and_the_log_says_why(self):
        self.start()
        self.send(hcp.assessment_event("fin-web-prod", host=self.host(), drifted=2))
        document = self.document("workspace.drift")
        self.assertEqual((document["drift"]["resources_drifted"], document["drift"]["resources"]), (2, []))
        until(lambda: any("admin rights on the workspace" in line for line in self.relay.lines), 10)

    def test_a_run_that_hcp_packer_stopped_says_so(self):
        self.start()
        event = hcp.run_event("fin-web-prod", "errored", host=self.host())
        self.terraform_api.task_stages[event["run_id"]] = {"data": [], "included": [{
            "id": "taskrs-1", "type": "task-results", "attributes": {
                "status": "failed", "task-name": "HCP-Packer", "stage": "post_plan",
                "message": "2 resources scanned. 1 references a revoked version.",
                "url": "https://portal.cloud.hashicorp.com/services/packer",
                "task-url": "https://api.cloud.hashicorp.com/packer/2023-01-01/runtasks/validation/x"}}]}
        self.send(event)
        document = until(lambda: ((self.receiver.last("workspace.run_failed") or {}).get("run") or {}).get("task")
                         and self.receiver.last("workspace.run_failed"), 15)
        self.assertEqual(document["run"]["task"]["name"], "HCP-Packer")
        self.assertIn("1 references a revoked version", document["summary"])


if __name__ == "__main__":
    unittest.main()
