"""The service with the null model: ``python -m benchmarks.frontend.null_service DIRECTORY PORT SEQUENCES``."""

import sys

from service.processes.child_process import ChildProcess
from service.server import listening
from service.server.serve import serve
from service.settings import Settings

if __name__ == "__main__":
    directory, port, sequences = sys.argv[1:]
    settings = Settings.load(
        {
            "model": directory,
            "port": port,
            "offline": True,
            "max_num_seqs": sequences,
            "max_requests": 1 << 20,
            "log_level": "warning",
            "log_json": True,
        }
    )
    with ChildProcess("benchmarks.frontend.null_worker") as process:
        serve(settings, listening.bind(settings.host, settings.port), process, authenticator=None)
