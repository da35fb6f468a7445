#!/usr/bin/env python3
"""The rooms of the source tree keep to their order.

A file includes only from its own room and from rooms before it, there is no
circle of includes inside a room, and each outside library is spoken to only
in the rooms that own it.  `rooms.py --self-test` shows that it can fail.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

ROOMS = [
    "relay/base",
    "relay/runtime",
    "relay/config",
    "relay/model",
    "relay/message",
    "relay/source",
    "relay/hcp",
    "relay/store",
    "sinks",
    "relay/flow",
    "relay/admin",
    "relay/command",
]

# Headers of a library, and the rooms that may include them.
LIBRARIES = [
    (r"sqlite3\.h|libpq-fe\.h", {"relay/store"}),
    (r"curl/.*", {"relay/runtime", "relay/hcp", "sinks", "relay/command"}),
    (r"libesmtp\.h|auth-client\.h", {"sinks"}),
    (r"event2/.*|evhttp\.h|event\.h", {"relay/runtime"}),
    (r"libfyaml\.h", {"relay/config"}),
    (r"openssl/.*", {"relay/base", "relay/runtime", "sinks", "relay/command"}),
]
# Prints the version of each, and may therefore include them all.
NAMES_THEM_ALL = "relay/command/version.c"

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def room_of(path):
    folder = path.rpartition("/")[0]
    return folder if folder in ROOMS else None


def includes_of(text):
    """(line number, path in quotes or None, path in angle brackets or None)"""
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def own_fault(room, wanted, files):
    if wanted not in files:
        return f"there is no {wanted} (written from the top of the tree)"
    if ROOMS.index(room_of(wanted)) > ROOMS.index(room):
        return f"{room} stands before {room_of(wanted)} and cannot include {wanted}"
    return None


def system_fault(path, room, wanted):
    if wanted.startswith(("relay/", "sinks/")):
        return f"<{wanted}> is ours: write it in quotes"
    if path == NAMES_THEM_ALL:
        return None
    for pattern, rooms in LIBRARIES:
        if re.fullmatch(pattern, wanted) and room not in rooms:
            return f"<{wanted}> belongs to {' and '.join(sorted(rooms))}"
    return None


def circles(files):
    """Faults for includes that lead back to the file they stand in."""
    graph = {
        path: [own for _, own, _ in includes_of(text) if own in files and own != path]
        for path, text in files.items()
    }
    done, faults = set(), []

    def visit(path, trail):
        if path in trail:
            way = trail[trail.index(path):] + [path]
            faults.append(f"{path}: circle of includes: {' -> '.join(way)}")
            return
        if path in done:
            return
        for wanted in graph[path]:
            visit(wanted, trail + [path])
        done.add(path)

    for path in sorted(graph):
        visit(path, [])
    return faults


def check(files):
    """files: path from the top -> text.  A list of faults."""
    faults = []
    for path, text in sorted(files.items()):
        room = room_of(path)
        if room is None:
            faults.append(f"{path}: in no room")
            continue
        for number, own, system in includes_of(text):
            if own:
                fault = own_fault(room, own, files)
            else:
                fault = system_fault(path, room, system)
            if fault:
                faults.append(f"{path}:{number}: {fault}")
    return faults + circles(files)


def tree():
    paths = [*ROOT.glob("relay/**/*.[ch]"), *ROOT.glob("sinks/**/*.[ch]")]
    return {str(p.relative_to(ROOT)): p.read_text("utf-8") for p in paths}


def self_test():
    base = {
        "relay/base/a.h": "",
        "relay/store/b.h": '#include "relay/base/a.h"\n#include <sqlite3.h>\n',
        NAMES_THEM_ALL: "#include <sqlite3.h>\n",
    }
    assert check(base) == []

    bad = {
        "a later room": {"relay/base/c.c": '#include "relay/store/b.h"\n'},
        "a missing file": {"relay/base/c.c": '#include "a.h"\n'},
        "our file as a system's": {"relay/base/c.c": "#include <relay/base/a.h>\n"},
        "a library of another room": {"sinks/c.c": "#  include <event2/event.h>\n"},
        "no room": {"relay/other/c.c": ""},
        "a circle": {
            "relay/model/x.h": '#include "relay/model/y.h"\n',
            "relay/model/y.h": '#include "relay/model/z.h"\n',
            "relay/model/z.h": '#include "relay/model/x.h"\n',
        },
    }
    for name, more in bad.items():
        assert len(check({**base, **more})) == 1, name


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    files = tree()
    faults = check(files)
    for fault in faults:
        print(fault)
    if not files:
        print("no source files found")
    return 1 if faults or not files else 0


if __name__ == "__main__":
    sys.exit(main())
