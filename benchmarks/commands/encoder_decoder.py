"""Translation models of random weights beside CTranslate2."""

from typing import Annotated

import typer

from benchmarks.commands.options import PASS_ON, Rounds, Tolerance, parse_numbers

app = typer.Typer()


@app.command(context_settings=PASS_ON)
def encoder_decoder(
    context: typer.Context,
    shape: Annotated[str, typer.Argument(help="opus-mt or nllb-600m.")] = "opus-mt",
    beams: Annotated[str, typer.Option(help="Beams; several numbers with commas.")] = "1,4",
    compute_types: Annotated[str, typer.Option(help="CTranslate2's number types, with commas.")] = "int8,float32",
    clients: Annotated[int, typer.Option(help="Clients at once.", min=1)] = 64,
    sentences: Annotated[int, typer.Option(help="Sentences of the document.", min=1)] = 300,
    threads: Annotated[int, typer.Option(help="Threads of CTranslate2.", min=1)] = 2,
    rounds: Rounds = 3,
    tolerance: Tolerance = 0.15,
) -> None:
    """Measure a translation model over HTTP beside CTranslate2, in turns. Further arguments: `trivium serve`'s."""
    from benchmarks.encoder_decoder.benchmark import measure

    measure(
        shape,
        beams=parse_numbers(beams),
        compute_types=[name for name in compute_types.split(",") if name],
        clients=clients,
        sentences_of_document=sentences,
        rounds=rounds,
        threads=threads,
        tolerance=tolerance,
        arguments=context.args,
    )
