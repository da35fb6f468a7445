"""Untracked images and wrong channels over real sockets: found in the plan of a run task,
told as incidents and beside the run, and ended by the next plan, a run's end or a reload."""

import unittest

import support  # noqa: F401
from harness import hcp
from harness.terraform import ami, data_artifact, data_version, instance, plan_text
from test_run_task import IMAGES, PROD, RunTaskCase

POLICY = {"policy": [{"workspace": "*-prod", "channel": "production"}], "untracked_images": {"providers": ["aws"]}}
BARE = "ami-0fee1dead0000cafe"


def from_channel(channel, *more, version="v1", before=()):
    """An instance of the channel's version, and others with images of their own."""
    others = [instance(f"other{i}", image) for i, image in enumerate(more)]
    return plan_text(before, [instance("web", ami(IMAGES, version)), *others],
                     [data_version("base", IMAGES, version, channel), data_artifact("base", IMAGES, version, channel)])


class Findings(RunTaskCase):
    def setUp(self):
        super().setUp()
        self.relay.reload({**self.config, **POLICY})
        self.send(hcp.complete(IMAGES, "v1"), hcp.assign(IMAGES, "v1"))

    def plans(self, plan):
        self.hcp_terraform.plan = plan
        del self.hcp_terraform.outcomes[:]
        return self.checked()

    def found(self, kind, reason):
        document = self.document(kind, reason=reason)
        self.assertEqual(document["incident"]["severity"], "warning")
        self.assertEqual([row["name"] for row in document["workspaces"]], [PROD])
        return [(one["external_identifier"], one["channel"], one["wanted"]) for one in document["findings"]]

    def test_untracked_until_the_next_plan(self):
        self.assertEqual(self.plans(from_channel("production", BARE))["status"], "passed")
        self.assertEqual(self.found("workspace.untracked_image", "opened"), [(BARE, None, [])])
        outcome, = [one for one in self.hcp_terraform.outcomes if one["outcome-id"] == "untracked-images"]
        self.assertEqual(outcome["tags"]["Status"], [{"label": "Untracked", "level": "warning"}])
        self.assertEqual(outcome["body"], f"- `{BARE}`: `aws_instance.other0`\n")
        self.plans(from_channel("production"))
        self.assertEqual(self.found("workspace.untracked_image", "resolved"), [])

    def test_untracked_until_packer_tells_of_it(self):
        self.plans(plan_text([], [instance("web", ami(IMAGES, "v2"))]))
        self.assertEqual(self.found("workspace.untracked_image", "opened"), [(ami(IMAGES, "v2"), None, [])])
        self.send(hcp.complete(IMAGES, "v2"))
        self.found("workspace.untracked_image", "resolved")

    def test_wrong_channel_until_the_next_plan(self):
        self.assertEqual(self.plans(from_channel("staging"))["status"], "passed")
        self.assertEqual(self.found("workspace.wrong_channel", "opened"),
                         [(ami(IMAGES, "v1"), "staging", ["production"])])
        self.assertIn("wrong-channel", [one["outcome-id"] for one in self.hcp_terraform.outcomes])
        self.plans(from_channel("production"))
        self.found("workspace.wrong_channel", "resolved")

    def test_pinned(self):
        self.send(hcp.complete(IMAGES, "v2"), hcp.assign(IMAGES, "v2", previous="v1"))
        self.plans(plan_text([], [instance("web", ami(IMAGES, "v1"))], [data_artifact("base", IMAGES, "v1", None)]))
        self.assertEqual(self.found("workspace.wrong_channel", "opened"), [(ami(IMAGES, "v1"), None, ["production"])])

    def test_another_policy(self):
        self.plans(from_channel("staging", BARE))
        self.found("workspace.wrong_channel", "opened")
        self.found("workspace.untracked_image", "opened")
        self.relay.reload({**self.config, "policy": [{"workspace": "*", "channel": ["production", "staging"]}],
                           "untracked_images": {"providers": ["aws"], "ignore": [{"image": "ami-0fee*"}]}})
        self.found("workspace.wrong_channel", "resolved")
        self.found("workspace.untracked_image", "resolved")


if __name__ == "__main__":
    unittest.main()
