"""The command ``trivium``, with an engine that echoes its input. Encoders are real."""

from service.cli import main as cli
from service.engine import ENGINE_WORKER
from service.processes import child_process as process


class EchoProcess(process.ChildProcess):
    """Runs the echo worker in the place of the engine's."""

    def __init__(self, worker: str = ENGINE_WORKER) -> None:
        super().__init__("tests.privacy.echo_worker" if worker == ENGINE_WORKER else worker)


if __name__ == "__main__":
    process.ChildProcess = EchoProcess  # type: ignore[misc]  # before another module imports it
    cli.main()
