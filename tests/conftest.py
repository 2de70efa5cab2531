"""What all tests have in common."""

import os

# Several tests run at once: threads that spin for each other's cores would take most of the time. Children inherit it.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
