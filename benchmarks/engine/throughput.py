"""The engine in this process beside transformers' own ``generate``, one request at a time.

Both get the same prompts, number type, threads and output length; both are greedy and have no stop token. They take
turns within each round, so that a disturbance of the machine meets both.
"""

import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import torch
import transformers
from rich.table import Table
from transformers import GenerationConfig

from benchmarks.processes.noise import Noise
from benchmarks.report.statistics import common_prefix_length, quiet_ones
from benchmarks.report.tables import numeric_table, open_console, row_style
from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.models.hf.checkpoint import load_language_model

THEIRS = 0  # the number of streams that stands for transformers' generate
Prompts = list[tuple[int, ...]]
_WARM_UP_TOKENS = 8  # the most tokens of each output in the round that does not count


@dataclass(slots=True)
class Turn:
    """One measurement of one of the two."""

    streams: int
    outputs: list[list[int]]
    seconds: float = 0.0
    noise: float = 0.0  # cores that other processes kept busy
    first: list[float] = field(default_factory=list)  # seconds to each stream's first token
    gaps: list[float] = field(default_factory=list)  # seconds between the tokens of a stream

    @property
    def tokens_per_second(self) -> float:
        return sum(map(len, self.outputs)) / self.seconds


class EngineAndGenerate:
    """Our engine and transformers' model, both loaded."""

    def __init__(self, config: EngineConfig) -> None:
        self.runner = ModelRunner(config)
        self.engine = Engine(self.runner, config)
        self.info = self.runner.info
        self.model: Any = load_language_model(config.model_path, getattr(torch, self.info.dtype))
        self.model.to(self.info.device)
        self.model.generation_config = GenerationConfig(do_sample=False, pad_token_id=0)
        self._num_turns = 0

    def make_prompts(self, count: int, length: int, seed: int) -> Prompts:
        """Random prompts of ``length`` tokens."""
        generator = random.Random(seed)
        return [tuple(generator.choices(range(self.info.vocab_size), k=length)) for _ in range(count)]

    def run_engine(self, prompts: Prompts, output_tokens: int) -> Turn:
        """Our turn: all prompts at once, none of them in the prefix cache."""
        self._num_turns += 1
        params = SamplingParams(max_tokens=output_tokens, temperature=0.0)
        salt = f"{self._num_turns}"
        requests = [
            Request(id=f"{number}", prompt=prompt, params=params, cache_salt=salt)
            for number, prompt in enumerate(prompts)
        ]
        outputs: dict[str, list[int]] = {request.id: [] for request in requests}
        last: dict[str, float] = {}
        turn = Turn(len(prompts), list(outputs.values()))
        with Noise() as noise:
            start = time.perf_counter()
            for request in requests:
                self.engine.add(request)
            while self.engine.has_work:
                step_outputs = self.engine.step().outputs
                now = time.perf_counter()
                for output in step_outputs:
                    if output.token is None:
                        raise RuntimeError(f"the engine gave no token: {output.error or output.finish}")
                    outputs[output.request_id].append(output.token)
                    if output.request_id in last:
                        turn.gaps.append(now - last[output.request_id])
                    else:
                        turn.first.append(now - start)
                    last[output.request_id] = now
        turn.seconds, turn.noise = noise.seconds, noise.cores
        return turn

    @torch.inference_mode()
    def run_generate(self, prompts: Prompts, output_tokens: int) -> Turn:
        """The turn of transformers: one prompt after another."""
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
    """Measure and print. ``tolerance``: cores that other processes may keep busy during a turn that counts."""
    console = open_console(120)
    transformers.logging.disable_progress_bar()
    with console.status(f"loading {config.model_path}"):
        pair = EngineAndGenerate(config)
    turns: dict[int, list[Turn]] = defaultdict(list)
    with console.status("warming up") as status:
        for number in range(rounds + 1):
            prompts = pair.make_prompts(max(streams), prompt_tokens, seed=number)
            length = output_tokens if number else min(output_tokens, _WARM_UP_TOKENS)
            theirs = pair.run_generate(prompts[:1], length)
            for turn in (theirs, *(pair.run_engine(prompts[:count], length) for count in streams)):
                if number:
                    turns[turn.streams].append(turn)
            status.update(f"round {number + 1} of {rounds}")
    info = pair.info
    console.print(
        f"{info.architecture} {info.dtype} on {info.device}, {torch.get_num_threads()} threads; "
        f"{prompt_tokens} tokens in, {output_tokens} out, greedy; median of {rounds} rounds"
    )
    console.print(_make_table(turns, tolerance))
    same = sum(
        common_prefix_length(ours.outputs[0], theirs.outputs[0])
        for ours, theirs in zip(turns[min(streams)], turns[THEIRS], strict=True)
    )
    console.print(f"Tokens in common with transformers before the first difference: {same / rounds:.0f} per prompt.")
    if any(turn.noise > tolerance for same_streams in turns.values() for turn in same_streams):
        console.print(
            "[yellow]The machine was not quiet: a turn counts if other processes kept less than "
            f"{tolerance:.2f} cores busy. Rows in yellow have no such turn, so all of theirs count.[/]"
        )


def _make_table(turns: dict[int, list[Turn]], tolerance: float) -> Table:
    table = numeric_table("", "tokens/s", "range", "ratio", "TTFT ms", "ITL p50 ms", "p99 ms", "turns", "others' cores")
    baseline = median(turn.tokens_per_second for turn in quiet_ones(turns[THEIRS], tolerance))
    for streams, all_turns in turns.items():
        quiet = quiet_ones(all_turns, tolerance)
        rates = [turn.tokens_per_second for turn in quiet]
        first = [seconds for turn in quiet for seconds in turn.first]
        gaps = sorted(gap for turn in quiet for gap in turn.gaps)
        table.add_row(
            f"Trivium, {streams} at once" if streams else "transformers' generate",
            f"{median(rates):.1f}",
            f"{min(rates):.1f} - {max(rates):.1f}",
            f"{median(rates) / baseline:.2f}",
            _milliseconds(median(first)) if first else "",
            _milliseconds(gaps[len(gaps) // 2]) if gaps else "",
            _milliseconds(gaps[len(gaps) * 99 // 100]) if gaps else "",
            f"{len(quiet)} of {len(all_turns)}",
            " ".join(f"{turn.noise:.2f}" for turn in all_turns),
            style=row_style(min(turn.noise for turn in all_turns), tolerance),
        )
    return table


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"
