"""One short walk through everything that has a thread in it; also run under the thread sanitizer."""

import concurrent.futures
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase
from harness.wait import until


class Smoke(RelayCase):
    wants_slack = True

    def test_start_take_tell_ask_reload_restart_stop(self):
        self.start()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(self.send, (hcp.complete(f"smoke-{number}-images", "v1") for number in range(40))))
            asked = [pool.submit(self.relay.items, name) for name in ("events", "incidents", "deliveries") * 3]
            for future in asked:
                future.result()
        self.assertEqual(len({answer["event"] for answer in answers}), 40)
        until(lambda: len(self.receiver.about("image.released")) == 40, 20, "forty documents")
        until(lambda: self.slack.messages, what="a Slack message")
        self.relay.reload()
        self.assertEqual(self.relay.get("/readyz").status, 200)
        self.relay.restart()
        self.send(hcp.complete("smoke-last-images", "v1"))
        self.document("image.released", bucket="smoke-last-images")


if __name__ == "__main__":
    unittest.main()
