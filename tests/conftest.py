"""Settings for all tests."""

import os

# Tests run in parallel. With several threads each, they would wait for each other's cores most of the time. Child
# processes inherit the variable.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
