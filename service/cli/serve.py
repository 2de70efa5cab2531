"""``trivium serve``: serve models over HTTP."""

import sys
from typing import Annotated, Any

import typer

from service.cli.flags import with_settings
from service.settings import Settings


@with_settings()
def serve(
    name: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="The first model: SOURCE or NAME=SOURCE, as of --model.")
    ] = None,
    **flags: Any,
) -> None:
    """Serve one model or several over HTTP."""
    if name is not None:
        flags["model"] = [name, *(flags["model"] or ())]
    settings = Settings.load(flags)

    from service.engine import ENGINE_WORKER
    from service.keys.authenticator import open_authenticator
    from service.processes.child_process import ChildProcess
    from service.processes.imports import imports
    from service.server import bind_policy, listening, open_file_limit, signals

    bind_policy.check(settings)
    authenticator = open_authenticator(settings.keys_file)
    sockets = listening.bind(settings.host, settings.port)
    open_file_limit.raise_limit()
    signals.on_stop(lambda *_: sys.exit(0))
    with ChildProcess(ENGINE_WORKER) as process:  # started first, because its imports take longest
        with imports():
            from service.server import serve as server

        server.serve(settings, sockets, process, authenticator)
