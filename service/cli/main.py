"""The ``trivium`` command. Everything heavy is imported by the command that needs it, so that help is fast."""

import sys
from typing import Annotated, Any

import typer

from model_store.cli import app as models
from service import __version__
from service.cli.flags import default_of, group_of, with_settings
from service.cli.keys import app as keys
from service.errors import SettingsError
from service.settings import Settings, env_name, flag_name

app = typer.Typer(
    help="Text generation, translation and question answering from your own hardware.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(models, name="models")
app.add_typer(keys, name="keys")


def main() -> None:
    """Run the command. What the user can put right is one line on stderr: exit 2 for a setting, 1 for the rest."""
    from model_store.errors import ModelStoreError
    from service.errors import KeyFileError, ProcessError

    try:
        app()
    except SettingsError as error:
        _fail(error, code=2)
    except (ModelStoreError, ProcessError, KeyFileError) as error:
        _fail(error, code=1)


@app.command()
@with_settings()
def serve(
    name: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="A catalogue name, a hub id or a directory.")
    ] = None,
    **flags: Any,
) -> None:
    """Serve a model over HTTP."""
    if name is not None:
        flags["model"] = name
    settings = Settings.load(flags)

    from service.engine import ENGINE_WORKER
    from service.keys.authenticator import open_authenticator
    from service.processes.child_process import ChildProcess
    from service.server import bind_policy, signals

    bind_policy.check(settings)
    authenticator = open_authenticator(settings.keys_file)
    signals.on_end(lambda *_: sys.exit(0))
    with ChildProcess(ENGINE_WORKER) as process:  # first of all, as it takes longest to import what it needs
        from service.server import serve as server

        server.serve(settings, process, authenticator)


@app.command()
@with_settings("Model", "Engine")
def generate(
    prompt: Annotated[str, typer.Argument(help="What to continue or to answer. A dash reads it from standard input.")],
    max_tokens: Annotated[int, typer.Option(help="Most tokens to generate.", min=1)] = 256,
    temperature: Annotated[float, typer.Option(help="0 always takes the likeliest token.", min=0)] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed draws the same tokens.")] = 0,
    chat: Annotated[
        bool | None,
        typer.Option("--chat/--raw", help="Use the model's chat template, or not. Default: if it has one."),
    ] = None,
    **flags: Any,
) -> None:
    """Generate text here and now, without a server."""
    settings = Settings.load(flags)

    from service.cli import generate as offline

    text = sys.stdin.read() if prompt == "-" else prompt
    offline.generate(settings, text, max_tokens=max_tokens, temperature=temperature, seed=seed, chat=chat)


@app.command()
def settings(
    markdown: Annotated[bool, typer.Option("--markdown", help="Write a Markdown table.")] = False,
) -> None:
    """List every setting: its environment variable, its flag, its default, and what it is for."""
    if markdown:
        typer.echo("| variable | flag | default | |\n|---|---|---|---|")
        for name, field in Settings.model_fields.items():
            default = f"`{default_of(field)}`" if default_of(field) else ""
            typer.echo(f"| `{env_name(name)}` | `{flag_name(name)}` | {default} | {field.description} |")
        return

    from rich.console import Console
    from rich.table import Table

    tables: dict[str, Table] = {}
    for name, field in Settings.model_fields.items():
        group = group_of(field)
        if group not in tables:
            tables[group] = table = Table(title=group, title_justify="left", expand=True, show_lines=True)
            table.add_column("variable and flag", no_wrap=True)
            table.add_column("default")
            table.add_column("what it is for", ratio=1)
        tables[group].add_row(f"{env_name(name)}\n{flag_name(name)}", default_of(field), field.description)
    Console().print(*tables.values(), "The key in a settings file is the flag's name with underscores.")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _fail(error: Exception, code: int) -> None:
    typer.echo(f"trivium: {error}", err=True)
    sys.exit(code)
