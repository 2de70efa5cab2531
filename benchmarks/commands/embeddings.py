"""Embeddings beside sentence-transformers."""

import asyncio
from functools import partial
from typing import Annotated

import typer

from benchmarks.commands.options import Rounds, Seed, Tolerance

app = typer.Typer()


@app.command()
def embeddings(
    model: Annotated[str, typer.Argument(help="Directory, catalogue name or hub id.")] = "all-minilm-l6-v2",
    clients: Annotated[int, typer.Option(help="Clients with one text each.", min=2)] = 64,
    requests: Annotated[int, typer.Option(help="Requests of each of these clients.", min=1)] = 5,
    texts: Annotated[int, typer.Option(help="Texts of the single client.", min=1)] = 1000,
    peer: Annotated[
        list[str] | None, typer.Option(help="NAME=URL of OpenAI's embeddings on another running server.")
    ] = None,
    rounds: Rounds = 3,
    tolerance: Tolerance = 0.25,
    seed: Seed = 0,
) -> None:
    """Measure the service, its encoder process alone, and sentence-transformers, in turns."""
    from benchmarks.embeddings.benchmark import Subject, measure
    from benchmarks.embeddings.loads import Load
    from benchmarks.embeddings.subjects import encoder_process, over_http, sentence_transformers
    from benchmarks.processes.servers import running_server
    from benchmarks.processes.trivium_service import READY_PATH, serve_command
    from service.encoder.messages import Head
    from service.settings import Settings
    from service.store import open_store

    settings = Settings.load({"model": [model]})
    local = open_store(settings).ensure(model)
    path = str(local.path)
    config = settings.encoder_config(local, Head.EMBEDDING)
    peers = dict(each.split("=", 1) for each in peer or [])
    with running_server(lambda port: serve_command(model, port, []), health=READY_PATH) as server:
        subjects: dict[str, Subject] = {
            "service": partial(over_http, f"{server.url}/v1/embeddings", model, truncate=True),
            "encoder process": partial(encoder_process, config),
            **{name: partial(over_http, url, path) for name, url in peers.items()},
            "sentence-transformers": partial(sentence_transformers, path, clients),
        }
        loads = [Load(clients, requests, 1), Load(1, 1, texts)]
        asyncio.run(measure(subjects, loads, rounds=rounds, tolerance=tolerance, seed=seed, server=server.pid))
