"""The command ``trivium``, with an engine that echoes its input. Of the encoders, the embedder is real."""

from service.cli import main as cli
from service.encoder import ENCODER_WORKER
from service.engine import ENGINE_WORKER
from service.processes import child_process as process

WORKERS = {ENGINE_WORKER: "tests.privacy.echo_worker", ENCODER_WORKER: "tests.privacy.echo_encoder"}


class EchoProcess(process.ChildProcess):
    """Runs this directory's workers in the place of the service's."""

    def __init__(self, worker: str = ENGINE_WORKER) -> None:
        super().__init__(WORKERS[worker])


if __name__ == "__main__":
    process.ChildProcess = EchoProcess  # type: ignore[misc]  # before another module imports it
    cli.main()
