"""The ``trivium`` command. Heavy modules are imported by the command that needs them, so that help is fast."""

import sys
from typing import Annotated

import typer

from model_store.cli import app as models
from service import __version__
from service.cli.doctor import doctor
from service.cli.generate import generate
from service.cli.keys import app as keys
from service.cli.serve import serve
from service.cli.settings import settings
from service.cli.translate import translate
from service.errors import KeyFileError, ListenError, ProcessError, SettingsError, StorageError, TranslationFailed
from service.settings import Settings
from service.settings.environment import read_environment

app = typer.Typer(
    help="Text generation, translation and question answering from your own hardware.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(serve)
app.command()(generate)
app.command()(translate)
app.command()(settings)
app.command()(doctor)
app.add_typer(models, name="models")
app.add_typer(keys, name="keys")


def main() -> None:
    """Run the command. An error that the user can fix is one line on stderr: exit 2 for a setting, 1 for the rest."""
    from model_store.errors import ModelStoreError

    try:
        app(prog_name="trivium")  # even if it is started as python -m service
    except SettingsError as error:
        _fail(error, code=2)
    except (ModelStoreError, ListenError, ProcessError, KeyFileError, StorageError, TranslationFailed) as error:
        _fail(error, code=1)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _print_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The options of ``trivium`` itself."""
    if context.invoked_subcommand == "models":  # it uses the model store only; all others load the settings
        read_environment(Settings.model_fields)


def _fail(error: Exception, code: int) -> None:
    typer.echo(f"trivium: {error}", err=True)
    sys.exit(code)
