#!/usr/bin/env python3
"""Our Mustache against mustache.js, on random templates and on our own cases.

The random templates stay where the two agree by intent.  They part where
mustache.js leaves the specification (a dotted name whose first part is found is
searched on; a partial within a line is indented; several tags that stand on a
line of their own take it with them) and where that says nothing (a list or an
object that is interpolated, the context of a section over true).

Needs node and the package mustache in $DRIFTBELL_NODE_MODULES; without them it
is skipped.  $DRIFTBELL_SEED chooses other random cases.
"""

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE.parent / "data" / "mustache"
SKIPPED = 77
RANDOM_CASES = 2000

# Cases of ours that mustache.js answers otherwise, and how.
ELSEWHERE = {
    "behind a tag of the same line it takes nothing": "two tags on a line take it",
    "a large real has no exponent": "1e+21",
    "six decimals": "all of them",
    "almost nothing is nothing": "-1e-9",
    "a list is its JSON": "1,b,",
    "an object is its JSON": "[object Object]",
    "dotted does not search outside": "it does",
    "the inner ones alone": "an object is interpolated",
    "within a line none is passed on": "it is indented",
}

TEXTS = ["<b>", "R&D", "it's", '"quoted"', "a/b=c`d", "plain", "{{s1}}", "{", "}", "grün", "", "0"]


class Maker:
    """Names tell what is behind them: s text, n number, b true or false, l a list of
    objects, t a list of texts, o an object of the root, x nothing."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def scalar(self):
        return self.rng.choice([
            self.rng.choice(TEXTS), self.rng.randint(-5, 5), self.rng.choice([0.5, 12.25, -3.75]),
        ])

    def members(self, depth):
        members = {}
        for name in ("s1", "s2", "n1", "n2", "b1", "b2", "l1", "l2", "t1"):
            if self.rng.random() < 0.4:
                continue
            if name[0] == "s":
                members[name] = self.rng.choice(TEXTS + [None])
            elif name[0] == "n":
                members[name] = self.scalar()
            elif name[0] == "b":
                members[name] = self.rng.random() < 0.5
            elif name[0] == "t":
                members[name] = [self.scalar() for _ in range(self.rng.randint(0, 3))]
            elif depth < 2:
                members[name] = [self.members(depth + 1) for _ in range(self.rng.randint(0, 3))]
        return members

    def data(self):
        data = self.members(0)
        if self.rng.random() < 0.7:
            data["o1"] = {"s1": self.rng.choice(TEXTS), "o2": {"n1": self.rng.randint(0, 9)}}
        return data

    def value(self, opening="{{", closing="}}"):
        name = self.rng.choice(["s1", "s2", "n1", "n2", "b1", "x1", "o1.s1", "o1.o2.n1", "o1.x1"])
        pad = self.rng.choice(["", " ", "\t"])
        if opening == "{{" and self.rng.random() < 0.2:
            return "{{{" + pad + name + pad + "}}}"
        sigil = self.rng.choice(["", "", "", "&"])
        return opening + sigil + pad + name + pad + closing

    def section_name(self):
        return self.rng.choice(["s1", "n1", "b1", "b2", "l1", "l2", "x1", "o1", "o1.s1", "o1.o2"])

    def words(self):
        return self.rng.choice(["word ", "- ", "<i>x</i> ", "a  b", "{ x } ", "| "])

    def inline(self, depth):
        kind = self.rng.randrange(7)
        if kind == 0 and depth < 3:
            name = self.section_name()
            sigil = self.rng.choice("##^")
            return "{{%s%s}}%s{{/%s}}" % (sigil, name, self.inline(depth + 1), name)
        if kind == 1:
            return "{{#t1}}(%s){{/t1}}" % self.rng.choice(["{{.}}", "{{{.}}}", "{{&.}}"])
        if kind == 2:
            return "{{! %s }}" % self.words()
        if kind == 3:
            return "{{>line}}"
        if kind == 4:
            return "{{=<% %>=}}" + self.value("<%", "%>") + "<%={{ }}=%>"
        return self.value() if kind == 5 else self.words()

    def line(self):
        # Visible at its beginning: no tag stands alone on it.
        return self.rng.choice(["", " ", "\t"]) + "." + "".join(
            self.inline(0) for _ in range(self.rng.randint(0, 4))) + "\n"

    def alone(self, tag):
        blank = self.rng.choice(["", "", "  ", "\t", " \t "])
        return blank + tag + self.rng.choice(["", "", " "]) + "\n"

    def block(self, depth, partials):
        lines = []
        for _ in range(self.rng.randint(0, 4)):
            kind = self.rng.randrange(8)
            if kind < 2 and depth < 4:
                name = self.section_name()
                lines += [self.alone("{{%s%s}}" % (self.rng.choice("##^"), name)),
                          self.block(depth + 1, partials), self.alone("{{/%s}}" % name)]
            elif kind == 2:
                lines.append(self.alone("{{! over\n lines }}"))
            elif kind == 3 and partials:
                lines.append(self.alone("{{>%s}}" % self.rng.choice(partials)))
            elif kind == 4:
                lines += [self.alone("{{=[[ ]]=}}"), "." + self.value("[[", "]]") + "\n",
                          self.alone("[[={{ }}=]]")]
            elif kind == 5:
                lines.append("\n")
            else:
                lines.append(self.line())
        return "".join(lines)

    def case(self):
        template = self.block(0, ["p1", "p2", "unknown"])
        if self.rng.random() < 0.3:
            template = template.rstrip("\n")
        return {
            "template": template,
            "data": self.data(),
            "partials": {"line": "<%s>" % self.value(), "p1": self.block(2, ["p2"]),
                         "p2": self.block(3, [])},
        }


def our_cases():
    for path in sorted(CASES.glob("*.json")):
        if path.stem in ("filters", "outputs"):
            continue  # mustache.js has neither
        for case in json.loads(path.read_text("utf-8")):
            yield {"partials": {}, **case}


def answers(command, cases):
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run(command, input=lines.encode(), stdout=subprocess.PIPE, check=True,
                          timeout=100)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def normal(text):
    """mustache.js escapes three characters more; they are harmless as they are."""
    for entity, character in (("&#x2F;", "/"), ("&#x60;", "`"), ("&#x3D;", "=")):
        text = text and text.replace(entity, character)
    return text


def main():
    modules = pathlib.Path(os.environ.get("DRIFTBELL_NODE_MODULES", "node_modules"))
    package = (modules / "mustache" / "mustache.mjs").resolve()
    if shutil.which("node") is None or not package.is_file():
        print(f"skipped: no node, or no {package}")
        return SKIPPED
    seed = int(os.environ.get("DRIFTBELL_SEED", "1"))
    cases = list(our_cases()) + [Maker(seed * 1000003 + i).case() for i in range(RANDOM_CASES)]
    ours = answers([os.path.join(os.environ["PEER_DIR"], "render_mustache")], cases)
    theirs = answers(["node", HERE / "mustache.mjs", package], cases)
    assert len(ours) == len(theirs) == len(cases), (len(ours), len(theirs), len(cases))
    assert sum(text is not None for text in ours) > RANDOM_CASES * 0.9
    different = [i for i, case in enumerate(cases)
                 if (ours[i] != normal(theirs[i])) != (case.get("name") in ELSEWHERE)]
    for i in different[:5]:
        print(json.dumps(cases[i], indent=1, ensure_ascii=False))
        print("ours:  ", json.dumps(ours[i]))
        print("theirs:", json.dumps(theirs[i]))
    print(f"{len(cases)} cases, {len(different)} not as expected (seed {seed})")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
