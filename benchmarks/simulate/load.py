"""A load: when requests arrive, and what their prompts share. It has no text.

A prompt is a row of pieces. A piece has a name and a number of tokens, and two prompts share the tokens of the pieces
with which both begin. The output of a request is a piece too, because the next turn of a conversation has it in its
prompt. On the disk a load is a JSON Lines file, one request a line:

    {"time": 1.25, "prompt": [["system-3", 512], ["user-17-0", 40]], "output": ["answer-17-0", 96]}
"""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from benchmarks.serving.cases import TOKENS


class Piece(NamedTuple):
    """Tokens of a prompt or an output."""

    name: str
    tokens: int

    def ids(self) -> tuple[int, ...]:
        """The token ids, random by the name. A shorter piece of the same name is the beginning of a longer one."""
        return _ids(self.name, self.tokens)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request: seconds since the begin of the load, its prompt, and its output."""

    time: float
    prompt: tuple[Piece, ...]
    output: Piece

    @property
    def prompt_tokens(self) -> int:
        """The tokens of the prompt."""
        return sum(piece.tokens for piece in self.prompt)

    @property
    def size(self) -> int:
        """The tokens of prompt and output."""
        return self.prompt_tokens + self.output.tokens

    def prompt_ids(self) -> tuple[int, ...]:
        """The token ids of the prompt."""
        return tuple(id for piece in self.prompt for id in piece.ids())


def write_load(path: Path, arrivals: Iterable[Arrival]) -> None:
    """Write a load."""
    with path.open("w", encoding="utf-8") as file:
        for each in arrivals:
            file.write(json.dumps({"time": round(each.time, 6), "prompt": each.prompt, "output": each.output}) + "\n")


def read_load(path: Path) -> list[Arrival]:
    """Read a load, in the order of time. Raises OSError, and ValueError for a line that is none."""
    arrivals = [_read(number, line) for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)]
    return sorted(arrivals, key=lambda each: each.time)


def sizes(arrivals: Sequence[Arrival]) -> str:
    """The load in words."""
    prompt, output = (sum(each) for each in ([a.prompt_tokens for a in arrivals], [a.output.tokens for a in arrivals]))
    count, seconds = len(arrivals), arrivals[-1].time
    return (
        f"{count:,} requests in {seconds:,.0f} s, on average {prompt / count:.0f} tokens in, {output / count:.0f} out"
    )


def _read(number: int, line: str) -> Arrival:
    try:
        fields = json.loads(line)
        prompt = tuple(Piece(str(name), int(tokens)) for name, tokens in fields["prompt"])
        name, tokens = fields["output"]
        arrival = Arrival(float(fields["time"]), prompt, Piece(str(name), int(tokens)))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"line {number} is no request: {error!r}") from None
    if arrival.time < 0 or min(piece.tokens for piece in (*prompt, arrival.output)) < 0 or not arrival.prompt_tokens:
        raise ValueError(f"line {number} has a negative number or no prompt")
    if not arrival.output.tokens:
        raise ValueError(f"line {number} has no output")
    return arrival


@lru_cache(maxsize=1 << 14)
def _ids(name: str, tokens: int) -> tuple[int, ...]:
    return tuple(random.Random(name).choices(TOKENS, k=tokens))
