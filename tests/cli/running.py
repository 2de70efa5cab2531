"""Runs the ``trivium`` command as a person does: in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def trivium(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The finished process. Settings of the environment are removed, and warnings are errors."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TRIVIUM_")}
    env |= {"COLUMNS": "200", "TERM": "dumb", "PYTHONWARNINGS": "error", "TRIVIUM_OFFLINE": "1"} | environment
    command = [sys.executable, "-m", "service", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
