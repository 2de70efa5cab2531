"""``trivium settings``: the values in force and their sources, or all settings as TOML or Markdown."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.flags import with_settings
from service.errors import EngineError
from service.settings import Settings, documents
from service.settings.groups import GROUPS

if TYPE_CHECKING:
    from rich.table import Table


class Format(StrEnum):
    """The formats that the command can print."""

    TEXT = "text"
    TOML = "toml"
    MARKDOWN = "markdown"


@with_settings()
def settings(
    format: Annotated[
        Format,
        typer.Option(
            help="text: the values in force and their sources. toml: an example file with every setting. "
            "markdown: a table of every setting."
        ),
    ] = Format.TEXT,
    markdown: Annotated[bool, typer.Option("--markdown", help="The same as --format markdown.")] = False,
    **flags: Any,
) -> None:
    """Print the settings in force, and where each value comes from.

    Takes the flags of serve: it prints the values that serve would use with the same flags.
    """
    if format is Format.TOML:
        typer.echo(documents.toml_example(), nl=False)
    elif format is Format.MARKDOWN or markdown:
        typer.echo(documents.markdown(), nl=False)
    else:
        _print_values(flags)


def _print_values(flags: dict[str, Any]) -> None:
    from rich.console import Console

    values, sources = Settings.load(flags), Settings.sources(flags)
    console = Console(highlight=False)
    for group in GROUPS:
        rows = [(name, documents.value_text(getattr(values, name)), sources[name]) for name in group.model_fields]
        console.print(_table(group.title, rows))
        console.print()
    models = [(spec.name, documents.spec_text(spec), "") for spec in values.model_specs()]
    console.print(_table("Served models", models))
    console.print()
    console.print(_table("Builds of the compiled kernels", _kernels()))
    console.print()
    console.print("trivium settings --format toml writes a file with every setting and its meaning.", soft_wrap=True)


def _kernels() -> list[tuple[str, str, str]]:
    """A row for each build: its name, why it is used or not, and whether it is used."""
    from service.models.native.kernels import VARIABLE, verdicts

    try:
        return [(row.build.name, row.reason, "used" if row.is_used else "") for row in verdicts()]
    except EngineError as error:
        return [(VARIABLE, str(error), "")]


def _table(title: str, rows: Sequence[tuple[str, str, str]]) -> "Table":
    """A table of names, values and where each comes from."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False, expand=True)
    width = max(map(len, Settings.model_fields))
    table.add_column("name", overflow="fold", width=width)
    table.add_column("value", ratio=1, overflow="fold")
    table.add_column("source", no_wrap=True, min_width=len("environment"))
    for row in rows:
        table.add_row(*row)
    return table
