"""The command ``trivium``, with an engine that echoes its input."""

from service.cli import main as cli
from service.processes import child_process as process


class EchoProcess(process.ChildProcess):
    """Runs the echo worker, whichever worker is requested."""

    def __init__(self, worker: str = "") -> None:
        super().__init__("tests.privacy.echo_worker")


if __name__ == "__main__":
    process.ChildProcess = EchoProcess  # type: ignore[misc]  # before another module imports it
    cli.main()
