#!/usr/bin/env python3
"""driftbell.yaml(5) has an entry for every key that `driftbell check --keys`
prints, and for no other; each default in the table stands in its entry.

driftbell-templates(7) has an entry for every filter, every shipped template and
every field of the notification document, and for no filter or file besides."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "contrib/man/driftbell.yaml.5"
TEMPLATES_PAGE = ROOT / "contrib/man/driftbell-templates.7"
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


def listed(page, macro, section):
    """The words of `.It MACRO a , b` in one section of the page."""
    part = re.split(rf"^\.S[hs] {section}$", page, maxsplit=1, flags=re.MULTILINE)
    part = re.split(r"^\.S[hs] ", part[1], maxsplit=1, flags=re.MULTILINE)[0] if len(part) > 1 else ""
    words = set()
    for line in re.findall(rf"^\.It {macro} (.+)$", part, re.MULTILINE):
        words |= set(re.split(r" (?:Op|Ar|Ta)\b", line)[0].replace(",", " ").split())
    return words


def differences(what, known, told):
    for word in sorted(known - told):
        yield f"{what} {word} is not in driftbell-templates(7)"
    for word in sorted(told - known):
        yield f"{what} {word} is in driftbell-templates(7), but there is none"


def fields_of(document, before=""):
    """The names of all fields, those of list members as name[].field."""
    for name, value in document.items():
        yield before + name
        if isinstance(value, dict) and before == "" and name in ("incident", "image"):
            yield from fields_of(value, name + ".")
        elif isinstance(value, list) and value and isinstance(value[0], dict) and name == "workspaces":
            for member in value:
                yield from fields_of(member, name + "[].")


def template_faults(page, filters, files, fields):
    yield from differences("the filter", filters, listed(page, "Ic", "Filters"))
    yield from differences("the template", files, listed(page, "Pa", "What is shipped"))
    yield from differences("the field", fields, listed(page, "Li", "The notification document"))


def filter_names():
    text = (ROOT / "relay/message/filters.c").read_text("utf-8")
    return set(re.findall(r'"(\w+)"', re.search(r"filter_names\[\] = \{(.*?)\}", text, re.DOTALL)[1]))


def shipped_files():
    return {path.name for path in (ROOT / "templates").rglob("*")
            if path.suffix in {".json", ".html", ".txt", ".line", ".mustache"}}


def sample_fields(binary):
    """Of a full document, as the binary makes it."""
    with tempfile.TemporaryDirectory() as folder:
        config, template = os.path.join(folder, "driftbell.yaml"), os.path.join(folder, "all.json")
        pathlib.Path(config).write_text("{}", "utf-8")
        pathlib.Path(template).write_text('{"$json": "document"}', "utf-8")
        done = subprocess.run([binary, "--config", config, "render", template, "sample:image.revocation revoked"],
                              check=True, capture_output=True, text=True)
    return set(fields_of(json.loads(done.stdout)))


def self_test_templates():
    page = (".Ss Filters\n.It Ic date Op Ar x\n.It Ic upper , lower\n"
            ".Ss What is shipped\n.It Pa a.html , b.txt\n"
            ".Ss The notification document\n.It Li id Ta of it\n.It Li image.version Ta its\n"
            ".It Li image Ta an object\n.Sh NEXT\n.It Ic other\n")
    known = [{"date", "upper", "lower"}, {"a.html", "b.txt"}, set(fields_of({"id": 1, "image": {"version": 2}}))]
    assert not list(template_faults(page, *known)), list(template_faults(page, *known))
    for i, word in enumerate(("join", "c.line", "image.bucket")):
        more = [names | {word} if k == i else names for k, names in enumerate(known)]
        assert len(list(template_faults(page, *more))) == 1
    assert len(list(template_faults(page.replace("lower", "lowest"), *known))) == 2
    assert len(list(template_faults("", *known))) == 8


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
        self_test_templates()
        return 0
    binary = os.environ.get("DRIFTBELL", "build/dev/driftbell")
    table = subprocess.run([binary, "check", "--keys"], check=True, capture_output=True, text=True).stdout
    told = list(faults(table, PAGE.read_text("utf-8")))
    told += template_faults(TEMPLATES_PAGE.read_text("utf-8"), filter_names(), shipped_files(), sample_fields(binary))
    for fault in told:
        print(fault)
    if not entries(table):
        print("the table of keys is empty")
    return 1 if told or not entries(table) else 0


if __name__ == "__main__":
    sys.exit(main())
