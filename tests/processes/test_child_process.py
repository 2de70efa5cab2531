"""A child process from its start to its end."""

import subprocess
import sys
from pathlib import Path

from service.engine import ENGINE_WORKER
from service.processes.child_process import ChildProcess

ROOT = Path(__file__).parents[2]


def test_a_process_that_was_never_configured_ends_with_its_parent() -> None:
    """Its standard input ends with the parent."""
    code = (
        "from service.processes.child_process import ChildProcess; import os;"
        f"process = ChildProcess({ENGINE_WORKER!r}); print(process.directory, flush=True); os._exit(0)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        directory = parent.communicate(timeout=120)[0].strip()  # returns when both processes have closed it
    assert directory
    assert not Path(directory).exists()


def test_a_process_that_is_not_needed_leaves_nothing() -> None:
    with ChildProcess(ENGINE_WORKER) as process:
        assert Path(process.directory).is_dir()
    assert not Path(process.directory).exists()
    assert process.wait() == -9
    process.close()


def test_configuring_a_process_that_has_ended_is_no_error() -> None:
    with ChildProcess("service.no_such_module") as process:
        assert process.wait() == 1
        process.configure(b"{}")
        assert process.stacks == ""
