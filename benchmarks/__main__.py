"""``python -m benchmarks``: the engine beside transformers' generate, or a running server."""

from typing import Annotated, Any

import typer

from service.flags import with_settings
from service.settings import Settings, SettingsError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
@with_settings("Model", "Engine")
def main(
    model: Annotated[
        str | None, typer.Argument(help="A directory, a catalogue name or a hub id. Default: what would be served.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Measure this OpenAI-compatible server instead, such as http://127.0.0.1:8000.")
    ] = None,
    streams: Annotated[str, typer.Option(help="How many requests at once; several numbers with commas.")] = "1,16",
    prompt_tokens: Annotated[int, typer.Option(help="Tokens in.", min=1)] = 128,
    output_tokens: Annotated[int, typer.Option(help="Tokens out.", min=2)] = 128,
    rounds: Annotated[int, typer.Option(help="Turns of each, alternately.", min=1)] = 3,
    tolerance: Annotated[
        float, typer.Option(help="Cores that others may keep busy during a turn that counts.", min=0)
    ] = 0.15,
    **flags: Any,
) -> None:
    """Measure throughput and latency on this machine."""
    counts = [int(count) for count in streams.split(",") if int(count) > 0]
    if url:
        from benchmarks import serving

        serving.measure(
            url, streams=counts, prompt_tokens=prompt_tokens, output_tokens=output_tokens, rounds=rounds, model=model
        )
        return
    if model is not None:
        flags["model"] = model
    try:
        settings = Settings.load(flags)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from None

    from benchmarks import throughput
    from service.server import open_store

    config = settings.engine_config(open_store(settings).ensure(settings.model))
    throughput.measure(
        config,
        streams=counts,
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
        rounds=rounds,
        tolerance=tolerance,
    )


app(prog_name="python -m benchmarks")
