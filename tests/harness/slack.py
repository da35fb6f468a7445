"""A stand-in for a Slack incoming webhook that refuses what Slack would refuse.

Limits: Slack's Block Kit reference; the bound on all text together is not
documented and was met near 9,600 characters, so 9,000 is taken.
"""

import json
import re
import secrets

from .server import StandIn

BLOCKS = 50
HEADER = 150
SECTION = 3000
FIELDS = 10
FIELD = 2000
CONTEXT = 10
ALL_TEXT = 9000
TOP_TEXT = 4000
LIVE_MENTION = re.compile(r"<(!|@|#[CG])")
LINK = re.compile(r"<([^<>]*)>")
ENTITY = re.compile(r"&(?!(amp|lt|gt);)")


class SlackHook(StandIn):
    """`messages` are the payloads answered with "ok", in order."""

    def __init__(self, port=0, on_message=None):
        self.messages = []
        self.secret = secrets.token_urlsafe(18)
        self.on_message = on_message
        super().__init__(port)
        self.path = f"/services/T0FIXTURE/B0FIXTURE/{self.secret}"
        self.url = self.base + self.path

    def take(self, request):
        faults, payload = check(request)
        if request.method != "POST" or request.path != self.path:
            self.violation(f"{request.method} to another path than the hook's")
            return 404, {}, "no_service"
        for fault in faults:
            self.violation(f"{fault}: {request.body[:600]!r}")
        if faults:
            return 400, {}, "invalid_payload" if payload is None else "invalid_blocks"
        with self.lock:
            self.messages.append(payload)
        if self.on_message:
            self.on_message(payload)
        return 200, {"Content-Type": "text/plain"}, "ok"

    def texts(self):
        """Every accepted message as one flat text, in order."""
        with self.lock:
            return [flat(message) for message in self.messages]


def flat(payload):
    return "\n".join([payload.get("text") or ""] + [text for _, text in _texts(payload)])


def _text_objects(value):
    """Every Slack text object in a tree, wherever it hangs."""
    if isinstance(value, list):
        for item in value:
            yield from _text_objects(item)
    elif isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "plain_text") and isinstance(value.get("text"), str):
            yield value
        else:
            for item in value.values():
                yield from _text_objects(item)


def _blocks(payload):
    found = list(payload.get("blocks") or [])
    for attachment in payload.get("attachments") or []:
        found += attachment.get("blocks") or []
    return found


def _texts(payload):
    for block in _blocks(payload):
        for item in _text_objects(block):
            yield item["type"], item["text"]
    for attachment in payload.get("attachments") or []:
        for key in ("text", "pretext", "title", "fallback"):
            if isinstance(attachment.get(key), str):
                yield "mrkdwn", attachment[key]


def check(request, mentions=()):
    """([what Slack would not take or we must never send], the payload or None).  `mentions`
    are the texts that the config wants live."""
    faults = []
    if not (request.headers.get("Content-Type") or "").startswith("application/json"):
        faults.append("the content type is not application/json")
    try:
        payload = json.loads(request.body.decode("utf-8"))
    except ValueError as error:
        return faults + [f"not JSON: {error}"], None
    if not isinstance(payload, dict):
        return faults + ["not an object"], None
    text = payload.get("text")
    if not isinstance(text, str) or not text.strip():
        faults.append("no top-level text")
    elif len(text) > TOP_TEXT:
        faults.append(f"top-level text of {len(text)} characters")
    for key in ("unfurl_links", "unfurl_media"):
        if payload.get(key) is not False:
            faults.append(f"{key} is not off")
    if payload.get("link_names") or payload.get("parse") not in (None, "none"):
        faults.append("names in data could become live")
    if len(payload.get("blocks") or []) > BLOCKS:
        faults.append(f"{len(payload['blocks'])} blocks")
    for block in _blocks(payload):
        faults += _check_block(block)
    faults += _check_texts(payload, text, mentions)
    return faults, payload


def _check_block(block):
    kind = block.get("type")
    if kind == "header":
        head = block.get("text") or {}
        if head.get("type") != "plain_text" or not 1 <= len(head.get("text") or "") <= HEADER:
            yield f"a header of {len(head.get('text') or '')} characters, or not plain text"
    elif kind == "section":
        body = block.get("text")
        fields = block.get("fields") or []
        if body is None and not fields:
            yield "a section without text"
        if body is not None and not 1 <= len(body.get("text") or "") <= SECTION:
            yield f"a section of {len(body.get('text') or '')} characters"
        if len(fields) > FIELDS:
            yield f"{len(fields)} fields"
        if any(not 1 <= len(field.get("text") or "") <= FIELD for field in fields):
            yield "a field too long or empty"
    elif kind == "context":
        elements = block.get("elements") or []
        if not 1 <= len(elements) <= CONTEXT:
            yield f"{len(elements)} context elements"
        if any(not item.get("text") for item in elements if item.get("type") != "image"):
            yield "an empty context element"
    elif kind == "actions":
        if not 1 <= len(block.get("elements") or []) <= 25:
            yield "too many or no actions"
        for item in block.get("elements") or []:
            if len((item.get("text") or {}).get("text") or "") > 75 or len(item.get("url") or "") > 3000:
                yield "a button too long"
    elif kind not in ("divider", "image", "rich_text", "markdown"):
        yield f"an unknown block {kind!r}"


def _check_texts(payload, text, mentions):
    pairs = list(_texts(payload))
    total = sum(len(item) for _, item in pairs)
    if total > ALL_TEXT:
        yield f"{total} characters in all"
    for kind, item in pairs + [("mrkdwn", text or "")]:
        if kind == "plain_text":
            continue
        for mention in mentions:
            item = item.replace(mention, "")
        if LIVE_MENTION.search(item):
            yield "a live mention"
        for link in LINK.findall(item):
            if not link.startswith(("https://", "http://", "!date^", "mailto:")):
                yield f"a link to {link[:40]!r}"
        if ENTITY.search(item) or re.search(r"[<>]", LINK.sub("", item)):
            yield "text that is not escaped, or an entity cut in two"
