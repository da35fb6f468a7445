"""The story: what happens at HCP, why it matters, and who must hear what.

Each step has the webhooks to send and the messages that must come: for a
Slack channel or the security list's mail, words that must all be in one
message; for the webhook receiver ("siem"), what the notification document must say;
for a run in HCP Terraform, words of what its run task answers.
"""

import dataclasses

from harness import hcp
from harness.terraform import ami, data_artifact, data_version, instance, plan_text

IMAGES = "fin-golden-images"
PAYMENTS, LEDGER = "fin-payments-prod", "fin-ledger-prod"
CVE = "CVE-2026-10042: remote code execution in the TLS library"


@dataclasses.dataclass
class Step:
    title: str
    why: str
    payloads: list
    slack: list = dataclasses.field(default_factory=list)  # (channel, words)
    siem: list = dataclasses.field(default_factory=list)   # (kind, wanted)
    mail: list = dataclasses.field(default_factory=list)   # words
    run: list = dataclasses.field(default_factory=list)    # words


def plan_on(version):
    """Two instances, which stay what they are."""
    servers = [instance("ledger", ami(IMAGES, version), number) for number in range(2)]
    return plan_text(servers, servers, [data_version("golden", IMAGES, version), data_artifact("golden", IMAGES, version)])


def steps(hcp_terraform):
    """Every event gets an id and a time of its own; the story begins an hour ago."""
    hcp.CLOCK = hcp.Clock(ago_minutes=60)
    yield Step(
        "Packer builds a golden image",
        "The platform team hears that v1 exists. Nobody else is bothered.",
        [hcp.complete(IMAGES, "v1", regions=("us-east-1", "eu-west-1"))],
        [("platform", (IMAGES, "v1"))],
        [("image.released", {"version": "v1"})])
    yield Step(
        "v1 is promoted to production, and two teams roll it out",
        "No message: nothing is wrong. But from now on Driftbell knows who may run v1.",
        [hcp.assign(IMAGES, "v1"), hcp.run_event(PAYMENTS), hcp.run_event(LEDGER)])
    yield Step(
        f"Somebody changes {LEDGER} by hand",
        "Drift. Only the team that owns the workspace hears of it.",
        [hcp.assessment_event(LEDGER, 3)],
        [("team-ledger", (LEDGER, "drift"))],
        [("workspace.drift", {"workspace": LEDGER, "status": "open"})])
    yield Step(
        "v2 is built and promoted",
        "The platform team sees who is behind.",
        [hcp.complete(IMAGES, "v2", regions=("us-east-1", "eu-west-1")), hcp.assign(IMAGES, "v2", previous="v1")],
        [("platform", ("released", "v2")), ("platform", ("superseded", PAYMENTS, LEDGER))],
        [("image.superseded", {"status": "open"})])
    yield Step(
        "v1 is revoked: a CVE",
        "HCP Packer stops new builds from v1; who still runs it, it does not say. Driftbell does, to each team "
        "about its own workspaces, and the drift on a revoked image is critical now. The security list gets a mail.",
        [hcp.revoke(IMAGES, "v1", reason=CVE)],
        [("platform", ("v1", "CVE-2026-10042", "revoked")), ("team-payments", (PAYMENTS, "CVE-2026-10042")),
         ("team-ledger", (LEDGER, "CVE-2026-10042")), ("team-ledger", (LEDGER, "drift", "critical"))],
        [("image.revocation", {"phase": "revoked", "severity": "critical"})],
        [(f"revocation of {IMAGES} v1", PAYMENTS, LEDGER, "CVE-2026-10042")])
    hcp_terraform.plan = plan_on("v1")
    task = hcp.run_task_event(LEDGER, hcp_terraform.url("ledger"), hcp_terraform.bearer)
    yield Step(
        f"The ledger team plans a change of {LEDGER}",
        "A run task asks Driftbell, which reads the plan with the task's own token: that it runs v1 is known now, and no "
        "guess by name. Whoever looks at the run sees it there. It could fail the run; by default it only tells.",
        [task],
        siem=[("image.revocation", {"status": "open"})],
        run=[("passed", "1 revoked", f"{IMAGES} v1", "CVE-2026-10042", "move to v2")])
    yield Step(
        "They cancel that run",
        "Nothing changed, so nothing is said.",
        [hcp.run_event(LEDGER, "canceled", run_id=task["run_id"])])
    yield Step(
        f"The payments team rolls {PAYMENTS} onto v2",
        "One moved, one to go. The team's message is edited where it stands, and calls nobody; the webhook gets every "
        "revision.",
        [hcp.run_event(PAYMENTS)],
        [("team-payments", ("moved",))],
        [("image.revocation", {"status": "open", "moved": 1})])
    yield Step(
        "A run of the payments team fails",
        "The next problem of one team only: its own incident, its own channel.",
        [hcp.run_event(PAYMENTS, "errored", message="Raise the instance count")],
        [("team-payments", (PAYMENTS, "fail"))],
        [("workspace.run_failed", {"workspace": PAYMENTS, "status": "open"})])
    yield Step(
        "They repair it",
        "An incident stays open until it is put right, and whoever was told hears that it was.",
        [hcp.run_event(PAYMENTS)],
        [("team-payments", (PAYMENTS, "resolved"))],
        [("workspace.run_failed", {"status": "resolved"})])
    yield Step(
        f"The ledger team applies too: {LEDGER} moves to v2",
        "Nobody runs v1 any more. Everyone who was told hears that it is over, the drift included.",
        [hcp.run_event(LEDGER)],
        [("platform", ("resolved", "revoked", "v1")), ("team-payments", ("resolved", "v1")),
         ("team-ledger", ("resolved", "v1")), ("team-ledger", ("resolved", "drift"))],
        [("image.revocation", {"phase": "cleared"}), ("workspace.drift", {"status": "resolved"})],
        [(f"revocation of {IMAGES} v1", "resolved")])
    yield Step(
        "v2 gets an end of life, 30 days from now",
        "A scheduled revocation is told when there is still time to act.",
        [hcp.schedule(IMAGES, "v2", hcp.from_now(days=30), "Ubuntu 22.04 is retired")],
        [("platform", ("v2", "scheduled")), ("team-payments", (PAYMENTS,)), ("team-ledger", (LEDGER,))],
        [("image.revocation", {"phase": "scheduled", "severity": "warning"})])
    yield Step(
        "That was the wrong image: it is restored",
        "No work for anybody after all, and the same people hear it.",
        [hcp.restore(IMAGES, "v2")],
        [("platform", ("resolved", "v2")), ("team-payments", ("resolved", "v2")), ("team-ledger", ("resolved", "v2"))],
        [("image.revocation", {"phase": "lifted"})])
    yield Step(
        "HCP sends all of it again",
        "It happens: retries, a second notification configuration. Nothing is said twice.",
        [])
