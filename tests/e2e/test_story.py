"""A golden image's life as its owners hear it: built, promoted, revoked, replaced."""

import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.hcp_api import TaskCallback
from harness.wait import until

IMAGES = "retail-checkout-images"
PROD, STAGE = "retail-checkout-prod", "retail-checkout-stage"


def row(document, workspace):
    return next(item for item in document["workspaces"] if item["name"] == workspace)


def counts(document):
    return tuple(document["workspace_counts"][key] for key in ("affected", "moved", "total"))


class Image(RelayCase):
    def setUp(self):
        super().setUp()
        self.start(links={"base_url": "https://relay.example.com",
                          "runbooks": [{"kind": "image.revocation", "url": "https://wiki.example.com/revoked"}]})

    def promote(self, name, previous=None, bucket=IMAGES):
        self.send(hcp.complete(bucket, name), hcp.assign(bucket, name, previous=previous))

    def in_use(self, *workspaces):
        """v1 is promoted, and each of the workspaces applied a run after that."""
        self.promote("v1")
        self.send(*(hcp.run_event(name) for name in workspaces))

    def test_a_completed_version_is_released_once(self):
        self.send(hcp.complete(IMAGES, "v1", regions=("us-east-1", "eu-west-1")))
        found = self.document("image.released", version="v1")
        self.assertEqual((found["reason"], found["incident"]["status"], found["incident"]["severity"]),
                         ("opened", "resolved", "info"))
        image = found["image"]
        self.assertEqual((image["bucket"], image["status"], image["organization_id"], image["project_id"]),
                         (IMAGES, "active", hcp.ORGANIZATION_ID, hcp.PROJECT_ID))
        self.assertEqual({item["region"] for item in image["artifacts"]}, {"us-east-1", "eu-west-1"})
        self.assertEqual(image["fingerprint"], hcp.version(IMAGES, "v1")["fingerprint"])

    def test_from_schedule_over_revocation_to_cleared(self):
        self.in_use(PROD, STAGE)
        due = hcp.from_now(days=30)
        self.send(hcp.schedule(IMAGES, "v1", due))
        first = self.document("image.revocation", phase="scheduled")
        self.assertEqual((first["reason"], first["incident"]["severity"], first["image"]["revoke_at"][:19]),
                         ("opened", "warning", due[:19]))
        self.assertEqual(counts(first), (2, 0, 2))
        held = row(first, PROD)
        self.assertEqual((held["state"], held["certainty"], held["evidence"], held["version"], held["bucket"]),
                         ("affected", "possible", "rule", "v1", IMAGES))
        self.assertEqual((held["id"], held["organization"]), (hcp.workspace_id(PROD), hcp.ORGANIZATION))

        self.send(hcp.revoke(IMAGES, "v1"))
        revoked = self.document("image.revocation", phase="revoked")
        self.assertEqual((revoked["reason"], revoked["incident"]["severity"], revoked["image"]["status"]),
                         ("changed", "critical", "revoked"))
        self.assertEqual((revoked["id"], revoked["incident"]["id"]), (first["id"], first["incident"]["id"]))
        self.assertGreater(revoked["revision"], first["revision"])
        self.assertIn("CVE-2026-10042", revoked["image"]["reason"])
        self.assertIn("CVE-2026-10042", revoked["summary"])
        self.assertEqual(revoked["image"]["revoked_by"], "priya.raman@example.com")
        self.assertEqual(revoked["runbook"], "https://wiki.example.com/revoked")
        self.assertTrue(revoked["url"].startswith("https://relay.example.com/incidents/inc_"))

        self.promote("v2", previous="v1")
        self.send(hcp.run_event(PROD))
        moving = until(lambda: next((item for item in self.receiver.about("image.revocation", status="open")
                                     if counts(item) == (1, 1, 2)), None), what="one moved")
        self.assertEqual((row(moving, PROD)["state"], row(moving, STAGE)["state"]), ("moved", "affected"))
        self.assertEqual(moving["reason"], "changed")
        self.assertEqual(moving["image"]["replacement"]["version"], "v2")
        shown = self.relay.items("incidents", status="open")[0]
        self.assertEqual(shown["image"]["replacement"], moving["image"]["replacement"])

        self.send(hcp.run_event(STAGE))
        cleared = self.document("image.revocation", phase="cleared")
        self.assertEqual((cleared["reason"], cleared["incident"]["status"], counts(cleared)),
                         ("resolved", "resolved", (0, 2, 2)))
        self.assertEqual(cleared["incident"]["id"], first["incident"]["id"])
        self.assertEqual(self.receiver.about("image.superseded", status="open"), [],
                         "those told to leave a revoked image need not hear of a newer one")
        self.assertEqual([item["id"] for item in self.relay.items("incidents", status="open")], [])

    def test_a_plan_only_run_and_one_created_before_the_assignment_move_nobody(self):
        self.in_use(PROD)
        self.send(hcp.revoke(IMAGES, "v1"))
        self.document("image.revocation", phase="revoked")
        early = hcp.CLOCK.tick()
        self.promote("v2", previous="v1")
        self.send(hcp.run_event(PROD, created=early), hcp.run_event(PROD, "planned_and_finished"))
        self.fence("nobody")
        self.assertEqual(counts(self.receiver.last("image.revocation")), (1, 0, 1))
        self.send(hcp.run_event(PROD))
        self.document("image.revocation", phase="cleared")

    def test_restore_lifts_it(self):
        self.in_use(PROD)
        self.send(hcp.revoke(IMAGES, "v1"))
        opened = self.document("image.revocation", phase="revoked")
        self.assertEqual((opened["reason"], opened["incident"]["severity"]), ("opened", "critical"))
        self.send(hcp.restore(IMAGES, "v1"))
        lifted = self.document("image.revocation", phase="lifted")
        self.assertEqual((lifted["reason"], lifted["incident"]["status"], lifted["image"]["status"]),
                         ("resolved", "resolved", "active"))
        self.assertEqual(lifted["workspace_counts"]["moved"], 0, "it still runs there, nobody moved")

    def test_cancelling_a_schedule_lifts_it(self):
        self.in_use(PROD)
        self.send(hcp.schedule(IMAGES, "v1", hcp.from_now(days=3)))
        self.document("image.revocation", phase="scheduled")
        self.send(hcp.packer_event("cancel-revocation", IMAGES, "v1"))
        self.assertEqual(self.document("image.revocation", phase="lifted")["reason"], "resolved")

    def test_revoked_again_is_a_new_incident(self):
        self.in_use(PROD)
        self.send(hcp.revoke(IMAGES, "v1"))
        first = self.document("image.revocation", phase="revoked")
        self.send(hcp.restore(IMAGES, "v1"))
        self.document("image.revocation", phase="lifted")
        self.send(hcp.revoke(IMAGES, "v1", reason="it was as bad as we thought"))
        again = until(lambda: next((item for item in self.receiver.about("image.revocation", phase="revoked")
                                    if item["incident"]["id"] != first["incident"]["id"]), None))
        self.assertEqual((again["reason"], again["incident"]["key"]), ("opened", first["incident"]["key"]))

    def test_a_revocation_in_the_far_future_is_a_schedule_whatever_the_action(self):
        self.in_use(PROD)
        self.send(hcp.packer_event("revoke", IMAGES, "v1", status="VERSION_ACTIVE", revoke_at=hcp.from_now(days=9)))
        self.assertEqual(self.document("image.revocation")["incident"]["phase"], "scheduled")

    def test_older_news_never_undoes_newer(self):
        self.in_use(PROD)
        early = hcp.CLOCK.tick()
        self.send(hcp.revoke(IMAGES, "v1"))
        self.document("image.revocation", phase="revoked")
        self.send(hcp.restore(IMAGES, "v1", at=early))
        self.fence("older")
        self.assertEqual(self.receiver.last("image.revocation")["incident"]["phase"], "revoked")

    def test_nobody_runs_it_is_only_a_warning(self):
        self.promote("v1")
        self.send(hcp.revoke(IMAGES, "v1"))
        found = self.document("image.revocation", phase="revoked")
        self.assertEqual((found["incident"]["severity"], counts(found)), ("warning", (0, 0, 0)))

    def test_inherited_revocations_fold_into_the_ancestor_s_incident(self):
        self.in_use(PROD)
        self.promote("v1", bucket="plat-base-images")
        self.send(hcp.revoke("plat-base-images", "v1"))
        self.document("image.revocation", bucket="plat-base-images")
        self.send(hcp.inherited_revoke(IMAGES, "v1", "plat-base-images", "v1"))
        found = until(lambda: next((item for item in self.receiver.about("image.revocation")
                                    if item["image"]["descendants"]), None), what="a descendant")
        self.assertEqual((found["image"]["bucket"], found["image"]["descendants"][0]["bucket"], counts(found)),
                         ("plat-base-images", IMAGES, (1, 0, 1)))
        self.assertEqual(found["incident"]["severity"], "critical")
        self.fence("inherited")
        self.assertEqual(len(self.relay.items("incidents", kind="image.revocation")), 1)
        self.send(hcp.restore("plat-base-images", "v1"))
        self.document("image.revocation", phase="lifted")

    def test_an_inherited_revocation_may_come_before_its_ancestor_s(self):
        self.in_use(PROD)
        self.promote("v1", bucket="plat-base-images")
        at = hcp.CLOCK.tick()
        self.send(hcp.inherited_revoke(IMAGES, "v1", "plat-base-images", "v1", at=at))
        self.document("image.revocation")
        self.send(hcp.revoke("plat-base-images", "v1", at=at))
        found = until(lambda: next((item for item in self.receiver.about("image.revocation", bucket="plat-base-images")
                                    if "CVE-2026-10042" in (item["image"]["reason"] or "")), None),
                      what="the ancestor's own revocation")
        self.assertEqual((counts(found), found["image"]["descendants"][0]["bucket"]), ((1, 0, 1), IMAGES))
        self.fence("ancestor")
        self.assertEqual(len(self.relay.items("incidents", kind="image.revocation")), 1)

    def test_a_rollback_is_told_to_those_on_the_withdrawn_version(self):
        self.in_use(PROD, STAGE)
        self.promote("v2", previous="v1")
        self.send(hcp.run_event(PROD))
        until(lambda: [item for item in self.receiver.about("image.superseded") if counts(item) == (1, 1, 2)])
        self.send(hcp.assign(IMAGES, "v1", previous="v2"))
        found = self.document("image.superseded", phase="rolled_back")
        self.assertEqual([item["name"] for item in found["workspaces"] if item["state"] == "affected"], [PROD])

    def test_a_workspace_told_of_a_revocation_hears_of_no_newer_version(self):
        self.in_use(PROD)
        self.send(hcp.revoke(IMAGES, "v1"))
        self.document("image.revocation", phase="revoked")
        self.promote("v2", previous="v1")
        self.fence("no-newer")
        self.assertEqual(self.receiver.about("image.superseded"), [])

    def test_superseded_until_all_have_moved(self):
        self.in_use(PROD, STAGE)
        self.promote("v2", previous="v1")
        opened = self.document("image.superseded", status="open")
        self.assertEqual((opened["reason"], opened["incident"]["severity"], counts(opened)),
                         ("opened", "info", (2, 0, 2)))
        self.send(hcp.run_event(PROD), hcp.run_event(STAGE))
        done = self.document("image.superseded", status="resolved")
        self.assertEqual(counts(done), (0, 2, 2))

    def test_other_organizations_and_buckets_are_not_mixed_up(self):
        self.in_use(PROD)
        self.send(hcp.complete(IMAGES, "v1", project_id="another-project"),
                  hcp.revoke(IMAGES, "v1", project_id="another-project"))
        found = self.document("image.revocation")
        self.assertEqual(found["image"]["project_id"], "another-project")
        self.send(hcp.revoke("retail-carts-images", "v1"))
        self.assertEqual(counts(self.document("image.revocation", bucket="retail-carts-images")), (0, 0, 0))


class Workspace(RelayCase):
    def setUp(self):
        super().setUp()
        self.start()

    def test_drift_opens_changes_and_closes(self):
        self.send(hcp.assessment_event(PROD, 3))
        opened = self.document("workspace.drift", status="open")
        self.assertEqual((opened["reason"], opened["incident"]["severity"], opened["drift"]["resources_drifted"]),
                         ("opened", "warning", 3))
        self.assertEqual(opened["workspaces"][0]["name"], PROD)
        self.send(hcp.assessment_event(PROD, 5))
        changed = until(lambda: next((item for item in self.receiver.about("workspace.drift")
                                      if item["drift"]["resources_drifted"] == 5), None))
        self.assertEqual((changed["id"], changed["reason"]), (opened["id"], "changed"))
        self.send(hcp.assessment_event(PROD, 0))
        self.assertEqual(self.document("workspace.drift", status="resolved")["reason"], "resolved")

    def test_an_apply_created_after_the_assessment_closes_the_drift(self):
        early = hcp.CLOCK.tick()
        self.send(hcp.assessment_event(PROD, 3))
        self.document("workspace.drift", status="open")
        self.send(hcp.run_event(PROD, created=early))
        self.fence("early")
        self.assertEqual(self.receiver.last("workspace.drift")["incident"]["status"], "open")
        self.send(hcp.run_event(PROD))
        self.document("workspace.drift", status="resolved")

    def test_drift_on_a_revoked_image_is_critical(self):
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"), hcp.run_event(PROD), hcp.revoke(IMAGES, "v1"))
        self.document("image.revocation", phase="revoked")
        self.send(hcp.assessment_event(PROD, 2))
        found = self.document("workspace.drift")
        self.assertEqual((found["incident"]["severity"], found["image"]["version"]), ("critical", "v1"))
        until(lambda: any(item["drifted"] for document in self.receiver.about("image.revocation")
                          for item in document["workspaces"]), what="the revocation to name the drift")

    def test_failed_runs_are_one_incident_until_one_is_applied(self):
        self.send(hcp.run_event(PROD, "errored", message="first", run_id="run-first"))
        opened = self.document("workspace.run_failed", status="open")
        self.assertEqual((opened["run"]["id"], opened["run"]["status"], opened["incident"]["severity"]),
                         ("run-first", "errored", "warning"))
        self.send(hcp.run_event(PROD, "errored", message="second", run_id="run-second"))
        changed = until(lambda: next((item for item in self.receiver.about("workspace.run_failed")
                                      if item["run"]["id"] == "run-second"), None))
        self.assertEqual((changed["id"], changed["reason"]), (opened["id"], "changed"))
        self.send(hcp.run_event(PROD))
        self.document("workspace.run_failed", status="resolved")

    def test_a_cancelled_run_is_no_failure(self):
        self.send(hcp.run_event(PROD, "canceled"))
        self.fence("cancelled")
        self.assertEqual(self.receiver.about("workspace.run_failed"), [])


class Odd(RelayCase):
    def setUp(self):
        super().setUp()
        self.start()

    def state(self, event):
        return until(lambda: (lambda state: state if state in ("processed", "ignored", "unknown", "parked") else None)(
            self.relay.get(f"/api/v1/events/{event}").json["state"]), what="a final state")

    def test_a_new_action_is_kept_and_told(self):
        event = self.send(hcp.packer_event("quarantine", IMAGES, "v1"))["event"]
        found = self.document("relay.unknown_event")
        self.assertEqual((found["reason"], found["incident"]["severity"], found["events"]),
                         ("opened", "warning", [event]))
        self.assertEqual(self.state(event), "unknown")

    def test_another_hcp_service_is_ignored(self):
        event = self.send(hcp.packer_event("rotate", IMAGES, "v1", source="hashicorp.secrets.secret"))["event"]
        self.assertEqual(self.state(event), "ignored")
        self.fence("ignored")
        self.assertEqual(self.receiver.about("relay.unknown_event"), [])

    def test_a_run_task_is_answered_with_its_own_bearer(self):
        hcp_terraform = self.stand_in(TaskCallback())
        token = "run-task-bearer-4f1c0a7d"
        self.relay.secrets.append(token)
        event = self.send(hcp.run_task_event(PROD, hcp_terraform.url("one"), token, stage="pre_plan"))["event"]
        bearer, attributes = until(lambda: hcp_terraform.results[-1] if hcp_terraform.results else None,
                                   what="the callback")
        self.assertEqual((bearer, attributes["status"]), (token, "passed"))
        self.assertEqual(self.state(event), "processed")
        self.assertNotIn(token, self.relay.get(f"/api/v1/events/{event}").body.decode())
        self.settled()
        self.assertEqual(len(hcp_terraform.results), 1)

    def test_a_callback_to_a_host_not_allowed_is_never_made(self):
        elsewhere = self.stand_in(TaskCallback())
        url = elsewhere.url("two").replace("127.0.0.1", "localhost")
        self.send(hcp.run_task_event(PROD, url, "run-task-bearer-stays-here", stage="pre_plan"))
        self.fence("elsewhere")
        self.assertEqual(elsewhere.count(), 0)


if __name__ == "__main__":
    unittest.main()
