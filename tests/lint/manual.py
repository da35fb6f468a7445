#!/usr/bin/env python3
"""driftbell.yaml(5) has an entry for every key that `driftbell check --keys`
prints, and for no other; each default in the table stands in its entry."""

import os
import pathlib
import re
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parents[2] / "contrib/man/driftbell.yaml.5"
ENTRY = re.compile(r"^\.It Cm ([a-z_.\[\]]+)$", re.MULTILINE)
DEFAULT = re.compile(r"; default ([^;\n]+?)(?:;|\.$)", re.MULTILINE)


def entries(text):
    """Key to the text of its entry; keys one under another share one text."""
    found = {}
    waiting = []
    pieces = ENTRY.split(text)
    for key, body in zip(pieces[1::2], pieces[2::2]):
        waiting.append(key)
        if body.strip():
            for name in waiting:
                found[name] = body
            waiting = []
    return found


def plain(body):
    """Without the marks of mdoc around words."""
    return re.sub(r"\\\(dq|\\&|\"", "", body)


def faults(table, page):
    known, told = entries(table), entries(page)
    for key in known:
        if key not in told:
            yield f"{key} is not in the manual"
            continue
        default = DEFAULT.search(known[key])
        if default and not re.search(rf"(?<![\w.]){re.escape(default[1])}(?![\w])", plain(told[key])):
            yield f"{key}: the manual does not tell the default {default[1]}"
    for key in told:
        if key not in known:
            yield f"{key} is in the manual, but there is no such key"


def self_test():
    table = ".It Cm a.b\nsize; default 1M.\nHelp.\n.It Cm c[].d_file\nsecret; required.\nHelp.\n"
    page = ".It Cm a.b\nDefault\n.Ql 1M .\n.It Cm c[].d_file\nA secret.\n"
    assert not list(faults(table, page))
    assert len(list(faults(table, page.replace("1M", "11M")))) == 1
    assert len(list(faults(table, page.replace("c[].d_file", "c[].d_env")))) == 2
    assert len(list(faults(table, ""))) == 2


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    binary = os.environ.get("DRIFTBELL", "build/dev/driftbell")
    table = subprocess.run([binary, "check", "--keys"], check=True, capture_output=True, text=True).stdout
    told = list(faults(table, PAGE.read_text("utf-8")))
    for fault in told:
        print(fault)
    if not entries(table):
        print("the table of keys is empty")
    return 1 if told or not entries(table) else 0


if __name__ == "__main__":
    sys.exit(main())
