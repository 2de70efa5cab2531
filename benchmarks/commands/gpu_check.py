"""The check of a machine with a GPU."""

from typing import Annotated, Any

import typer

from benchmarks.commands.options import EngineModel, load_engine_config, parse_numbers
from service.cli.flags import with_settings
from service.settings.groups import EngineSettings, ModelSettings

app = typer.Typer()


@app.command()
@with_settings(ModelSettings, EngineSettings)
def gpu_check(
    model: EngineModel = None,
    streams: Annotated[str, typer.Option(help="Requests at once; several numbers with commas.")] = "1,16,64,256",
    prompts: Annotated[int, typer.Option(help="Prompts whose tokens are compared.", min=1)] = 16,
    prompt_tokens: Annotated[int, typer.Option(help="Tokens of each prompt.", min=2)] = 64,
    output_tokens: Annotated[int, typer.Option(help="Tokens of each output.", min=8)] = 64,
    **flags: Any,
) -> None:
    """Check a machine with a GPU: equality, attention, graphs, int8, speed, memory, recovery."""
    from benchmarks.gpu_check.benchmark import check
    from benchmarks.gpu_check.subject import Sizes

    _, config = load_engine_config(model, flags)
    sizes = Sizes(prompts=prompts, prompt_tokens=prompt_tokens, output_tokens=output_tokens)
    if not check(config, sizes=sizes, streams=parse_numbers(streams)):
        raise typer.Exit(1)
