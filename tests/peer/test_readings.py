"""What the reader makes of plans and states made by rules (terraform.py) is what was put into them: in any of the three
forms, in any order of keys and whatever the size of the chunks."""

import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

import terraform

PRINT_READING = os.path.join(os.environ.get("PEER_DIR", "build/dev/tests"), "print_reading")
WORLDS = 40


def read(lines):
    done = subprocess.run([PRINT_READING], input="\n".join(f"{chunk} {path}" for chunk, path in lines) + "\n",
                          capture_output=True, text=True, check=True)
    return done.stdout, [json.loads(line) for line in done.stdout.splitlines()]


def ordered(uses):
    return sorted((json.dumps(use, sort_keys=True) for use in uses))


class Readings(unittest.TestCase):
    maxDiff = 4000

    def check(self, name, document, expected, rng, folder, smallest=1):
        paths = []
        for number in range(2):
            path = pathlib.Path(folder) / f"{name}-{number}.json"
            spaced = {"indent": 2} if number == 0 else {"separators": (",", ":")}
            path.write_text(json.dumps(document if number == 0 else terraform.shuffled(document, rng),
                                       ensure_ascii=number == 0, **spaced), encoding="utf-8")
            paths.append(path)
        text, readings = read([(chunk, path) for path in paths for chunk in (smallest, smallest * rng.randrange(2, 200), 1 << 20)])
        self.assertNotIn("SECRET", text)
        for reading in readings:
            self.assertNotIn("error", reading, name)
            self.assertFalse(reading["partial"])
            self.assertEqual(reading["uses_total"], len(expected), name)
            self.assertEqual(ordered(reading["uses"]), ordered(expected), name)
            self.assertEqual(reading["uses"], readings[0]["uses"], name)

    def test_what_was_put_in_is_read(self):
        seed = int(os.environ.get("DRIFTBELL_SEED", random.randrange(1 << 30)))
        for number in range(WORLDS):
            rng = random.Random(seed + number)
            with self.subTest(seed=seed + number), tempfile.TemporaryDirectory() as folder:
                world = terraform.World(rng, rng.choice([1, 2, 5]))
                now = world.uses(False)
                self.check("plan", world.plan(), world.uses(True), rng, folder)
                self.check("state", world.state(), now, rng, folder)
                self.check("raw", world.raw(), now, rng, folder)

    def test_size_changes_nothing(self):
        rng = random.Random(1)
        with tempfile.TemporaryDirectory() as folder:
            world = terraform.World(rng, 40, size=50, each="count")
            self.check("plan", world.plan(), world.uses(True), rng, folder, 1000)


if __name__ == "__main__":
    unittest.main()
