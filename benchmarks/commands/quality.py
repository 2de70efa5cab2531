"""How good what is served is."""

from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.commands.options import PASS_ON, Model, chosen, engine_config
from service.cli.flags import with_settings
from service.settings import Settings
from service.settings.groups import ModelSettings

app = typer.Typer()


@app.command()
@with_settings(ModelSettings)
def quantization(
    data: Annotated[Path, typer.Option(help="Directory of the texts; benchmarks/README.md says which.")],
    model: Model = None,
    kinds: Annotated[
        str, typer.Option(help="Kinds of weights, with commas; the others are compared with the first.")
    ] = "float32,bfloat16,int8",
    tokens: Annotated[int, typer.Option(help="Tokens of text in each language.", min=1)] = 2048,
    prompts: Annotated[int, typer.Option(help="Prompts that are answered.", min=1)] = 24,
    output_tokens: Annotated[int, typer.Option(help="Longest answer.", min=1)] = 64,
    **flags: Any,
) -> None:
    """What a kind of weights costs in quality: perplexity in three languages, and greedy answers."""
    from benchmarks.quantization import benchmark as measured
    from benchmarks.quantization import texts

    wanted = chosen(measured.KINDS, kinds)
    if missing := texts.missing(data):
        raise typer.BadParameter(f"{data} lacks {', '.join(missing)}")
    settings, config = engine_config(model, flags)
    measured.measure(
        config,
        name=settings.model,
        data=data,
        kinds=list(wanted),
        tokens=tokens,
        prompts=prompts,
        output_tokens=output_tokens,
    )


@app.command(context_settings=PASS_ON)
def quality(
    context: typer.Context,
    data: Annotated[Path, typer.Option(help="Directory of the texts; benchmarks/README.md says which.")],
    model: Annotated[str, typer.Argument(help="What to serve: a directory, a catalogue name or a hub id.")] = "",
    url: Annotated[str | None, typer.Option(help="Measure this running server instead.")] = None,
    tasks: Annotated[str, typer.Option(help="Which tasks, with commas. Empty: all of them.")] = "",
    sample: Annotated[
        int, typer.Option(help="Questions of a language, sentences of a pair, marked texts.", min=1)
    ] = 24,
    in_flight: Annotated[int, typer.Option(help="Requests at once.", min=1)] = 32,
) -> None:
    """How good answers and translations are, beside naive prompts. Further arguments are those of `trivium serve`."""
    from benchmarks.quality import benchmark as measured

    wanted = chosen(measured.TASKS, tasks)
    if missing := [name for task in wanted.values() for name in task.missing(data)]:
        raise typer.BadParameter(f"{data} lacks {', '.join(missing)}")
    measured.measure(model or Settings.load().model, url, data, wanted, sample, in_flight, context.args)
