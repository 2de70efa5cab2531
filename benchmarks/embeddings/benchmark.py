"""Measures all subjects in turns, with the same texts, and prints the table."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from statistics import median

from rich.console import Console

from benchmarks.embeddings.loads import Load, Send, run
from benchmarks.embeddings.texts import make_texts
from benchmarks.processes.noise import Noise
from benchmarks.report.files import write_results
from benchmarks.report.statistics import quiet_ones
from benchmarks.report.tables import numeric_table, open_console, print_noise_warning, row_style

# Starts the subject, and yields what sends texts to it.
Subject = Callable[[], AbstractAsyncContextManager[Send, bool | None]]


@dataclass(frozen=True, slots=True)
class Turn:
    """One load on one subject."""

    subject: str
    load: str
    seconds: float
    texts: int
    noise: float


async def measure(
    subjects: Mapping[str, Subject], loads: list[Load], *, rounds: int, tolerance: float, seed: int, server: int | None
) -> list[Turn]:
    """Measure every load on every subject, in turns; print the table and write the results.

    A ratio is to the last subject. ``server`` is the process of the first subject's server, which is no noise.
    """
    console = open_console(110)
    turns: list[Turn] = []
    for number in range(rounds):
        for load in loads:
            texts = make_texts(load.num_texts, seed + number)
            for name, subject in subjects.items():
                console.print(f"[dim]round {number + 1}: {load.name}: {name}[/]")
                async with subject() as send:
                    await asyncio.gather(*(send(texts[: load.texts]) for _ in range(min(load.clients, 4))))  # warm up
                    with Noise(server) as noise:
                        seconds = await run(load, texts, send)
                turns.append(Turn(name, load.name, seconds, load.num_texts, noise.cores))
    _print(console, turns, [*subjects], tolerance)
    console.print(f"results: {write_results('embeddings', turns, rounds=rounds, seed=seed)}")
    return turns


def _print(console: Console, turns: list[Turn], subjects: list[str], tolerance: float) -> None:
    table = numeric_table("load", "", "texts/s", "ratio", "others' cores", labels=2)
    noises = []
    for load in dict.fromkeys(turn.load for turn in turns):
        speeds = {}
        for name in reversed(subjects):
            counted = quiet_ones([each for each in turns if (each.load, each.subject) == (load, name)], tolerance)
            speeds[name] = median(each.texts / each.seconds for each in counted), median(each.noise for each in counted)
        for name in subjects:
            speed, noise = speeds[name]
            noises.append(noise)
            ratio = speed / speeds[subjects[-1]][0]
            style = row_style(noise, tolerance)
            table.add_row(load, name, f"{speed:.1f}", f"{ratio:.2f}", f"{noise:.2f}", style=style)
    console.print(table)
    print_noise_warning(console, noises, tolerance)
