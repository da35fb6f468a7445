"""Draws Slack messages and mails in a terminal, about as their readers show them."""

import itertools
import os
import re
import shutil
import sys
import unicodedata

STYLES = {"bold": "1", "dim": "2", "italic": "3", "under": "4", "strike": "9", "code": "38;5;173",
          "link": "38;5;74", "red": "38;5;203", "yellow": "38;5;214", "green": "38;5;78", "blue": "38;5;74",
          "grey": "38;5;245"}

EMOJI = {"red_circle": "🔴", "large_yellow_circle": "🟡", "large_orange_circle": "🟠", "large_green_circle": "🟢",
         "large_blue_circle": "🔵", "white_check_mark": "✅", "warning": "⚠️", "rotating_light": "🚨",
         "information_source": "ℹ️", "bell": "🔔", "package": "📦", "no_entry": "⛔", "arrow_up": "⬆️", "x": "❌",
         "hourglass_flowing_sand": "⏳", "wave": "👋", "tada": "🎉", "alarm_clock": "⏰"}

BAR_COLOURS = {"danger": "red", "warning": "yellow", "good": "green"}

_TOKEN = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>|`([^`\n]+)`|(?<!\w)\*([^*\n]+)\*(?!\w)"
                    r"|(?<!\w)_([^_\n]+)_(?!\w)|(?<!\w)~([^~\n]+)~(?!\w)|:([a-z0-9_+-]+):")


class Pen:
    """Colour on a terminal only, and not where NO_COLOR asks for none."""

    def __init__(self, stream=sys.stdout):
        self.colour = stream.isatty() and "NO_COLOR" not in os.environ
        self.width = min(shutil.get_terminal_size((92, 24)).columns, 96)

    def paint(self, text, *styles):
        codes = [STYLES[style] for style in styles if style in STYLES]
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self.colour and codes and text else text


def unescape(text):
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def clean(text):
    """Whatever came from outside must not steer this terminal either."""
    return "".join(character for character in text
                   if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf")
                   or character in "\u200d\ufe0f")


def width_of(text):
    return sum(0 if unicodedata.combining(character) or character in "\u200d\ufe0f"
               else 2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def spans(text, styles=()):
    """mrkdwn as [(text, styles)]."""
    found, end = [], 0
    for token in _TOKEN.finditer(text):
        if token.start() > end:
            found.append((unescape(text[end:token.start()]), styles))
        target, label, code, bold, italic, strike, emoji = token.groups()
        if target is not None and target[0] in "!@":
            found.append(("@" + target[1:], styles + ("bold",)))  # a mention
        elif target is not None:
            found.append((unescape(label or target), styles + ("link", "under")))
        elif code is not None:
            found.append((unescape(code), styles + ("code",)))
        elif bold is not None:
            found += spans(bold, styles + ("bold",))
        elif italic is not None:
            found += spans(italic, styles + ("italic",))
        elif strike is not None:
            found += spans(strike, styles + ("strike",))
        else:
            found.append((EMOJI.get(emoji, f":{emoji}:"), styles))
        end = token.end()
    if end < len(text):
        found.append((unescape(text[end:]), styles))
    return found


def wrap(parts, width, pen):
    """Spans as painted lines of at most `width` columns, with their widths."""
    lines, line, used = [], [], 0
    for text, styles in parts:
        for word in re.findall(r"\n|[^\S\n]+|\S+", clean(text)):
            size = width_of(word)
            if word == "\n" or (used + size > width and used):
                lines.append((_paint_line(line, pen), used))
                line, used = [], 0
                if word.isspace():
                    continue
            while size > width:  # a word wider than the box
                lines.append((pen.paint(word[:width], *styles), width_of(word[:width])))
                word, size = word[width:], width_of(word[width:])
            line.append((word, styles))
            used += size
    lines.append((_paint_line(line, pen), used))
    return lines


def _paint_line(words, pen):
    """Words of one style in a row are painted in one go."""
    return "".join(pen.paint("".join(word for word, _ in group), *styles)
                   for styles, group in itertools.groupby(words, key=lambda pair: pair[1]))


def _text(item, width, pen, *styles):
    raw = item.get("text") or ""
    parts = spans(raw, styles) if item.get("type") == "mrkdwn" else [(raw, styles)]
    return wrap(parts, width, pen)


def _fields(fields, width, pen):
    half = (width - 2) // 2
    for left, right in zip(fields[::2], fields[1::2] + [None]):
        lefts = _text(left, half, pen)
        rights = _text(right, half, pen) if right else []
        for row in range(max(len(lefts), len(rights))):
            one, used = lefts[row] if row < len(lefts) else ("", 0)
            two, more = rights[row] if row < len(rights) else ("", 0)
            yield one + " " * (half - used + 2) + two, half + 2 + more


def _block(block, width, pen):
    kind = block.get("type")
    if kind == "header":
        yield from _text({"type": "plain_text", **block["text"]}, width, pen, "bold")
    elif kind == "section":
        if block.get("text"):
            yield from _text(block["text"], width, pen)
        yield from _fields(block.get("fields") or [], width, pen)
    elif kind == "context":
        joined = []
        for item in block.get("elements") or []:
            if joined:
                joined.append(("  ", ()))
            raw = item.get("text") or item.get("alt_text") or ""
            joined += spans(raw, ("grey",)) if item.get("type") == "mrkdwn" else [(raw, ("grey",))]
        yield from wrap(joined, width, pen)
    elif kind == "divider":
        yield pen.paint("─" * width, "grey"), width
    elif kind == "actions":
        buttons = []
        for item in block.get("elements") or []:
            buttons.append((f"[ {(item.get('text') or {}).get('text', '')} ]", ("blue",)))
            buttons.append((" ", ()))
        yield from wrap(buttons, width, pen)


def body(payload, width, pen):
    """[(line, its width, the bar's style)] of one message."""
    found = []
    blocks = payload.get("blocks") or []
    attachments = payload.get("attachments") or []
    if not blocks and not any(item.get("blocks") for item in attachments):
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": payload.get("text") or ""}}]
    for block in blocks:
        found += [(line, used, None) for line, used in _block(block, width, pen)]
    for item in attachments:
        bar = BAR_COLOURS.get(item.get("color"), _bar(item.get("color")))
        for block in item.get("blocks") or []:
            found += [(line, used, bar) for line, used in _block(block, width - 2, pen)]
    return found


def _bar(colour):
    """The nearest of our colours to #rrggbb."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour or ""):
        return "grey"
    red, green, blue = (int(colour[index:index + 2], 16) for index in (1, 3, 5))
    if red > 150 and green > 100:
        return "yellow"
    return max((("red", red), ("green", green), ("blue", blue)), key=lambda pair: pair[1])[0]


def _mood(payload):
    """The colour of the dot before the channel's name: how bad it is."""
    text = str(payload).lower()
    if "resolved: " in text:
        return "green"
    for word, colour in (("critical", "red"), ("warning", "yellow")):
        if f"severity*\\n{word}" in text:
            return colour
    return "blue"


def message(channel, payload, pen):
    """One Slack message in a box, ready to print."""
    width = pen.width - 8
    head = f" #{channel} "
    yield "    " + pen.paint("╭─ ", "grey") + pen.paint("●", _mood(payload)) + pen.paint(head, "bold", "blue") \
        + pen.paint("─" * (width - 1 - width_of(head)) + "╮", "grey")
    for line, used, bar in body(payload, width, pen):
        if bar:
            line, used = pen.paint("▌ ", bar) + line, used + 2
        yield "    " + pen.paint("│ ", "grey") + line + " " * max(0, width - used) + pen.paint(" │", "grey")
    yield "    " + pen.paint("╰" + "─" * (width + 2) + "╯", "grey")


def mail_text(mail):
    """What a reader of plain text sees: the subject and the text."""
    return f"{mail['Subject']}\n{mail.get_body(('plain',)).get_content()}"


def mail(message_, pen):
    """One mail in a square box, its text part below the headers that people look at."""
    width = pen.width - 8
    yield "    " + pen.paint("┌─ ✉ mail " + "─" * (width - 7) + "┐", "grey")
    lines = [(f"{name}: {message_[name]}", ("bold",) if name == "Subject" else ("grey",))
             for name in ("From", "To", "Subject")]
    lines.append((("answers " if "ntf_" in str(message_["In-Reply-To"]) else "begins ") + "its thread", ("grey",)))
    lines += [("", ()), *((line, ()) for line in message_.get_body(("plain",)).get_content().rstrip().splitlines())]
    for text, styles in lines:
        for line, used in wrap([(text, styles)], width, pen):
            yield "    " + pen.paint("│ ", "grey") + line + " " * max(0, width - used) + pen.paint(" │", "grey")
    yield "    " + pen.paint("└" + "─" * (width + 2) + "┘", "grey")
