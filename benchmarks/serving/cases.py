"""What the clients ask for: named loads, each made anew for every round so that no prompt was seen before."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TOKENS = range(1000, 20000)  # ids that about every vocabulary has, clear of the special ones


@dataclass(frozen=True, slots=True)
class Job:
    """One request."""

    prompt: list[int] | str
    output_tokens: int
    at: float = 0.0  # seconds after the begin of the round


Case = Callable[[random.Random], list[Job]]


def streams(count: int, tokens_in: int, tokens_out: int, shared: int = 0) -> Case:
    """``count`` requests at once. They begin with the same ``shared`` tokens, which are new in each round."""

    def jobs(generator: random.Random) -> list[Job]:
        prefix = generator.choices(TOKENS, k=shared)
        return [Job(prefix + generator.choices(TOKENS, k=tokens_in), tokens_out) for _ in range(count)]

    return jobs


def poisson(mix: Path, rate: float, count: int) -> Case:
    """``count`` prompts of a JSON Lines file at random times, ``rate`` a second on average."""
    lines = [json.loads(line) for line in mix.read_text(encoding="utf-8").splitlines()]

    def jobs(generator: random.Random) -> list[Job]:
        now, made = 0.0, []
        for line in generator.sample(lines, k=min(count, len(lines))):
            made.append(Job(text_of(line), max(2, min(128, int(line["ref_tokens_qwen"]))), now))
            now += generator.expovariate(rate)
        return made

    return jobs


def text_of(line: dict[str, str]) -> str:
    """The prompt of a line of the mix."""
    match line["task"]:
        case "translate":
            return f"Translate from {line['src']} to {line['tgt']}:\n{line['text']}\n"
        case "qa":
            return f"{line['context']}\n\n{line['question']}\n"
        case _:
            return line["prompt"]


CASES: dict[str, Case] = {
    "one": streams(1, 128, 128),
    "sixteen": streams(16, 128, 128),
    "sixty-four": streams(64, 128, 128),
    "shared": streams(16, 32, 32, shared=1024),
    "long": streams(4, 1500, 16),
}


def chosen(names: str, known: dict[str, Case]) -> dict[str, Case]:
    """The named ones of ``known`` or all, and ``streams-N`` for any N. Raises ValueError for any other name."""
    made = {}
    for name in [name for name in names.split(",") if name] or known:
        if sweep := re.fullmatch(r"streams-([1-9]\d*)", name):
            made[name] = streams(int(sweep[1]), 128, 128)
        elif name in known:
            made[name] = known[name]
        else:
            raise ValueError(f"unknown: {name}; known are {', '.join(known)} and streams-N")
    return made
