"""Settings for all tests."""

import os

from hypothesis import settings

# No test may depend on the speed of the machine.
settings.register_profile("any machine", settings.default, deadline=None)
settings.load_profile("any machine")

# Tests run in parallel. With several threads each, they would wait for each other's cores most of the time. Child
# processes inherit the variable.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
