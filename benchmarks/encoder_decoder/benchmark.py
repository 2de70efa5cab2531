"""Runs every load on every server in turn, and prints the ratios."""

import asyncio
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rich.table import Table

from benchmarks.encoder_decoder.loads import Figures, Load, document, many_clients, one_client, poisson, sentences
from benchmarks.encoder_decoder.shapes import write_checkpoint
from benchmarks.encoder_decoder.subjects import Subject, ctranslate2, trivium
from benchmarks.processes.noise import Noise
from benchmarks.report.tables import numeric_table, open_console, print_noise_warning, row_style

_LOAD_OF_BEST_RATE = 0.8


def measure(
    shape: str,
    *,
    beams: list[int],
    compute_types: list[str],
    clients: int,
    sentences_of_document: int,
    rounds: int,
    threads: int,
    tolerance: float,
    arguments: list[str],
) -> None:
    """Print a row for each load, number of beams and server. ``arguments`` are those of ``trivium serve``."""
    console = open_console(130)
    loads: dict[str, tuple[Load, int]] = {
        "one client": (one_client, 16),
        f"{clients} clients": (many_clients, clients),
        f"document of {sentences_of_document}": (document, sentences_of_document),
    }
    seeds = count(1)  # no sentence comes twice: our server would not encode it again
    table = numeric_table(
        "load", "beams", "server", "seconds", "median", "p99", "sentences/s", "others' cores", labels=3
    )
    noises = []
    with TemporaryDirectory() as directory, ExitStack() as stack:
        checkpoint = Path(directory) / shape
        write_checkpoint(shape, checkpoint)
        subjects: list[Subject] = [stack.enter_context(trivium(checkpoint, arguments))]
        subjects += [
            stack.enter_context(ctranslate2(checkpoint, compute_type, mode, threads))
            for compute_type in compute_types
            for mode in ("each", "batches")
        ]
        for subject in subjects:
            asyncio.run(one_client(subject, sentences(shape, 2), 1))
        for width in beams:
            rates: dict[str, float] = {}
            for name, (load, number) in loads.items():
                texts = [sentences(shape, number, next(seeds)) for _ in range(rounds)]
                for subject, figures, noise in _in_turns(subjects, load, texts, width):
                    rates[subject.name] = max(rates.get(subject.name, 0.0), number / figures.seconds)
                    _add(table, name, width, subject, figures, noise, number, tolerance)
                    noises.append(noise)
            rate = _LOAD_OF_BEST_RATE * max(value for name, value in rates.items() if name.startswith("CTranslate2"))
            name = f"Poisson, {rate:.1f}/s"
            texts = [sentences(shape, sentences_of_document, next(seeds))]
            for subject, figures, noise in _in_turns(subjects, poisson(rate), texts, width):
                _add(table, name, width, subject, figures, noise, sentences_of_document, tolerance)
                noises.append(noise)
    console.print(table)
    print_noise_warning(console, noises, tolerance)


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


def _add(
    table: Table, load: str, beams: int, subject: Subject, figures: Figures, noise: float, number: int, tolerance: float
) -> None:
    table.add_row(
        load,
        str(beams),
        subject.name,
        f"{figures.seconds:.2f}",
        f"{figures.median:.3f}",
        f"{figures.p99:.3f}",
        f"{number / figures.seconds:.1f}",
        f"{noise:.2f}",
        style=row_style(noise, tolerance),
    )
