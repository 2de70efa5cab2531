"""The quality of answers, translations, calls of tools and quantized weights."""

from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.commands.options import PASS_ON, Data, EngineModel, default_source, load_engine_config, select_named
from service.cli.flags import with_settings
from service.settings.groups import ModelSettings

app = typer.Typer()


@app.command()
@with_settings(ModelSettings)
def quantization(
    data: Data,
    model: EngineModel = None,
    kinds: Annotated[
        str, typer.Option(help="Kinds of weights, with commas. The first is the reference.")
    ] = "float32,bfloat16,stored,int8,int4",
    tokens: Annotated[int, typer.Option(help="Tokens of text in each language.", min=1)] = 2048,
    passage_tokens: Annotated[int, typer.Option(help="Tokens of a passage, which is read alone.", min=2)] = 256,
    prompts: Annotated[int, typer.Option(help="Prompts to answer.", min=1)] = 24,
    output_tokens: Annotated[int, typer.Option(help="Most tokens of an answer.", min=1)] = 64,
    **flags: Any,
) -> None:
    """Measure the cost of quantized weights: perplexity in three languages, and greedy answers."""
    from benchmarks.quantization.benchmark import measure
    from benchmarks.quantization.model_variant import KINDS
    from benchmarks.quantization.texts import missing_files

    selected = select_named(KINDS, kinds)
    if missing := missing_files(data):
        raise typer.BadParameter(f"{data} lacks {', '.join(missing)}")
    settings, config = load_engine_config(model, flags)
    measure(
        config,
        name=settings.model_specs()[0].source,
        data=data,
        kinds=list(selected),
        tokens=tokens,
        passage_tokens=passage_tokens,
        prompts=prompts,
        output_tokens=output_tokens,
    )


@app.command(context_settings=PASS_ON)
def quality(
    context: typer.Context,
    data: Data,
    model: Annotated[str, typer.Argument(help="Directory, catalogue name or hub id of the model to serve.")] = "",
    url: Annotated[str | None, typer.Option(help="Measure this running server instead.")] = None,
    tasks: Annotated[str, typer.Option(help="Tasks, with commas. Default: all of them.")] = "",
    sample: Annotated[
        int, typer.Option(help="Questions per language, sentences per pair, and marked texts.", min=1)
    ] = 24,
    in_flight: Annotated[int, typer.Option(help="Requests at once.", min=1)] = 32,
) -> None:
    """Measure answers and translations beside plain prompts. Further arguments are those of `trivium serve`."""
    from benchmarks.quality.benchmark import TASKS, measure

    selected = select_named(TASKS, tasks)
    if missing := [name for task in selected.values() for name in task.missing_files(data)]:
        raise typer.BadParameter(f"{data} lacks {', '.join(missing)}")
    measure(model or default_source(), url, data, selected, sample, in_flight, context.args)


@app.command("fit-confidence")
def fit_confidence(data: Data) -> None:
    """Fit the confidence of translations to those that we read, and print its coefficients and what they are worth."""
    from benchmarks.quality.confidence_fit import fit_confidence as fit
    from benchmarks.report.tables import open_console

    coefficients, table = fit(data)
    typer.echo(coefficients)
    open_console(120).print(table)


@app.command(context_settings=PASS_ON)
def tools(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="Directory, catalogue name or hub id of the model to serve.")] = "",
    data: Annotated[
        Path | None, typer.Option(help="Directory of the leaderboard's files. Default: from the package bfcl-eval.")
    ] = None,
    categories: Annotated[str, typer.Option(help="Categories, with commas. Default: all of them.")] = "",
    sample: Annotated[int, typer.Option(help="Questions of each category.", min=1)] = 10,
    in_flight: Annotated[int, typer.Option(help="Requests at once.", min=1)] = 16,
) -> None:
    """Measure calls of tools beside the same model without the constraint. Further arguments are as for `quality`."""
    from benchmarks.tools.benchmark import measure
    from benchmarks.tools.questions import CATEGORIES

    selected = select_named(CATEGORIES, categories)
    measure(model or default_source(), data, list(selected), sample, in_flight, context.args)
