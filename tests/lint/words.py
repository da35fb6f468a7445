#!/usr/bin/env python3
"""Nothing is left to do in the tree: no marks of unfinished work, no conflict
marks, no blanks at line ends, a newline at the end of each file."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = {".git", "build", "__pycache__", "corpus", "data"}
SUFFIXES = {".c", ".h", ".py", ".sh", ".cmake", ".txt", ".md", ".yaml", ".json", ".service",
            ".tf", ".5", ".7", ".8", ""}

# Written in two halves, so that this file passes its own check.
MARKS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
CONFLICT = re.compile(r"^(<{7}|>{7}|={7})( |$)")


def faults(name, text):
    if text and not text.endswith("\n"):
        yield f"{name}: no newline at the end"
    for number, line in enumerate(text.splitlines(), 1):
        mark = MARKS.search(line)
        if mark:
            yield f"{name}:{number}: {mark.group()} left behind"
        if CONFLICT.match(line):
            yield f"{name}:{number}: conflict mark"
        # "-- " begins the signature of a mail (RFC 3676)
        if line not in (line.rstrip(), "-- ") and not name.endswith(".md"):
            yield f"{name}:{number}: blanks at the end of the line"


def text_files():
    for path in sorted(ROOT.rglob("*")):
        below = path.relative_to(ROOT)
        if SKIPPED.intersection(below.parts) or not path.is_file():
            continue
        if path.suffix in SUFFIXES and path.name != "LICENSE":
            try:
                yield str(below), path.read_text("utf-8")
            except UnicodeDecodeError:
                continue


def self_test():
    mark = "TO" + "DO"
    assert list(faults("a.c", f"int a; /* {mark} */\n"))
    assert list(faults("a.c", "int a;"))
    assert list(faults("a.c", "int a; \n"))
    assert list(faults("a.c", "<" * 7 + " ours\n"))
    assert not list(faults("a.c", "int todo_count;\n"))


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    found = [fault for name, text in text_files() for fault in faults(name, text)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
