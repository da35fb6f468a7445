"""PREPAREs every statement on a real PostgreSQL 15, so that one text serves both drivers.

A cluster is made for the test and a single-user backend run on it: no port,
no server that could be left behind.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import texts

SKIPPED = 77
BROKEN = {"BROKEN_TABLE": "SELECT a FROM nowhere WHERE a = $1",
          "BROKEN_TYPE": "SELECT id FROM events WHERE received_at = $1 AND id = $1",
          "BROKEN_SYNTAX": "SELECT id FROM FROM events"}


def binaries():
    found = sorted(glob.glob("/usr/lib/postgresql/1[5-9]/bin/initdb"))
    path = found[0] if found else shutil.which("initdb")
    return os.path.dirname(path) if path else None


def as_owner(command, **options):
    """Runs it as somebody PostgreSQL accepts: not root."""
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **options)


def make_cluster(bin_dir, folder):
    done = as_owner([f"{bin_dir}/initdb", "-D", folder, "-U", "postgres", "-A", "trust",
                     "--locale=C", "--encoding=UTF8", "--no-sync"])
    if done.returncode != 0:
        raise SystemExit(f"initdb failed:\n{done.stdout}")


def one_line(text):
    return " ".join(text.split())


def run_script(bin_dir, folder, lines):
    """Runs one command a line; gives what went wrong, by the command it is about."""
    done = as_owner([f"{bin_dir}/postgres", "--single", "-D", folder, "-c", "fsync=off",
                     "-c", "log_min_messages=error", "-c", "log_min_error_statement=error",
                     "-c", "log_error_verbosity=terse", "-c", "log_line_prefix=", "postgres"],
                    input="\n".join(lines) + "\n", cwd=folder)
    if done.returncode != 0:
        raise SystemExit(f"the backend ended with {done.returncode}:\n{done.stdout[-3000:]}")
    found = re.findall(r"ERROR:  (.*)\n(?:.*\n)??STATEMENT:  (.*)", done.stdout)
    if len(found) != done.stdout.count("ERROR:  "):
        raise SystemExit(f"errors that cannot be told apart:\n{done.stdout[-3000:]}")
    return {command: error for error, command in found}


def prepare_all(bin_dir, folder):
    migrations, statements = texts.read()
    tables = [one_line(part) for migration in migrations
              for part in migration.replace("@ROWLESS@", "").split(";") if part.strip()]
    prepares = {f'PREPARE "{name}" AS {one_line(text)}': name
                for name, text in {**statements, **BROKEN}.items()}
    errors = run_script(bin_dir, folder, [*tables, *prepares])

    faults = [f"{prepares.get(command, command)}: {error}" for command, error in errors.items()
              if prepares.get(command) not in BROKEN]
    told = {prepares.get(command) for command in errors}
    faults += [f"{name} is wrong and was not told" for name in BROKEN if name not in told]
    print(f"{len(tables)} definitions, {len(statements)} statements")
    return faults


def main():
    bin_dir = binaries()
    if bin_dir is None:
        print("PostgreSQL is not installed")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="store-pg-") as top:
        folder = f"{top}/data"
        if os.geteuid() == 0:
            shutil.chown(top, "postgres")
        make_cluster(bin_dir, folder)
        faults = prepare_all(bin_dir, folder)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
