"""The engine process with the null model. ``ChildProcess`` starts it as it starts the real one."""

import sys

from benchmarks.frontend.null_model import NullRunner
from service.engine import worker

if __name__ == "__main__":
    sys.exit(worker.main(lambda: NullRunner))
