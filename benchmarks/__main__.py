"""``python -m benchmarks``: what is measured, one subcommand each."""

import signal
import sys

import typer

from benchmarks.commands import engine, quality, servers, survival
from benchmarks.frontend import benchmark as frontend

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
for commands in (servers, engine, quality, survival):
    app.registered_commands += commands.app.registered_commands
app.command("frontend")(frontend.main)

if __name__ == "__main__":
    # A benchmark that is told to stop stops the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    app(prog_name="python -m benchmarks")
