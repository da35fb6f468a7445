"""A stand-in for Slack's Web API: chat.postMessage and chat.update, as strict as Slack.

It knows its token and its channels, keeps the messages with their threads, and
refuses what Slack would refuse: other tokens, edits of what it did not post,
replies to what is no parent, texts beyond the limits of each method.
"""

import itertools
import json
import re
import secrets
import time

from .server import Fault, StandIn
from .slack import check, flat

UPDATE_TEXT = 4000
PACE = 0.95  # a message a second for each channel, and the clocks of two processes


def failure(word, **more):
    """A scripted answer as the Web API gives it: status 200 and a word."""
    return Fault(200, json.dumps({"ok": False, "error": word, **more}))


def ratelimited(seconds):
    return Fault(429, json.dumps({"ok": False, "error": "ratelimited"}), {"Retry-After": str(seconds)})


class Message:
    def __init__(self, channel, ts, payload, parent=None):
        self.channel = channel
        self.ts = ts
        self.payload = payload
        self.parent = parent
        self.shown = [payload]  # as posted, and after each edit

    def text(self):
        return flat(self.payload)


class SlackApi(StandIn):
    """`channels`: names that exist, without "#".  `mentions`: texts that may be live."""

    def __init__(self, *channels, port=0, mentions=(), on_message=None):
        self.token = "xoxb-" + secrets.token_urlsafe(24)
        self.ids = {name: f"C0FIXTURE{number:02}" for number, name in enumerate(channels)}
        self.mentions = mentions
        self.messages = []
        self.calls = []  # (at, method, channel id, answer: "ok" or the word)
        self.frozen = {}  # channel id -> (until, seconds): 429 is kept up that long
        self.paced_from = 0
        self.early = 0  # calls before a Retry-After was over
        self.on_message = on_message
        self._numbers = itertools.count(100)
        super().__init__(port)
        self.url = self.base + "/api"

    # What a test asks

    def posts(self, channel=None):
        """The messages that are no replies, in order."""
        with self.lock:
            return [one for one in self.messages if one.parent is None and self._is_in(one, channel)]

    def replies(self, channel=None):
        with self.lock:
            return [one for one in self.messages if one.parent is not None and self._is_in(one, channel)]

    def _is_in(self, message, channel):
        return channel is None or message.channel == self.ids[channel]

    def restarted(self):
        """A relay that starts knows nothing of its calls a moment ago."""
        with self.lock:
            self.paced_from = time.monotonic()

    def delete(self, message):
        with self.lock:
            self.messages.remove(message)

    def freeze(self, channel, seconds):
        """429 for that long in this channel, whoever asks."""
        with self.lock:
            self.frozen[self.ids[channel]] = time.monotonic() + seconds

    # What Slack does

    def take(self, request):
        method = request.path.rpartition("/")[2]
        payload, word = self._judge(request, method)
        channel = self._channel(payload)
        with self.lock:
            until = self.frozen.get(channel, 0)
            left = until - time.monotonic()
            if word is None and left > 0:
                told = getattr(self, "_told_" + channel, False)
                self.early += bool(told)
                setattr(self, "_told_" + channel, True)
                self.calls.append((time.monotonic(), method, channel, "ratelimited"))
                return 429, {"Retry-After": str(int(left) + 1)}, json.dumps({"ok": False, "error": "ratelimited"})
        if word is None:
            word, answer = getattr(self, "_" + method.replace("chat.", ""))(channel, payload)
        with self.lock:
            self.calls.append((time.monotonic(), method, channel, word or "ok"))
        if word is not None:
            return 200, {}, json.dumps({"ok": False, "error": word})
        return 200, {"Content-Type": "application/json"}, json.dumps({"ok": True, **answer})

    def _channel(self, payload):
        named = (payload or {}).get("channel")
        if named in self.ids.values():
            return named
        return self.ids.get((named or "").lstrip("#"))

    def _name(self, channel):
        return next(name for name, one in self.ids.items() if one == channel)

    def _judge(self, request, method):
        """(payload, the word of what is wrong or None)."""
        if request.method != "POST" or request.path not in ("/api/chat.postMessage", "/api/chat.update"):
            self.violation(f"{request.method} {request.path}")
            return None, "unknown_method"
        faults, payload = check(request, self.mentions)
        if method == "chat.update":
            faults = [fault for fault in faults if not re.match("unfurl_.* is not off", fault)]
        for fault in faults:
            self.violation(f"{method}: {fault}: {request.body[:600]!r}")
        if faults:
            return payload, "invalid_blocks"
        if request.headers.get("Authorization") != "Bearer " + self.token:
            return payload, "invalid_auth"
        if self._channel(payload) is None:
            return payload, "channel_not_found"
        return payload, None

    def _find(self, channel, ts):
        return next((one for one in self.messages if (one.channel, one.ts) == (channel, ts)), None)

    def _pace(self, channel):
        """Was the last message there less than a second ago?"""
        last = [at for at, _, where, word in self.calls
                if where == channel and word == "ok" and at >= self.paced_from]
        if last and time.monotonic() - last[-1] < PACE:
            self.violations.append(f"{time.monotonic() - last[-1]:.2f} s after the call before")

    def _postMessage(self, channel, payload):
        with self.lock:
            self._pace(channel)
            thread = payload.get("thread_ts")
            parent = self._find(channel, thread) if thread else None
            if thread and (parent is None or parent.parent is not None):
                if parent is not None:
                    self.violations.append("a reply to a reply")
                return "cannot_reply_to_message", None
            message = Message(channel, f"{int(time.time())}.{next(self._numbers):06}", payload, parent)
            self.messages.append(message)
        if self.on_message:
            self.on_message("reply" if thread else "post", self._name(channel), payload)
        return None, {"channel": channel, "ts": message.ts, "message": {"text": payload["text"]}}

    def _update(self, channel, payload):
        with self.lock:
            self._pace(channel)
            if payload.get("channel") != channel:
                self.violations.append("an update by the channel's name")
                return "channel_not_found", None
            if len(payload["text"]) > UPDATE_TEXT:
                return "msg_too_long", None
            if payload.get("parse") != "none" or not isinstance(payload.get("blocks"), list):
                self.violations.append("an update that leaves names live, or old blocks standing")
            message = self._find(channel, payload.get("ts"))
            if message is None:
                return "message_not_found", None
            message.payload = payload
            message.shown.append(payload)
        if self.on_message:
            self.on_message("edit", self._name(channel), payload)
        return None, {"channel": channel, "ts": message.ts, "text": payload["text"]}
