"""Runs every load on every server in turn."""

import asyncio
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.encoder_decoder.loads import Figures, Load, document, many_clients, one_client, poisson, sentences
from benchmarks.encoder_decoder.rows import Rows
from benchmarks.encoder_decoder.shapes import write_checkpoint
from benchmarks.encoder_decoder.subjects import Subject, ctranslate2, transformers, trivium
from benchmarks.processes.noise import Noise
from benchmarks.report.tables import open_console

_LOAD_OF_BEST_RATE = 0.8


def measure(
    shape: str,
    *,
    beams: list[int],
    compute_types: list[str],
    clients: int,
    sentences_of_document: int,
    transformers_sentences: int,
    rounds: int,
    threads: int,
    tolerance: float,
    arguments: list[str],
) -> None:
    """Print a row for each load, number of beams and server as soon as it is measured.

    Each number type is compared with itself; transformers gets small loads only, and none if
    ``transformers_sentences`` is 0. ``arguments`` are those of ``trivium serve``.
    """
    rows = Rows(open_console(150), tolerance)
    with TemporaryDirectory() as directory:
        checkpoint = Path(directory) / shape
        write_checkpoint(shape, checkpoint)
        for compute_type in compute_types:
            with ExitStack() as stack:
                ours = stack.enter_context(trivium(checkpoint, compute_type, arguments))
                peers: list[Subject] = [
                    stack.enter_context(ctranslate2(checkpoint, compute_type, mode, threads))
                    for mode in ("each", "batches")
                ]
                _measure_pairs(rows, shape, [ours, *peers], beams, clients, sentences_of_document, rounds)
            if transformers_sentences and compute_type == "float32":
                with trivium(checkpoint, compute_type, arguments) as ours, transformers(checkpoint, threads) as peer:
                    number = transformers_sentences
                    _measure_pairs(rows, shape, [ours, peer], beams, number, number, rounds, arrivals=False)
    rows.warn()


def _measure_pairs(
    rows: Rows,
    shape: str,
    subjects: list[Subject],
    beams: list[int],
    clients: int,
    sentences_of_document: int,
    rounds: int,
    *,
    arrivals: bool = True,
) -> None:
    """Every load on every server, ours first. ``arrivals`` adds those at random."""
    loads: dict[str, tuple[Load, int]] = {
        "one client": (one_client, min(16, sentences_of_document)),
        f"{clients} clients": (many_clients, clients),
        f"document of {sentences_of_document}": (document, sentences_of_document),
    }
    seeds = count(1)  # no sentence comes twice: our server would not encode it again
    for subject in subjects:
        asyncio.run(one_client(subject, sentences(shape, 2), 1))
    for width in beams:
        best = 0.0  # sentences a second of the peers
        for name, (load, number) in loads.items():
            texts = [sentences(shape, number, next(seeds)) for _ in range(rounds)]
            measured = _in_turns(subjects, load, texts, width)
            best = max(best, *(number / figures.seconds for _, figures, _ in measured[1:]))
            rows.add(name, width, number, measured)
        if arrivals:
            rate = _LOAD_OF_BEST_RATE * best
            texts = [sentences(shape, sentences_of_document, next(seeds))]
            measured = _in_turns(subjects, poisson(rate), texts, width)
            rows.add(f"Poisson, {rate:.1f}/s", width, sentences_of_document, measured, "p99")


def _in_turns(
    subjects: list[Subject], load: Load, rounds: list[list[str]], beams: int
) -> list[tuple[Subject, Figures, float]]:
    """The medians of each server over ``rounds`` with their texts, and the cores that other processes kept busy."""
    found: list[list[tuple[Figures, float]]] = [[] for _ in subjects]
    for texts in rounds:
        for subject, own in zip(subjects, found, strict=True):
            with Noise(subject.server.pid) as noise:
                figures = asyncio.run(load(subject, texts, beams))
            own.append((figures, noise.cores))
    return [
        (
            subject,
            Figures(*(median(getattr(figures, field) for figures, _ in own) for field in ("seconds", "median", "p99"))),
            max(cores for _, cores in own),
        )
        for subject, own in zip(subjects, found, strict=True)
    ]
