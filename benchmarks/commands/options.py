"""Options and readings of options that subcommands share."""

from typing import Annotated, Any

import typer

from service.engine.protocol.config import EngineConfig
from service.errors import SettingsError
from service.settings import Settings

Rounds = Annotated[int, typer.Option(help="Turns of each.", min=1)]
Tolerance = Annotated[float, typer.Option(help="Cores that others may keep busy during a turn that counts.", min=0)]
Model = Annotated[str | None, typer.Argument(help="A directory, a catalogue name or a hub id.")]
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}  # further arguments are of `trivium serve`


def engine_config(model: str | None, flags: dict[str, Any]) -> tuple[Settings, EngineConfig]:
    """The engine's configuration for ``model``, which is fetched if it is not there."""
    if model is not None:
        flags["model"] = model
    try:
        settings = Settings.load(flags)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from None
    from service.store import open_store

    return settings, settings.engine_config(open_store(settings).ensure(settings.model))


def numbers(text: str) -> list[int]:
    """Positive ones, with commas."""
    return [int(number) for number in text.split(",") if int(number) > 0]


def chosen(known: dict[str, Any], names: str) -> dict[str, Any]:
    """Those of ``names``, with commas; all where there are none."""
    wanted = [name for name in names.split(",") if name] or list(known)
    if unknown := set(wanted) - set(known):
        raise typer.BadParameter(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    return {name: known[name] for name in wanted}
