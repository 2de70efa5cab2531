"""Settings for all tests."""

import gc
import os
import sys
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

# No test may depend on the speed of the machine.
settings.register_profile("any machine", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
