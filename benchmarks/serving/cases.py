"""Cases: named loads. A case makes new requests for each round, so that the prefix cache knows none of them."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOKENS = range(1000, 20000)  # ids that almost every vocabulary has, apart from the special ones


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """A request of a load."""

    prompt: list[int] | str
    output_tokens: int
    delay: float = 0.0  # seconds after the start of the round
    model: str = ""  # empty: the model of the target
    fields: dict[str, Any] = field(default_factory=dict)  # further fields of the body


Case = Callable[[random.Random], list[LoadRequest]]


def streams(count: int, tokens_in: int, tokens_out: int, shared: int = 0) -> Case:
    """``count`` requests at once. Their prompts begin with the same ``shared`` tokens, which are new in each round."""

    def make_requests(generator: random.Random) -> list[LoadRequest]:
        prefix = generator.choices(TOKENS, k=shared)
        return [LoadRequest(prefix + generator.choices(TOKENS, k=tokens_in), tokens_out) for _ in range(count)]

    return make_requests


def poisson(mix: Path, rate: float, count: int) -> Case:
    """``count`` prompts of a JSON Lines file at random times, ``rate`` per second on average."""
    lines = [json.loads(line) for line in mix.read_text(encoding="utf-8").splitlines()]

    def make_requests(generator: random.Random) -> list[LoadRequest]:
        delay, requests = 0.0, []
        for line in generator.sample(lines, k=min(count, len(lines))):
            output_tokens = max(2, min(128, int(line["ref_tokens_qwen"])))
            requests.append(LoadRequest(prompt_of_line(line), output_tokens, delay))
            delay += generator.expovariate(rate)
        return requests

    return make_requests


def prompt_of_line(line: dict[str, str]) -> str:
    """The prompt for one line of a mix."""
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


def select_cases(names: str, known: dict[str, Case]) -> dict[str, Case]:
    """The cases in ``names``, which are separated by commas, or all of ``known`` if ``names`` is empty.

    ``streams-N`` exists for every N. Raises ValueError for any other name.
    """
    selected = {}
    for name in [name for name in names.split(",") if name] or known:
        if match := re.fullmatch(r"streams-([1-9]\d*)", name):
            selected[name] = streams(int(match[1]), 128, 128)
        elif name in known:
            selected[name] = known[name]
        else:
            raise ValueError(f"unknown: {name}; known are {', '.join(known)} and streams-N")
    return selected
