"""Guessed tokens beside none."""

from typing import Annotated, Any

import typer

from benchmarks.commands.options import EngineModel, Rounds, Tolerance, load_engine_config, select_named
from service.cli.flags import with_settings
from service.settings.groups import EngineSettings, ModelSettings

app = typer.Typer()


@app.command()
@with_settings(ModelSettings, EngineSettings)
def speculative(
    model: EngineModel = None,
    streams: Annotated[int, typer.Option(help="Requests at once in the full batch.", min=1)] = 16,
    tokens: Annotated[int, typer.Option(help="Most tokens of an output.", min=2)] = 256,
    cases: Annotated[str, typer.Option(help="Cases, with commas: edits, summaries, ordinary, full, full-edits.")] = "",
    rounds: Rounds = 3,
    tolerance: Tolerance = 0.15,
    **flags: Any,
) -> None:
    """Measure the engine with guessed tokens beside the same engine without.

    With --speculation draft and --draft-model, an engine with a draft model is measured too.
    """
    from pathlib import Path

    from benchmarks.speculation.benchmark import measure
    from benchmarks.speculation.cases import make_cases
    from service.tasks.text.tokenizer import Tokenizer

    selected = list(select_named(make_cases(streams), cases).values())
    _, config = load_engine_config(model, flags)
    tokenizer = Tokenizer.load(Path(config.model_path))
    measure(config, tokenizer, selected, tokens=tokens, rounds=rounds, tolerance=tolerance)
