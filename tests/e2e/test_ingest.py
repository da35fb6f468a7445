"""What the ingest answers, and in which order it looks."""

import json
import unittest

import support  # noqa: F401
from harness import hcp
from harness.case import RelayCase

IMAGES = "retail-checkout-images"


class Answers(RelayCase):
    def setUp(self):
        super().setUp()
        self.start()

    def status(self, method, path, body=b"{}", headers=None):
        return hcp.request(self.relay.ingest, method, path, body, headers).status

    def test_unknown_source_is_404_whatever_the_method(self):
        for method in ("POST", "GET", "PUT"):
            self.assertEqual(self.status(method, "/hooks/nobody"), 404, method)
        for path in ("/", "/hooks", "/hooks/", "/hooks/acme-packer/more", "/metrics", "/api/v1/events", "/healthz"):
            self.assertEqual(self.status("POST", path), 404, path)

    def test_other_methods_are_405_before_the_signature(self):
        for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
            self.assertEqual(self.status(method, "/hooks/acme-packer"), 405, method)

    def test_signature_missing_empty_malformed_or_wrong_is_one_401(self):
        payload = hcp.complete(IMAGES, "v1")
        body = hcp.encode(payload)
        right = hcp.sign(body, self.packer.key)
        wrong = hcp.sign(body, "another key")
        answers = {(answer.status, answer.body, answer.headers["Content-Type"]) for answer in (
            self.packer.post(payload, signature=given) for given in (
                False, "", " ", wrong, right[:-1], right + "0", right[:-1] + "g", "sha512=" + right, "0" * 128,
                right + "," + right, hcp.sign(body, self.packer.key, "sha1"), "é"))}
        self.assertEqual(len(answers), 1, answers)
        self.assertEqual(answers.pop()[0], 401)
        self.assertEqual(self.relay.items("events"), [])

    def test_signature_in_another_source_s_header_is_401(self):
        body = hcp.encode(hcp.run_event("retail-checkout-prod"))
        answer = self.status("POST", "/hooks/acme-terraform", body,
                             {hcp.HEADERS["packer"]: hcp.sign(body, self.terraform.key)})
        self.assertEqual(answer, 401)

    def test_the_key_of_another_source_is_401(self):
        payload = hcp.complete(IMAGES, "v1")
        signature = hcp.sign(hcp.encode(payload), self.terraform.key)
        self.assertEqual(self.packer.post(payload, signature=signature).status, 401)

    def test_hex_in_upper_case_and_any_content_type_are_taken(self):
        payload = hcp.complete(IMAGES, "v1")
        signature = hcp.sign(hcp.encode(payload), self.packer.key).upper()
        answer = self.packer.post(payload, signature=signature, headers={"Content-Type": "text/x-whatever"})
        self.assertEqual((answer.status, answer.json["status"]), (200, "accepted"))
        self.assertRegex(answer.json["event"], r"^evt_")

    def test_sha256_is_for_packer_only(self):
        for sender, payload, expected in (
                (self.packer, hcp.complete(IMAGES, "v1"), 200),
                (self.terraform, hcp.run_event("retail-checkout-prod"), 401),
                (self.run_task, hcp.run_task_test("https://app.terraform.io/api/v2/task-results/x/callback"), 401)):
            signature = hcp.sign(hcp.encode(payload), sender.key, "sha256")
            self.assertEqual(sender.post(payload, signature=signature).status, expected, sender.source)

    def test_signature_is_checked_before_json(self):
        self.assertEqual(self.packer.post(b"{not json", signature=False).status, 401)

    def test_what_is_not_json_is_400_with_what_and_where_and_nothing_is_stored(self):
        for body in (b"", b"{", b"{\"a\":1,}", b"hello", b"{'a':1}", b"[1,2", b"\"open", b"{\"a\":01}",
                     b"{\"a\":\"\x01\"}", b"{} {}", b"\xff\xfe", b"{\"a\":\"\xc3\x28\"}", b"NaN"):
            answer = self.packer.post(body)
            self.assertEqual(answer.status, 400, body)
            self.assertTrue(answer.json["error"], body)
        self.assertEqual(self.relay.items("events"), [])

    def test_nesting_of_64_is_taken_and_65_is_400(self):
        self.assertEqual(self.packer.post(b"[" * 65 + b"]" * 65).status, 400)
        self.assertEqual(self.packer.post(b"[" * 64 + b"]" * 64).status, 200)
        self.assertEqual(self.packer.post(b"[" * 500000 + b"]" * 500000).status, 400)

    def test_json_our_parser_cannot_take_whole_is_kept_as_unknown(self):
        for body in (b'{"event_id":"a","event_id":"b"}', b'{"n":123456789012345678901234567890}',
                     b'{"n":1e999}', b'{"s":"a\\u0000b"}', b'{"s":"\\ud800"}', b'{"\\u0000":1}'):
            answer = self.packer.post(body)
            self.assertEqual((answer.status, answer.json.get("status")), (200, "accepted"), body)
        self.fence("odd")
        states = {item["state"] for item in self.relay.items("events")
                  if "fence" not in self.relay.get(f"/api/v1/events/{item['id']}").body.decode()}
        self.assertEqual(states, {"unknown"})

    def test_verification_requests_are_answered_and_not_stored(self):
        callback = "https://app.terraform.io/api/v2/task-results/x/callback"
        for sender, payload in ((self.terraform, hcp.run_verification()), (self.packer, hcp.packer_test()),
                                (self.run_task, hcp.run_task_test(callback))):
            answer = sender.post(payload)
            self.assertEqual((answer.status, answer.json), (200, {"status": "verified"}))
            self.assertEqual(sender.post(payload, signature=False).status, 401)
        self.assertEqual(self.relay.items("events"), [])

    def test_keep_alive_serves_many_requests_on_one_connection(self):
        import http.client
        connection = http.client.HTTPConnection(self.relay.ingest, timeout=20)
        self.addCleanup(connection.close)
        for number in range(20):
            body = hcp.encode(hcp.complete(IMAGES, f"v{number + 1}"))
            connection.request("POST", "/hooks/acme-packer", body,
                               {hcp.HEADERS["packer"]: hcp.sign(body, self.packer.key)})
            answer = connection.getresponse()
            self.assertEqual((answer.status, json.loads(answer.read())["status"]), (200, "accepted"))


class Duplicates(RelayCase):
    def setUp(self):
        super().setUp()
        self.start()

    def again(self, sender, payload, first):
        answer = sender.post(payload)
        self.assertEqual((answer.status, answer.json), (200, {"status": "duplicate", "event": first}))

    def test_the_same_event_is_stored_once_and_keeps_its_first_id(self):
        for sender, payload in ((self.packer, hcp.complete(IMAGES, "v1")),
                                (self.terraform, hcp.assessment_event("retail-checkout-prod"))):
            first = self.send(payload)["event"]
            self.again(sender, payload, first)

    def test_packer_is_the_same_by_event_id_not_by_body(self):
        payload = hcp.complete(IMAGES, "v1")
        first = self.send(payload)["event"]
        self.again(self.packer, {**payload, "event_description": "said otherwise"}, first)

    def test_another_notification_configuration_is_no_other_event(self):
        for payload in (hcp.run_event("retail-checkout-prod"), hcp.assessment_event("retail-checkout-prod")):
            first = self.send(payload)["event"]
            self.again(self.terraform, {**payload, "notification_configuration_id": "nc-0000000000000000"}, first)

    def test_a_second_source_of_the_same_kind_is_no_other_event(self):
        path, key = self.relay.key("other.key")
        self.config["sources"].append({"name": "other", "hcp_terraform": {"hmac_key_file": path}})
        self.relay.reload(self.config)
        payload = hcp.run_event("retail-checkout-prod")
        first = self.send(payload)["event"]
        self.again(self.relay.sender("other", "terraform", key), payload, first)

    def test_a_granular_trigger_is_no_other_event(self):
        payload = hcp.run_event("retail-checkout-prod", "errored", run_id="run-granular1")
        first = self.send(payload)["event"]
        payload["notifications"][0]["trigger"] = "run:run_errored"
        self.again(self.terraform, payload, first)

    def test_another_status_or_time_of_a_run_is_another_event(self):
        created = hcp.CLOCK.tick()
        for status in ("pending", "planning", "errored"):
            self.send(hcp.run_event("retail-checkout-prod", status, created=created, run_id="run-samesame"))

    def test_duplicates_are_known_after_a_restart(self):
        payloads = [(self.packer, hcp.complete(IMAGES, "v1")), (self.terraform, hcp.run_event("retail-checkout-prod"))]
        first = [self.send(payload)["event"] for _, payload in payloads]
        self.relay.restart()
        for (sender, payload), event in zip(payloads, first):
            self.again(sender, payload, event)

    def test_a_run_task_is_the_same_by_its_result_id(self):
        callback = "https://127.0.0.1:1/api/v2/task-results/x/callback"
        payload = hcp.run_task_event("retail-checkout-prod", callback, "token-of-a-run-task", stage="pre_plan",
                                     task_result_id="taskrs-again")
        first = self.send(payload)["event"]
        self.again(self.run_task, {**payload, "access_token": "token-of-another-try"}, first)


class Keys(RelayCase):
    def test_every_key_of_the_file_verifies(self):
        old, new = "old-key-0123456789", "new-key-0123456789"
        self.relay.key("packer.key", f"{new}\n{old}")
        self.start()
        for number, key in enumerate((old, new)):
            sender = self.relay.sender("acme-packer", "packer", key)
            self.assertEqual(sender.post(hcp.complete(IMAGES, f"v{number + 1}")).status, 200, key)
        for key in ("", f"{new}\n{old}", "third-key-0123456789"):
            self.assertEqual(self.relay.sender("acme-packer", "packer", key).post(hcp.packer_test()).status, 401)

    def test_a_key_is_swapped_by_a_reload(self):
        self.start()
        self.relay.key("packer.key", "fresh-key-9876543210")
        self.relay.reload()
        self.assertEqual(self.packer.post(hcp.packer_test()).status, 401)
        fresh = self.relay.sender("acme-packer", "packer", "fresh-key-9876543210")
        self.assertEqual(fresh.post(hcp.packer_test()).status, 200)


if __name__ == "__main__":
    unittest.main()
