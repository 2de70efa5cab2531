"""Translation models of random weights beside CTranslate2 and transformers."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import PASS_ON, Rounds, Tolerance, load_engine_config, parse_numbers

app = typer.Typer()


@app.command(context_settings=PASS_ON)
def encoder_decoder(
    context: typer.Context,
    shape: Annotated[str, typer.Argument(help="opus-mt or nllb-600m.")] = "opus-mt",
    beams: Annotated[str, typer.Option(help="Beams; several numbers with commas.")] = "1,4",
    compute_types: Annotated[str, typer.Option(help="int8 and float32, of all servers; with commas.")] = "int8,float32",
    clients: Annotated[int, typer.Option(help="Clients at once.", min=1)] = 64,
    sentences: Annotated[int, typer.Option(help="Sentences of the document.", min=1)] = 300,
    transformers_sentences: Annotated[
        int,
        typer.Option(help="Sentences of transformers' loads, which are in float32; 0: without transformers.", min=0),
    ] = 8,
    threads: Annotated[int, typer.Option(help="Threads of the peers.", min=1)] = 2,
    rounds: Rounds = 3,
    tolerance: Tolerance = 0.15,
) -> None:
    """Measure a translation model over HTTP beside its peers, in turns. Further arguments: `trivium serve`'s."""
    from benchmarks.encoder_decoder.benchmark import measure
    from benchmarks.encoder_decoder.subjects import COMPUTE_TYPES

    types = [name for name in compute_types.split(",") if name]
    if not types or not COMPUTE_TYPES.issuperset(types):
        raise typer.BadParameter(f"--compute-types takes {' and '.join(sorted(COMPUTE_TYPES))}")
    measure(
        shape,
        beams=parse_numbers(beams),
        compute_types=types,
        clients=clients,
        sentences_of_document=sentences,
        transformers_sentences=transformers_sentences,
        rounds=rounds,
        threads=threads,
        tolerance=tolerance,
        arguments=context.args,
    )


@app.command()
def encoder_decoder_limits(
    shapes: Annotated[str, typer.Option(help="Shapes of random weights, with commas.")] = "opus-mt,nllb-600m,t5-small",
    speech: Annotated[str, typer.Option(help="A speech model; empty: none.")] = "whisper-base",
    weights: Annotated[str, typer.Option(help="Number types, with commas: none is float32.")] = "int8,none",
    batch: Annotated[str, typer.Option(help="Sources at once; several numbers with commas.")] = "1,64",
) -> None:
    """Measure what encoder-decoders reach of the limits of this machine. A speech model reads one window at once."""
    from benchmarks.encoder_decoder.limits import measure
    from benchmarks.encoder_decoder.shapes import write_checkpoint

    with tempfile.TemporaryDirectory() as directory:
        sources = {name: str(Path(directory) / name) for name in shapes.split(",") if name}
        for name, path in sources.items():
            write_checkpoint(name, Path(path))
        if speech:
            sources[speech] = speech
        configs = {
            (name, kind): load_engine_config(source, {"quantization": kind, "dtype": "float32"})[1]
            for name, source in sources.items()
            for kind in weights.split(",")
        }
        measure(configs, parse_numbers(batch))
