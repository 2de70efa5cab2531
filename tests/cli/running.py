"""Runs the ``trivium`` command as a person does: in a process of its own, or in this one."""

import io
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from service.cli.main import main

ROOT = Path(__file__).parents[2]


def trivium(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The finished process. Settings of the environment are removed, and warnings are errors."""
    command = [sys.executable, "-m", "service", *arguments]
    env = _environment(environment)
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


def trivium_here(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What ``trivium`` prints and returns, without a process, whose imports take most of its time."""
    output, errors, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.dict(os.environ, _environment(environment), clear=True),
        mock.patch.object(sys, "argv", ["trivium", *arguments]),
        chdir(ROOT),
        redirect_stdout(output),
        redirect_stderr(errors),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return subprocess.CompletedProcess(arguments, code, output.getvalue(), errors.getvalue())


def _environment(further: dict[str, str]) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("TRIVIUM_")}
    return env | {"COLUMNS": "200", "TERM": "dumb", "PYTHONWARNINGS": "error", "TRIVIUM_OFFLINE": "1"} | further
