"""The engine in this process beside transformers' own ``generate``, one request at a time.

Both get the same prompts, number type, threads and output length, greedy, without a stop token, and take turns within
each round: what the machine does to the one it does to the other. ``Noise`` tells which turns to throw away.
"""

import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import torch
import transformers
from rich.console import Console
from rich.table import Table
from transformers import AutoModelForCausalLM, GenerationConfig

from benchmarks.processes.noise import Noise
from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams

THEIRS = 0  # the number of streams that stands for transformers' generate
Prompts = list[tuple[int, ...]]
_WARM_UP = 8  # tokens that each generates once before it counts


@dataclass(slots=True)
class Turn:
    """One measurement."""

    streams: int
    outputs: list[list[int]]
    seconds: float = 0.0
    noise: float = 0.0  # cores that others kept busy
    first: list[float] = field(default_factory=list)  # seconds to each stream's first token
    gaps: list[float] = field(default_factory=list)  # seconds between the tokens of a stream

    @property
    def tokens_per_second(self) -> float:
        return sum(map(len, self.outputs)) / self.seconds


class Comparison:
    """Both contestants, loaded."""

    def __init__(self, config: EngineConfig) -> None:
        self.runner = ModelRunner(config)
        self.engine = Engine(self.runner, config)
        self.info = self.runner.info
        self.model: Any = AutoModelForCausalLM.from_pretrained(
            config.model_path, dtype=getattr(torch, self.info.dtype), local_files_only=True
        )
        self.model.to(self.info.device).eval()
        self.model.generation_config = GenerationConfig(do_sample=False, pad_token_id=0)
        self._count = 0

    def prompts(self, count: int, length: int, seed: int) -> Prompts:
        generator = random.Random(seed)
        return [tuple(generator.choices(range(self.info.vocab_size), k=length)) for _ in range(count)]

    def ours(self, prompts: Prompts, output_tokens: int) -> Turn:
        """All prompts at once, none of them known to the prefix cache."""
        self._count += 1
        params = SamplingParams(max_tokens=output_tokens, temperature=0.0)
        salt = f"{self._count}"
        requests = [
            Request(id=f"{number}", prompt=prompt, params=params, cache_salt=salt)
            for number, prompt in enumerate(prompts)
        ]
        outputs: dict[str, list[int]] = {request.id: [] for request in requests}
        last: dict[str, float] = {}
        turn = Turn(len(prompts), list(outputs.values()))
        with Noise() as noise:
            begin = time.perf_counter()
            for request in requests:
                self.engine.add(request)
            while self.engine.has_work:
                news = self.engine.step().outputs
                now = time.perf_counter()
                for output in news:
                    if output.token is None:
                        raise RuntimeError(f"the engine gave no token: {output.error or output.finish}")
                    outputs[output.request_id].append(output.token)
                    if output.request_id in last:
                        turn.gaps.append(now - last[output.request_id])
                    else:
                        turn.first.append(now - begin)
                    last[output.request_id] = now
        turn.seconds, turn.noise = noise.seconds, noise.cores
        return turn

    @torch.inference_mode()
    def theirs(self, prompts: Prompts, output_tokens: int) -> Turn:
        """One prompt after the other."""
        turn = Turn(THEIRS, [])
        with Noise() as noise:
            for prompt in prompts:
                ids = torch.tensor([prompt], device=self.info.device)
                output = self.model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=output_tokens)
                turn.outputs.append(output[0, len(prompt) :].tolist())
        turn.seconds, turn.noise = noise.seconds, noise.cores
        return turn


def measure(
    config: EngineConfig, *, streams: list[int], prompt_tokens: int, output_tokens: int, rounds: int, tolerance: float
) -> None:
    """Measure and print. ``tolerance``: how many cores others may keep busy during a turn that counts."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    transformers.logging.disable_progress_bar()
    with console.status(f"loading {config.model_path}"):
        contest = Comparison(config)
    turns: dict[int, list[Turn]] = defaultdict(list)
    with console.status("warming up") as status:
        for number in range(rounds + 1):
            prompts = contest.prompts(max(streams), prompt_tokens, seed=number)
            length = output_tokens if number else min(output_tokens, _WARM_UP)
            for turn in (contest.theirs(prompts[:1], length), *(contest.ours(prompts[:n], length) for n in streams)):
                if number:
                    turns[turn.streams].append(turn)
            status.update(f"round {number + 1} of {rounds}")
    info = contest.info
    console.print(
        f"{info.architecture} {info.dtype} on {info.device}, {torch.get_num_threads()} threads; "
        f"{prompt_tokens} tokens in, {output_tokens} out, greedy; median of {rounds} rounds"
    )
    console.print(_table(turns, tolerance))
    same = sum(_common(ours.outputs[0], theirs.outputs[0]) for ours, theirs in _pairs(turns, min(streams)))
    console.print(f"Tokens in common with transformers before the first difference: {same / rounds:.0f} a prompt.")
    if any(turn.noise > tolerance for some in turns.values() for turn in some):
        console.print(
            f"[yellow]The machine was not quiet: a turn counts where others kept less than {tolerance:.2f} cores busy."
            " Rows in yellow had no such turn, so all of theirs count: do not trust them.[/]"
        )


def _table(turns: dict[int, list[Turn]], tolerance: float) -> Table:
    table = Table("", "tokens/s", "range", "ratio", "TTFT ms", "ITL p50 ms", "p99 ms", "turns", "others' cores")
    for column in table.columns[1:]:
        column.justify = "right"
    baseline = median(turn.tokens_per_second for turn in _quiet(turns[THEIRS], tolerance))
    for streams, all_turns in turns.items():
        quiet = _quiet(all_turns, tolerance)
        rates = [turn.tokens_per_second for turn in quiet]
        first = [seconds for turn in quiet for seconds in turn.first]
        gaps = sorted(gap for turn in quiet for gap in turn.gaps)
        table.add_row(
            f"Trivium, {streams} at once" if streams else "transformers' generate",
            f"{median(rates):.1f}",
            f"{min(rates):.1f} - {max(rates):.1f}",
            f"{median(rates) / baseline:.2f}",
            _ms(median(first)) if first else "",
            _ms(gaps[len(gaps) // 2]) if gaps else "",
            _ms(gaps[len(gaps) * 99 // 100]) if gaps else "",
            f"{len(quiet)} of {len(all_turns)}",
            " ".join(f"{turn.noise:.2f}" for turn in all_turns),
            style="yellow" if all(turn.noise > tolerance for turn in all_turns) else None,
        )
    return table


def _quiet(turns: list[Turn], tolerance: float) -> list[Turn]:
    """The turns that count: all of them if there is no quiet one."""
    return [turn for turn in turns if turn.noise <= tolerance] or turns


def _pairs(turns: dict[int, list[Turn]], streams: int) -> Iterable[tuple[Turn, Turn]]:
    return zip(turns[streams], turns[THEIRS], strict=True)


def _common(ours: list[int], theirs: list[int]) -> int:
    """The length of the longest beginning that two outputs share."""
    same = [a == b for a, b in zip(ours, theirs, strict=True)]
    return same.index(False) if False in same else len(same)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"
