"""`driftbell usage` and its like: who runs this, and what does this run, asked of the running relay."""

import json
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.hcp_api import Blob, HcpTerraform
from harness.terraform import ami, data_artifact, data_version, instance, plan_text
from harness.wait import until

IMAGES = "retail-checkout-images"
PROD, STAGE, LATE = "retail-checkout-prod", "retail-checkout-stage", "retail-checkout-late"
HOSTILE = "retail-checkout-\x1b]0;owned\x07\x9b31m"


class UsageCase(RelayCase):
    def setUp(self):
        super().setUp()
        self.config["teams"] = [{"name": "checkout", "workspaces": [PROD]}]

    def ask(self, *arguments, code=0):
        done = self.relay.run(*arguments, "--admin", self.relay.admin)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def rows(self, *arguments):
        """The table's rows, cut at two spaces and more, and the line behind them."""
        lines = self.ask(*arguments).stdout.splitlines()
        return [[cell for cell in line.split("  ") if cell] for line in lines[1:-1]], lines[-1]

    def names(self, *arguments):
        rows, _ = self.rows("usage", *arguments)
        return [row[0].strip() for row in rows]


class Usage(UsageCase):
    def story(self):
        self.start()
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"), hcp.run_event(PROD), hcp.run_event(STAGE),
                  hcp.complete(IMAGES, "v2"), hcp.assign(IMAGES, "v2", previous="v1"), hcp.run_event(LATE),
                  hcp.complete("another-images", "v1"), hcp.run_event("lonely"))
        self.fence("usage")

    def test_who_runs_this(self):
        self.story()
        full = [f"{hcp.ORGANIZATION}/{name}" for name in (PROD, STAGE, LATE)]
        self.assertEqual(self.names("--bucket", IMAGES), full)
        self.assertEqual(self.names("--image", f"{IMAGES}@v1"), full[:2])
        self.assertEqual(self.names("--image", f"{IMAGES}@v2"), full[2:])
        self.assertEqual(self.names("--image", f"{IMAGES}@v2", "--workspace", PROD), [])
        fingerprint = hcp.version(IMAGES, "v1")["fingerprint"]
        self.assertEqual(self.names("--image", fingerprint), full[:2])
        self.assertEqual(self.ask("usage", "--bucket", "nothing").stdout, "0 workspaces: 0 known, 0 possible\n")

    def test_what_does_this_run(self):
        self.story()
        for name in (PROD, f"{hcp.ORGANIZATION}/{PROD}", hcp.workspace_id(PROD)):
            (row,), total = self.rows("usage", "--workspace", name)
            self.assertEqual([cell.strip() for cell in row[:3]], [f"{hcp.ORGANIZATION}/{PROD}", "checkout", f"{IMAGES} v1"])
            self.assertIn("may run, rule", " ".join(row))
            self.assertIn(" ago", row[-2])
            self.assertEqual(total, "1 workspace: 0 known, 1 possible")
        self.assertEqual(self.names("--workspace", "lonely"), [])

    def test_json_has_all_pages(self):
        self.start()
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"),
                  *(hcp.run_event(f"retail-checkout-{i}") for i in range(230)))
        self.fence("pages")
        page = json.loads(self.ask("usage", "--bucket", IMAGES, "--json").stdout)
        self.assertIsNone(page["next"])
        self.assertEqual(len({item["name"] for item in page["items"]}), 230)
        self.assertEqual(page["items"], self.relay.items("workspaces", bucket=IMAGES))
        _, total = self.rows("usage", "--bucket", IMAGES)
        self.assertEqual(total, "230 workspaces: 0 known, 230 possible")

    def test_what_came_from_outside_cannot_steer_the_terminal(self):
        self.start()
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"), hcp.run_event(HOSTILE))
        self.fence("hostile")
        for arguments in (("usage",), ("usage", "--json"), ("workspaces",), ("images",), ("status",)):
            out = self.ask(*arguments).stdout
            self.assertIn("retail-checkout-", out)
            self.assertNotRegex(out, "[\x00-\x09\x0b-\x1f\x7f-\x9f]", arguments)

    def test_images_and_workspaces_are_listed(self):
        self.story()
        rows, total = self.rows("images", "--bucket", IMAGES)
        self.assertEqual([[cell.strip() for cell in row[1:5]] for row in rows],
                         [[IMAGES, "v2", "active", "production"], [IMAGES, "v1", "active", "-"]])
        self.assertEqual(total, "1 bucket, 2 versions")
        rows, total = self.rows("workspaces")
        self.assertEqual({row[1].strip() for row in rows}, {PROD, STAGE, LATE, "lonely"})
        self.assertEqual(total, "4 workspaces, 1 of a team")
        self.assertEqual(json.loads(self.ask("workspaces", "--json").stdout)["items"], self.relay.items("workspaces"))

    def test_what_lacks_is_told(self):
        self.start()
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"), hcp.run_event(PROD),
                  hcp.assessment_event(STAGE, 2), hcp.run_event("lonely"))
        self.fence("coverage")
        items = {item["workspace"]["name"]: item for item in self.relay.items("coverage")}
        self.assertEqual({name: item["missing"] for name, item in items.items()},
                         {PROD: ["assessment", "run_task"], STAGE: ["notification", "run_task"]})
        self.assertEqual(items[PROD]["workspace"]["team"], "checkout")
        self.assertTrue(items[PROD]["since"])
        self.assertEqual([item["workspace"]["name"] for item in self.relay.items("coverage", missing="assessment")], [PROD])
        self.assertEqual(self.relay.get("/api/v1/coverage", missing="courage").status, 400)
        out = self.ask("status").stdout
        self.assertIn("2 of 2 workspaces with images", out)
        self.assertIn(f"{hcp.ORGANIZATION}/{STAGE}", out)
        self.assertEqual(json.loads(self.ask("status", "--json").stdout)["coverage"]["missing"],
                         {"notification": 1, "assessment": 1, "run_task": 2})

    def test_exit_codes(self):
        self.start()
        self.assertEqual(self.ask("usage", "nobody", code=2).stdout, "")
        self.assertEqual(self.ask("usage", "--what", code=2).stdout, "")
        self.assertIn("image has no value", self.ask("usage", "--image", "", code=1).stderr)
        self.assertIn("usage: driftbell", self.relay.run("usage", "--help").stdout)
        done = self.relay.run("usage", "--admin", "127.0.0.1:1")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("127.0.0.1:1", done.stderr)
        done = self.ask("usage", "--bucket", "x" * 2000, code=1)
        self.assertIn("400", done.stderr)
        self.assertEqual(self.relay.run("usage", "--json", "--admin", "127.0.0.1:1").stdout, "")


class Known(UsageCase):
    """With a run task: what plans tell, and what becomes of it."""

    def setUp(self):
        super().setUp()
        token = "run-task-bearer-5a90c3"
        self.relay.secrets.append(token)
        self.hcp_terraform = self.stand_in(HcpTerraform(self.stand_in(Blob()), token))
        self.token = token
        self.start()
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"), hcp.complete(IMAGES, "v2"),
                  hcp.assign(IMAGES, "v2", previous="v1"))

    def plan(self, before, after, version):
        """A run's plan read; the run's id."""
        done = len(self.hcp_terraform.finals())
        self.hcp_terraform.plan = plan_text(before, after, [data_version("base", IMAGES, version),
                                                            data_artifact("base", IMAGES, version)])
        task = hcp.run_task_event(PROD, self.hcp_terraform.url(f"task-{done}"), self.token)
        self.send(task)
        until(lambda: len(self.hcp_terraform.finals()) > done, 30, lambda: f"a final callback\n{self.relay.tail()}")
        return task

    def applied(self, task):
        self.send(hcp.run_event(PROD, run_id=task["run_id"], created=task["run_created_at"]))
        self.fence(task["run_id"].lower())

    def shown(self, *arguments):
        """(image, evidence, image id) of each row."""
        rows, total = self.rows("usage", *arguments)
        return [(row[2].strip(), row[5].strip(), row[-1].strip()) for row in rows], total

    def test_planned_and_then_known(self):
        web = [instance("web", ami(IMAGES, "v2"), 0), instance("web", ami(IMAGES, "v2"), 1)]
        task = self.plan([], web, "v2")
        rows, _ = self.shown("--image", ami(IMAGES, "v2"))
        self.assertIn((f"{IMAGES} v2", f"planned by {task['run_id']}", ami(IMAGES, "v2")), rows)
        self.applied(task)
        rows, total = self.shown("--workspace", PROD)
        self.assertEqual(len(rows), 1, "no rule beside what is known")
        image, evidence, identifier = rows[0]
        self.assertEqual((image, identifier), (f"{IMAGES} v2", ami(IMAGES, "v2")))
        self.assertRegex(evidence, "^known, (plan|state)$")
        self.assertEqual(total, "1 workspace: 1 known, 0 possible")
        self.assertEqual(self.names("--image", f"{IMAGES}@v1"), [])
        usage, = self.relay.items("workspaces", workspace=PROD)[0]["usages"]
        self.assertEqual((usage["region"], usage["instances"], usage["planned_by"]), ("us-east-1", 2, None))
        self.assertTrue(usage["address"].startswith("aws_instance.web"))
        self.assertEqual([item["missing"] for item in self.relay.items("coverage")], [["assessment"]])

    def test_an_image_that_no_bucket_has(self):
        self.applied(self.plan([], [instance("web", "ami-0f00ba4")], "v2"))
        rows, _ = self.shown("--image", "ami-0f00ba4")
        self.assertEqual([(image, identifier) for image, _, identifier in rows], [("no known bucket", "ami-0f00ba4")])
        item, = self.relay.items("workspaces", image="ami-0f00ba4")
        self.assertEqual((item["name"], item["usages"][0]["bucket"]), (PROD, None))


if __name__ == "__main__":
    unittest.main()
