"""Options that several subcommands have, and the parsing of their values."""

from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from benchmarks.serving.cases import CASES, Case, poisson, select_cases
from service.engine.protocol.config import EngineConfig
from service.errors import SettingsError
from service.settings import Settings
from service.store import open_store

V = TypeVar("V")

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}  # further arguments are those of `trivium serve`

Rounds = Annotated[int, typer.Option(help="Rounds of each measurement.", min=1)]
Tolerance = Annotated[
    float, typer.Option(help="Cores that other processes may keep busy during a turn that counts.", min=0)
]
Seed = Annotated[int, typer.Option(help="Seed of all random choices.")]
Data = Annotated[Path, typer.Option(help="Directory of the texts that benchmarks/README.md lists.")]

# Models. Some subcommands take a model as an argument and pass it to the engine; others serve it.
EngineModel = Annotated[str | None, typer.Argument(help="Directory, catalogue name or hub id of the model.")]
ServedModel = Annotated[str, typer.Option("--model", help="Directory, catalogue name or hub id of the model to serve.")]

# The loads of a server.
Cases = Annotated[
    str,
    typer.Option(
        "--cases", help="Cases, with commas. streams-N has N streams, 128 tokens in, 128 out. Default: all cases."
    ),
]
Mix = Annotated[Path | None, typer.Option(help="JSON Lines of prompts for the case 'poisson'.")]
Rate = Annotated[float, typer.Option(help="Requests per second in the case 'poisson'.", min=0.01)]
Requests = Annotated[int, typer.Option(help="Requests per round in the case 'poisson'.", min=1)]

# The calls of mixed clients.
TaskMix = Annotated[Path | None, typer.Option("--mix", help="JSON Lines of tasks, as in benchmarks/README.md.")]


def load_engine_config(model: str | None, flags: dict[str, Any]) -> tuple[Settings, EngineConfig]:
    """The settings from ``flags``, and the engine's configuration. The model is fetched if it is not on this disk,
    and so is its draft model.

    Raises BadParameter if a setting is wrong.
    """
    if model is not None:
        flags["model"] = model
    try:
        settings = Settings.load(flags)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from None
    spec = settings.model_specs()[0]
    store = open_store(settings)
    draft = store.ensure(source) if (source := spec.settings.draft_source) else None
    return settings, spec.settings.engine_config(store.ensure(spec.source), draft)


def default_source() -> str:
    """The source of the model that the settings name first."""
    return Settings.load().model_specs()[0].source


def parse_cases(names: str, mix: Path | None, rate: float, requests: int) -> dict[str, Case]:
    """The selected cases. ``poisson`` exists if there is a mix. Raises BadParameter."""
    try:
        return select_cases(names, CASES | ({"poisson": poisson(mix, rate, requests)} if mix else {}))
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None


def parse_numbers(text: str) -> list[int]:
    """The positive numbers of a list with commas."""
    return [int(number) for number in text.split(",") if int(number) > 0]


def select_named(known: dict[str, V], names: str) -> dict[str, V]:
    """The values with these names, which are separated by commas; all if there are none. Raises BadParameter."""
    wanted = [name for name in names.split(",") if name] or list(known)
    if unknown := set(wanted) - set(known):
        raise typer.BadParameter(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    return {name: known[name] for name in wanted}
