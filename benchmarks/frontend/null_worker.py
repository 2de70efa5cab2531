"""The engine process, with a model that computes nothing. ``ChildProcess`` starts it as it starts the real one."""

import sys

from benchmarks.frontend.null_runner import NullRunner
from service.engine import worker

if __name__ == "__main__":
    sys.exit(worker.main(lambda: NullRunner))
