"""The admin side: who may ask, what the lists say, and that no secret is in any answer."""

import copy
import datetime
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.hcp_api import TaskCallback
from harness.wait import until

IMAGES = "retail-checkout-images"
PROD = "retail-checkout-prod"


class Guard(RelayCase):
    def setUp(self):
        super().setUp()
        path, self.token = self.relay.key("admin.token")
        self.config["listen"] = {"ingest": "127.0.0.1:0", "admin": "127.0.0.1:0", "admin_token_file": path,
                                 "admin_names": ["relay.example.com"]}
        self.start()

    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def ask(self, path="/api/v1/incidents", **headers):
        return self.relay.get(path, {name.replace("_", "-"): value for name, value in headers.items()}).status

    def test_the_host_must_be_ours(self):
        bearer = self.headers()
        port = self.relay.admin.rsplit(":", 1)[1]
        for host in (self.relay.admin, "localhost", f"localhost:{port}", "relay.example.com",
                     f"relay.example.com:{port}", "RELAY.example.com"):
            self.assertEqual(self.ask(Host=host, **bearer), 200, host)
        for host in ("evil.example.net", "", "relay.example.com.evil.example.net", "127.0.0.1.nip.io"):
            self.assertEqual(self.ask(Host=host, **bearer), 421, host)
            self.assertEqual(self.ask("/healthz", Host=host), 421, host)

    def test_a_foreign_origin_is_refused(self):
        bearer = self.headers()
        self.assertEqual(self.ask(Origin="https://evil.example.net", **bearer), 403)
        self.assertEqual(self.ask(Origin="null", **bearer), 403)
        self.assertEqual(self.ask(Sec_Fetch_Site="cross-site", **bearer), 403)
        self.assertEqual(self.ask(Sec_Fetch_Site="same-origin", **bearer), 200)
        self.assertEqual(self.ask(Origin=f"http://{self.relay.admin}", **bearer), 200)

    def test_the_token_is_asked_for(self):
        for given in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong"},
                      {"Authorization": f"Basic {self.token}"}, {"Authorization": f"Bearer {self.token}x"}):
            self.assertEqual(self.ask(**given), 401, given)
        self.assertEqual(self.ask(**self.headers()), 200)
        self.assertEqual(self.ask("/incidents/inc_x"), 401)
        self.assertEqual(self.ask("/incidents/inc_x", **self.headers()), 404)
        for path in ("/healthz", "/readyz"):
            self.assertEqual(self.ask(path), 200, path)

    def test_writes_need_json(self):
        answer = hcp.request(self.relay.admin, "POST", "/api/v1/deliveries/dlv_x/retry", b"{}",
                             {"Content-Type": "text/plain", **self.headers()})
        self.assertIn(answer.status, (400, 415))
        answer = self.relay.post("/api/v1/deliveries/dlv_x/retry", headers=self.headers())
        self.assertEqual(answer.status, 404)

    def test_the_ingest_shows_nothing_of_this_side(self):
        for path in ("/api/v1/incidents", "/healthz", "/readyz", "/metrics"):
            self.assertEqual(hcp.request(self.relay.ingest, "GET", path).status, 404, path)


class Exposed(RelayCase):
    def test_beyond_loopback_a_token_and_tls_are_required(self):
        self.config["listen"] = {"ingest": "127.0.0.1:0", "admin": "0.0.0.0:0"}
        self.relay.configure(self.config)
        result = self.relay.run("check")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr + result.stdout, "admin_token_file|admin_tls")


class Lists(RelayCase):
    def setUp(self):
        super().setUp()
        self.hcp_terraform = self.stand_in(TaskCallback())
        self.start()
        self.token = "run-task-bearer-0b7e"
        self.relay.secrets.append(self.token)
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"), hcp.run_event(PROD),
                  hcp.assessment_event(PROD, 2), hcp.revoke(IMAGES, "v1"),
                  hcp.run_task_event(PROD, self.hcp_terraform.url("one"), self.token, stage="pre_plan"))
        until(lambda: self.hcp_terraform.results, what="the callback")
        self.document("image.revocation")
        self.settled()

    def test_incidents(self):
        items = self.relay.items("incidents", status="open")
        self.assertEqual({item["kind"] for item in items}, {"image.revocation", "workspace.drift"})
        found = self.relay.items("incidents", kind="image.revocation", bucket=IMAGES)
        self.assertEqual(len(found), 1)
        self.assertEqual((found[0]["severity"], found[0]["image"]["version"]), ("critical", "v1"))
        self.assertEqual(found[0]["workspace_counts"]["affected"], 1)
        self.assertTrue(found[0]["title"])
        self.assertEqual(len(self.relay.items("incidents", workspace=PROD, kind="workspace.drift")), 1)
        self.assertEqual(self.relay.items("incidents", bucket="another"), [])
        one = self.relay.get(f"/api/v1/incidents/{found[0]['id']}").json
        self.assertEqual(one["workspaces"][0]["name"], PROD)
        self.assertTrue(one["timeline"] and one["notifications"])
        self.assertEqual(self.relay.get(f"/incidents/{found[0]['id']}").json, one)
        self.assertEqual({"at", "what", "event"} - set(one["timeline"][0]), set())
        self.assertEqual(self.relay.get("/api/v1/incidents/inc_nothing").status, 404)

    def test_events(self):
        items = self.relay.items("events")
        self.assertEqual(len(items), 6)
        for item in items:
            self.assertEqual({"id", "source", "kind", "received_at", "state"} - set(item), set())
        self.assertEqual(len(self.relay.items("events", source="acme-packer")), 3)
        self.assertEqual(len(self.relay.items("events", state="processed")), 6)
        self.assertEqual(self.relay.get("/api/v1/events/evt_nothing").status, 404)

    def test_pages_hold_everything_once(self):
        whole = [item["id"] for item in self.relay.items("events")]
        for limit in (1, 2, 5, 6, 7):
            paged = [item["id"] for item in self.relay.items("events", limit=limit)]
            self.assertEqual(paged, whole, limit)
        for query in ("limit=0", "limit=x", "limit=-1", "limit=99999999999999999999", "after=%27;drop"):
            answer = self.relay.get(f"/api/v1/events?{query}")
            self.assertIn(answer.status, (200, 400), query)
        self.assertEqual([item["id"] for item in self.relay.items("events")], whole)

    def test_deliveries(self):
        items = self.relay.items("deliveries", state="sent")
        self.assertTrue(items)
        for item in items:
            missing = {"id", "state", "sink", "team", "incident", "notification", "revision", "reason",
                       "attempts", "next_at"} - set(item)
            self.assertEqual(missing, set())
        self.assertIn("siem", {item["sink"] for item in items})
        self.assertEqual(self.relay.items("deliveries", state="dead"), [])

    def test_workspaces_and_images(self):
        workspace = next(item for item in self.relay.items("workspaces") if item["name"] == PROD)
        usage = workspace["usages"][0]
        self.assertEqual((usage["bucket"], usage["version"], usage["evidence"], usage["certainty"]),
                         (IMAGES, "v1", "rule", "possible"))
        images = self.relay.items("images", bucket=IMAGES)
        self.assertEqual(len(images), 1)
        self.assertIn("v1", str(images[0]))

    def test_metrics_and_health(self):
        text = self.relay.get("/metrics").body.decode()
        names = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if line and line[0] != "#"}
        self.assertTrue(names)
        self.assertEqual([name for name in names if not name.startswith("driftbell_")], [])
        for line in text.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) driftbell_\w+ .*|driftbell_\w+(\{.*\})? [-+0-9.eInfNa]+)$")
        self.assertEqual(self.relay.get("/healthz").status, 200)
        self.assertEqual(self.relay.get("/readyz").status, 200)

    def test_no_answer_holds_a_secret(self):
        paths = ["/", "/metrics", "/healthz", "/readyz"]
        paths += [f"/api/v1/{name}" for name in ("incidents", "events", "deliveries", "images", "workspaces", "silences")]
        paths += [f"/api/v1/events/{item['id']}" for item in self.relay.items("events")]
        paths += [f"/api/v1/incidents/{item['id']}" for item in self.relay.items("incidents")]
        for path in paths:
            body = self.relay.get(path).body.decode()
            for secret in self.relay.secrets:
                self.assertFalse(secret in body, f"a secret in {path}")

    def test_the_bearer_is_nowhere_on_disk_in_clear(self):
        import os
        self.relay.stop()
        for name in os.listdir(self.directory):
            if name.startswith("driftbell.db"):
                with open(os.path.join(self.directory, name), "rb") as file:
                    self.assertFalse(self.token.encode() in file.read(), name)
        self.relay.start()

    def test_unknown_paths_and_methods(self):
        self.assertEqual(self.relay.get("/api/v1/nothing").status, 404)
        self.assertEqual(hcp.request(self.relay.admin, "PUT", "/api/v1/incidents", b"{}").status, 405)
        self.assertEqual(self.relay.post("/api/v1/incidents").status, 405)


class Acknowledged(RelayCase):
    def test_who_knows_is_told_and_shown(self):
        self.start()
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"), hcp.run_event(PROD), hcp.revoke(IMAGES, "v1"))
        incident = self.document("image.revocation")["incident"]["id"]
        path = f"/api/v1/incidents/{incident}/ack"
        for body in ({}, {"by": "kim"}, {"by": "kim", "until": "2020-01-01T00:00:00Z"}, [1]):
            answer = self.relay.post(path, body)
            self.assertEqual(answer.status, 400, body)
            self.assertIn("error", answer.json)
        known = {"by": "kim@example.com", "comment": "rebuilding", "until": "2099-01-01T00:00:00Z"}
        answer = self.relay.post(path, known)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json["acknowledged"], known)
        self.assertIn("kim@example.com", answer.json["timeline"][-1]["what"])
        until(lambda: self.receiver.last("image.revocation")["incident"]["acknowledged"] == known,
              what="a revision that says who knows")
        self.assertEqual(self.receiver.last("image.revocation")["reason"], "changed")
        self.assertEqual(self.relay.post("/api/v1/incidents/inc_nothing/ack", known).status, 404)
        self.send(hcp.restore(IMAGES, "v1"))
        last = self.document("image.revocation", reason="resolved")
        self.assertEqual(last["incident"]["acknowledged"], known)
        self.assertEqual(self.relay.post(path, known).status, 409)

    def test_that_it_has_run_out_is_told_also_after_a_restart(self):
        self.start()
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"), hcp.run_event(PROD), hcp.revoke(IMAGES, "v1"))
        incident = self.document("image.revocation")["incident"]["id"]
        soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = self.relay.post(f"/api/v1/incidents/{incident}/ack", {"by": "kim@example.com", "until": soon})
        self.assertEqual(answer.status, 200)
        self.relay.restart()
        last = self.document("image.revocation", reason="reminder")
        self.assertIsNone(last["incident"]["acknowledged"])
        self.assertIn("The acknowledgement of kim@example.com has run out.", last["summary"])


class Secrets(RelayCase):
    wants_slack = True

    def test_failing_sinks_tell_no_url_and_no_key(self):
        from harness.server import Fault
        self.slack.always(Fault(404, "no_service"))
        self.receiver.always(Fault(401, "who are you"))
        self.start()
        self.send(hcp.complete(IMAGES, "v1"))
        until(lambda: len(self.relay.items("deliveries", state="blocked")) >= 2, what="both blocked")
        config = copy.deepcopy(self.config)
        config["sinks"][0]["webhook"]["secret_file"] = "gone.secret"
        self.relay.reload(config)
        for name in ("deliveries", "incidents"):
            body = self.relay.get(f"/api/v1/{name}").body.decode() + self.relay.get("/metrics").body.decode()
            for secret in self.relay.secrets:
                self.assertFalse(secret in body, f"a secret in {name}")


if __name__ == "__main__":
    unittest.main()
