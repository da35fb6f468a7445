"""kill -9 at each step of a run task: it always gets its final callback, and the same one."""

import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.hcp_api import Blob, HcpTerraform
from harness.server import Fault
from harness.terraform import ami, data_artifact, data_version, instance, plan_text
from harness.wait import until

PROD = "fin-payments-prod"
IMAGES = "fin-payments-images"
MESSAGE = f"1 image, 1 revoked: {IMAGES} v1 (end of support)."


class KillTask(RelayCase):
    token = "run-task-bearer-of-the-killed"

    def setUp(self):
        super().setUp()
        self.blob = self.stand_in(Blob())
        self.hcp_terraform = self.stand_in(HcpTerraform(self.blob, self.token))
        self.relay.secrets.append(self.token)
        self.hcp_terraform.plan = plan_text(
            [], [instance("web", ami(IMAGES, "v1"))], [data_version("base", IMAGES, "v1"), data_artifact("base", IMAGES, "v1")])
        self.start()
        self.send(hcp.complete(IMAGES, "v1"), hcp.revoke(IMAGES, "v1", "end of support"))
        self.document("image.revocation")
        self.settled()

    def tearDown(self):
        self.relay.secrets += self.blob.secrets
        super().tearDown()

    def killed(self, *, before=None, at=None):
        """Killed while the plan is asked for, or once `at` is true; then the final callback."""
        self.hcp_terraform.before = before or []
        self.send(hcp.run_task_event(PROD, self.hcp_terraform.url("one"), self.token))
        if at:
            until(at, what="the moment to kill it")
            self.relay.kill()
        else:
            until(lambda: self.relay.process is None, what="its end")
        self.relay.start()
        _, final = until(lambda: self.hcp_terraform.finals()[-1] if self.hcp_terraform.finals() else None, 30,
                         lambda: f"the final callback\n{self.relay.tail()}")
        self.assertEqual((final["status"], final["message"]), ("passed", MESSAGE))
        self.settled()
        self.assertEqual(len(self.hcp_terraform.finals()), 1)
        self.assertEqual(self.relay.items("deliveries", state="dead"), [])

    def test_right_after_it_was_taken(self):
        self.killed(at=lambda: True)

    def test_while_the_plan_is_asked_for(self):
        def ask(api):
            self.relay.kill()
            return api.redirect()
        self.killed(before=[ask])

    def test_while_the_plan_comes(self):
        def half(handler):
            data = self.hcp_terraform.plan
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data[: len(data) // 2])
            self.relay.kill()
        self.killed(before=[lambda api: api.redirect(half)])

    def test_when_the_plan_has_come(self):
        def whole(handler):
            data = self.hcp_terraform.plan
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)
            self.relay.kill()
        self.killed(before=[lambda api: api.redirect(whole)])

    def test_while_it_waits_to_ask_again(self):
        self.killed(before=[Fault(204)], at=lambda: self.relay.logged("will be retried"))

    def test_when_running_was_told(self):
        self.killed(before=[Fault(429, headers={"Retry-After": "2"})], at=lambda: self.hcp_terraform.results)

    def test_when_the_final_callback_was_taken(self):
        self.killed(at=self.hcp_terraform.finals)


if __name__ == "__main__":
    unittest.main()
