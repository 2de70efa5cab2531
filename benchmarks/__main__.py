"""``python -m benchmarks``: one subcommand for each benchmark."""

import signal
import sys

import typer

from benchmarks.commands import (
    adapters,
    embeddings,
    encoder_decoder,
    engine,
    frontend,
    gpu_check,
    live_view,
    peers,
    quality,
    serving,
    simulate,
    speculative,
    structured,
    survival,
    translation,
)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
for commands in (
    serving,
    structured,
    simulate,
    speculative,
    adapters,
    peers,
    engine,
    frontend,
    gpu_check,
    live_view,
    embeddings,
    encoder_decoder,
    quality,
    translation,
    survival,
):
    app.registered_commands += commands.app.registered_commands

if __name__ == "__main__":
    # A benchmark that gets SIGTERM must still stop the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    app(prog_name="python -m benchmarks")
