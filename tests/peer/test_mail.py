"""What is put into a mail comes out of it: mails with hostile words in every place, read back by Python's email
package under both of its policies."""

import email
import email.header
import email.policy
import email.utils
import json
import os
import pathlib
import random
import subprocess
import unittest

PRINT_MAIL = os.path.join(os.environ.get("PEER_DIR", "build/dev/tests"), "print_mail")
VECTORS = pathlib.Path("../shared/fixtures/sinks/email/vectors.json")
CASES = 500
VALUE_MAX = 500
SIZE_MAX = 256 * 1024
CUT_NOTE = "[The rest did not fit into a mail.]\n"

PIECES = [
    "\r\n", "\n", "\r", "\r\n\r\n", "\nBcc: x@example.org", "\r\n.\r\n", "\nFrom here", "\n--", "=_driftbell_",
    "=?", "?=", "=?UTF-8?B?Zm9v?=", "=?utf-8?q?=20?=", "=", "=3D", "=\n", " ", "  ", "\t", " \n", "\t\n",
    "a", "word ", "many words in a row ", "x" * 80, "x" * 1200, "\u00fc", "Gr\u00f6\u00dfe ", "\u65e5\u672c\u8a9e",
    "\U0001f525", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "e\u0301", "\u202e", "\u200f", "\u2066", "\u0085",
    "\u2028", "\ufeff", "\ufffd", "\u00a0", "\x01", "\x08", "\x1b[31m", "\x7f", '"', "\\", '\\"', "<", ">", "<b>",
    "(", ")", "(comment)", ",", ";", ":", "@", "[", "]", ".", "..", "'", "`", "%s", "{{x}}", "&amp;",
]


def hostile(rng, pieces):
    return "".join(rng.choice(PIECES) for _ in range(rng.randrange(pieces)))


def case(rng, number):
    return {
        "from_name": rng.choice([None, hostile(rng, 12)]),
        "from": "driftbell@example.com",
        "to": [f"reader{i}@sub.example.com" for i in range(rng.choice([1, 1, 2, 3, 20, 100]))],
        "reply_to": rng.choice([None, "people@example.com"]),
        "subject": hostile(rng, 25),
        "date_ms": rng.randrange(0, 4102444800000),
        "message_id": f"ntf_{number}.{rng.randrange(1, 99)}@example.com",
        "references": [f"id{i}@example.com" for i in range(rng.randrange(25))],
        "list_name": "Driftbell alerts",
        "list_id": "driftbell.example.com",
        "kind": hostile(rng, 8),
        "text": hostile(rng, 60),
        "html": rng.choice([None, hostile(rng, 60)]),
    }


def header_value(text):
    """What mail_message.h says of a header: control bytes become blanks, and it is cut."""
    clean = "".join(" " if (c < " " and c != "\t") or c == "\x7f" else c for c in text)
    return clean if len(clean) <= VALUE_MAX else clean[:VALUE_MAX] + "\u2026"


def with_line_feeds(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


def ask(lines):
    done = subprocess.run([PRINT_MAIL], input="".join(json.dumps(line) + "\n" for line in lines), check=True,
                          capture_output=True, text=True, encoding="utf-8")
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def unfolded(value):
    return None if value is None else value.replace("\r\n", "").replace("\n", "")


def decoded(value):
    """RFC 2047 by the older of Python's two readers."""
    return str(email.header.make_header(email.header.decode_header(unfolded(value))))


class Mail(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        rng = random.Random(20261121)
        cls.cases = [case(rng, number) for number in range(CASES)]
        cls.mails = [answer["mail"] for answer in ask(cls.cases)]

    def each(self):
        return zip(self.cases, self.mails)

    def test_every_case_was_answered(self):
        self.assertEqual(len(self.mails), CASES)

    def test_lines(self):
        for given, mail in self.each():
            data = mail.encode("ascii")
            self.assertLessEqual(len(data), SIZE_MAX)
            self.assertEqual(data.count(b"\n"), data.count(b"\r\n"))
            self.assertEqual(data.count(b"\r"), data.count(b"\r\n"))
            self.assertTrue(data.endswith(b"\r\n"))
            self.assertLessEqual(max(map(len, data.split(b"\r\n"))), 78)

    def test_headers_are_those_and_no_others(self):
        for given, mail in self.each():
            read = email.message_from_bytes(mail.encode(), policy=email.policy.default)
            wanted = ["Date", "From"] + ["Reply-To"] * (given["reply_to"] is not None) + ["To", "Subject", "Message-ID"]
            wanted += ["In-Reply-To", "References"] * bool(given["references"])
            wanted += ["Auto-Submitted", "X-Auto-Response-Suppress", "Precedence", "List-Id", "X-Driftbell-Kind",
                       "MIME-Version", "Content-Type"]
            wanted += ["Content-Transfer-Encoding"] * (given["html"] is None)
            self.assertEqual(read.keys(), wanted)
            self.assertEqual(read.defects, [])
            for part in read.walk():
                self.assertEqual(part.defects, [])

    def test_texts_in_headers(self):
        for given, mail in self.each():
            new = email.message_from_bytes(mail.encode(), policy=email.policy.default)
            old = email.message_from_bytes(mail.encode(), policy=email.policy.compat32)
            for name, key in (("Subject", "subject"), ("X-Driftbell-Kind", "kind")):
                self.assertEqual(decoded(old[name]), header_value(given[key]))
                self.assertEqual(str(new[name]), header_value(given[key]))
                self.assertEqual([*new[name].defects], [])

    def test_addresses(self):
        for given, mail in self.each():
            new = email.message_from_bytes(mail.encode(), policy=email.policy.default)
            old = email.message_from_bytes(mail.encode(), policy=email.policy.compat32)
            name, address = email.utils.parseaddr(unfolded(old["From"]))
            self.assertEqual(address, given["from"])
            self.assertEqual(decoded(name), header_value(given["from_name"] or ""))
            sender, = new["From"].addresses
            self.assertEqual(sender.addr_spec, given["from"])
            # This reader takes liberties with blanks in names, encoded or not.
            self.assertEqual("".join(sender.display_name.split()),
                             "".join(header_value(given["from_name"] or "").split()))
            self.assertEqual([to.addr_spec for to in new["To"].addresses], given["to"])
            self.assertEqual([to for _, to in email.utils.getaddresses([unfolded(old["To"])])], given["to"])
            self.assertEqual(new["Reply-To"], given["reply_to"])

    def test_thread_and_date(self):
        for given, mail in self.each():
            old = email.message_from_bytes(mail.encode(), policy=email.policy.compat32)
            ids = [f"<{one}>" for one in given["references"]]
            kept = ids if len(ids) <= 10 else ids[:1] + ids[-9:]
            self.assertEqual(old["Message-ID"], f"<{given['message_id']}>")
            self.assertEqual((unfolded(old["References"]) or "").split(), kept)
            self.assertEqual(old["In-Reply-To"], ids[-1] if ids else None)
            self.assertEqual(email.utils.parsedate_to_datetime(old["Date"]).timestamp(), given["date_ms"] // 1000)

    def test_bodies(self):
        for given, mail in self.each():
            new = email.message_from_bytes(mail.encode(), policy=email.policy.default)
            kinds = [part.get_content_type() for part in new.walk()]
            if given["html"] is None:
                self.assertEqual(kinds, ["text/plain"])
                self.assertEqual(with_line_feeds(new.get_content()), with_line_feeds(given["text"]) + "\n")
                continue
            self.assertEqual(kinds, ["multipart/alternative", "text/plain", "text/html"])
            for part, key in zip(new.iter_parts(), ("text", "html")):
                self.assertEqual(with_line_feeds(part.get_content()), with_line_feeds(given[key]))
                raw = part.get_payload(decode=True).decode("utf-8")
                self.assertEqual(with_line_feeds(raw), with_line_feeds(given[key]))

    def test_large_bodies_are_cut(self):
        given = dict(self.cases[0], text="Gr\u00f6\u00dfe \U0001f525\n" * 30000, html="<p>x</p>")
        endless = dict(given, text="\U0001f525" * 100000)
        for one, mail in zip((given, endless), ask([given, endless])):
            new = email.message_from_bytes(mail["mail"].encode(), policy=email.policy.default)
            self.assertLessEqual(len(mail["mail"]), SIZE_MAX)
            self.assertGreater(len(mail["mail"]), SIZE_MAX - 8192)
            content = with_line_feeds(new.get_content())
            self.assertTrue(content.endswith("\n" + CUT_NOTE + "\n"))
            kept = content[:-len(CUT_NOTE) - 1]
            self.assertTrue(one["text"].startswith(kept.rstrip("\n")))
        self.assertNotIn("<p>", mail["mail"])


@unittest.skipUnless(VECTORS.exists(), "the vectors are not beside this tree")
class Vectors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.vectors = json.loads(VECTORS.read_text("utf-8"))

    def test_encoded_words(self):
        given = self.vectors["rfc2047"]
        for one, got in zip(given, ask([{"header": one["in"]} for one in given])):
            self.assertEqual(got["wire"], one["wire"])

    def test_quoted_printable(self):
        given = self.vectors["quoted_printable"]
        for one, got in zip(given, ask([{"quoted": one["in"]} for one in given])):
            self.assertEqual(got["wire"], one["wire"])

    def test_injection(self):
        for one in self.vectors["injection"]:
            if one.get("where") == "envelope address":
                self.assertEqual(ask([{"address": one["in"]}]), [{"valid": False}])
                continue
            mail, = ask([{"from": "a@example.com", "from_name": one["in"], "to": ["b@example.com"], "subject": one["in"],
                          "message_id": "x@example.com", "text": "x"}])
            read = email.message_from_bytes(mail["mail"].encode(), policy=email.policy.default)
            clean = one["in"].replace("\r", " ").replace("\n", " ")
            self.assertEqual(read["Subject"], clean)
            self.assertEqual(read["From"].addresses[0].display_name, clean)
            self.assertNotIn("Bcc", read)
            self.assertNotIn("X", read)


if __name__ == "__main__":
    unittest.main()
