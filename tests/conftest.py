"""Settings for all tests."""

import gc
import os
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.playground.chromium import NO_CHROMIUM
from tests.shared_services import (  # noqa: F401 - fixtures
    four_models,
    four_models_files,
    many_models,
    many_models_files,
    shared_by,
)

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

# No test may depend on the speed of the machine. ``make fuzz`` takes more examples, and other ones each time.
# ``make test`` takes the same ones each time, so that it judges a change by what the change does.
settings.register_profile(
    "any machine",
    settings.default,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "20")),
    derandomize="FUZZ_EXAMPLES" not in os.environ,
)
settings.load_profile("any machine")

# Tests run in parallel. With several threads each, they would wait for each other's cores most of the time. Child
# processes inherit the variable.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# Where a test asks for more threads, those without work sleep. By default they spin for a while after each operation,
# and keep the cores from the threads that compute: such tests took six times the processor time.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# Modules are compiled once. Where the environment says that compiled files are not kept, as in many containers, each
# worker would rewrite the assertions of all tests, and each of hundreds of child processes would compile the service.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Collecting the tests makes millions of objects that stay. Looking through them takes a third of that time, and then a
# part of each test's.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> "LoadFileScheduling | None":
    """With ``--dist loadfile``, the files that share a real service are one file."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return scopes.setdefault(file, shared_by(config.rootpath / file) or file)

    scopes: dict[str, str] = {}
    return Scheduling(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    without = sum(NO_CHROMIUM in str(report.longrepr) for report in skipped)
    if without:
        terminalreporter.write_line(f"{without} browser tests were skipped: {NO_CHROMIUM}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Engines set the number of threads of the process in which they compute. The next test has as many as before."""
    torch = sys.modules.get("torch")
    threads = torch and torch.get_num_threads()
    try:
        return (yield)
    finally:
        if torch:
            torch.set_num_threads(threads)
