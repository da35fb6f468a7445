"""Waiting on conditions: nothing here or in the tests sleeps for a guessed time."""

import os
import time

# Under valgrind or a sanitizer everything takes longer; conditions then wait longer.
SLOWER = float(os.environ.get("DRIFTBELL_SLOWER", "1"))


def until(condition, timeout=10.0, what="the condition"):
    """Return condition()'s first true value; AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout * SLOWER
    pause = 0.005
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            told = what() if callable(what) else what
            raise AssertionError(f"waited {timeout * SLOWER:.0f} s for {told}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
