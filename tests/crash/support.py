"""Puts tests/ on the path, so that each file here runs alone:
DRIFTBELL=build/dev/driftbell python3 tests/crash/test_kill.py"""

import os
import sys

sys.dont_write_bytecode = True

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
