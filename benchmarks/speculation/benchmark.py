"""All engines share the model and its KV cache, so only one of them computes at a time, and none keeps prefixes.

The engines live through all cases and rounds, as in a service, so what speculation has to learn is part of its time.
All must give the same tokens. The processor's time is reported beside the time on the clock, since on a shared machine
the clock also shows what other processes do.
"""

import time
from dataclasses import dataclass
from statistics import median

import msgspec
from rich.table import Table

from benchmarks.processes.noise import Noise
from benchmarks.report.files import write_results
from benchmarks.report.statistics import quiet_ones
from benchmarks.report.tables import numeric_table, open_console, print_noise_warning
from benchmarks.speculation.cases import Case
from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.tasks.text.tokenizer import Tokenizer

_WARM_UP_TOKENS = 8  # of each prompt


@dataclass(slots=True)
class Turn:
    """One case with one engine. Only steps after a load's first token count: prompts are not what is measured."""

    case: str
    streams: int
    speculation: str
    tokens: int = 0
    steps: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0
    proposed: int = 0
    accepted: int = 0
    drafted: int = 0
    noise: float = 0.0


def measure(
    config: EngineConfig, tokenizer: Tokenizer, cases: list[Case], *, tokens: int, rounds: int, tolerance: float
) -> None:
    """Print and write the results. An output has at most ``tokens`` tokens."""
    console = open_console(140)
    config = msgspec.structs.replace(config, prefix_caching=False)
    runner = ModelRunner(config)
    kinds = ["off", "ngram", "draft"] if config.speculation == "draft" else ["off", "ngram"]
    engines = {kind: Engine(runner, msgspec.structs.replace(config, speculation=kind)) for kind in kinds}
    _run(engines["off"], tokenizer, cases[0], _WARM_UP_TOKENS)  # or the first turn would pay for cold weights
    turns: list[Turn] = []
    for number in range(rounds):
        console.print(f"[dim]round {number + 1} of {rounds}[/]")
        for case in cases:
            outputs = {}
            for kind, engine in list(engines.items())[:: 1 if number % 2 else -1]:
                turn, outputs[kind] = _run(engine, tokenizer, case, tokens)
                turn.speculation = kind
                turns.append(turn)
                console.print(f"[dim]{case.name}, {case.streams} streams, {kind}: {turn.tokens / turn.seconds:.1f}[/]")
            if any(each != outputs["off"] for each in outputs.values()):
                raise AssertionError(f"the outputs of {case.name} with {case.streams} streams differ")
    console.print(_table(turns, tolerance))
    print_noise_warning(console, (turn.noise for turn in turns), tolerance)
    facts = {"model": config.model_path, "draft": config.draft_model_path, "tokens": tokens}
    facts |= {"backend": runner.info.backend}
    console.print(f"Written to {write_results('speculative', turns, **facts)}")


def _run(engine: Engine, tokenizer: Tokenizer, case: Case, tokens: int) -> tuple[Turn, dict[str, list[int]]]:
    turn = Turn(case.name, case.streams, "")
    outputs: dict[str, list[int]] = {}
    with Noise() as noise:
        for first in range(0, len(case.prompts), case.streams):
            for number, prompt in enumerate(case.prompts[first : first + case.streams], first):
                rendered = tokenizer.render_chat([{"role": "user", "content": prompt}])
                params = SamplingParams(
                    max_tokens=tokens,
                    temperature=case.temperature,
                    seed=number,
                    stop_token_ids=tokenizer.eos_token_ids,
                )
                ids = tuple(tokenizer.encode(rendered, add_special_tokens=False))
                engine.add(Request(id=f"{number}", prompt=ids, params=params))
                outputs[f"{number}"] = []
            _decode(engine, turn, outputs, case.streams)
    turn.noise = noise.cores
    return turn, outputs


def _decode(engine: Engine, turn: Turn, outputs: dict[str, list[int]], streams: int) -> None:
    """Compute to the end. A step counts if all its sequences decode."""
    while engine.has_work:
        begin, processor = time.perf_counter(), time.process_time()
        output = engine.step()
        seconds, processor = time.perf_counter() - begin, time.process_time() - processor
        sampled = [each for each in output.outputs if each.token is not None]
        for each in sampled:
            outputs[each.request_id].append(each.token or 0)
        if output.stats.num_prefill_tokens == 0:
            turn.steps += 1
            turn.tokens += len(sampled)
            turn.seconds += seconds
            turn.processor_seconds += processor
            turn.proposed += output.stats.num_proposed_tokens
            turn.accepted += output.stats.num_accepted_tokens
            turn.drafted += output.stats.num_drafted_tokens


def _table(turns: list[Turn], tolerance: float) -> Table:
    """One row for each case and kind: medians over its quiet rounds, and of the ratios within a round."""
    table = numeric_table(
        "case", "guesses", "streams", "off, tokens/s", "on, tokens/s", "ratio", "by processor", "least", "proposed",
        "accepted", "drafted", labels=2,
    )  # fmt: skip
    for name, streams, kind in dict.fromkeys((turn.case, turn.streams, turn.speculation) for turn in turns):
        if kind == "off":
            continue
        off, on = (
            [turn for turn in turns if (turn.case, turn.streams, turn.speculation) == (name, streams, each)]
            for each in ("off", kind)
        )
        pairs = [Pair(*pair) for pair in zip(off, on, strict=True)]
        quiet = quiet_ones(pairs, tolerance)
        proposed, accepted = sum(turn.proposed for turn in on), sum(turn.accepted for turn in on)
        table.add_row(
            name,
            kind,
            str(streams),
            f"{median(pair.off.tokens / pair.off.seconds for pair in quiet):.1f}",
            f"{median(pair.on.tokens / pair.on.seconds for pair in quiet):.1f}",
            f"{median(pair.ratio for pair in quiet):.2f}",
            f"{median(pair.processor_ratio for pair in pairs):.2f}",
            f"{min(pair.processor_ratio for pair in pairs):.2f}",
            f"{proposed / sum(turn.tokens for turn in on):.0%}",
            f"{accepted / proposed:.0%}" if proposed else "-",
            f"{sum(turn.drafted for turn in on) / sum(turn.tokens for turn in on):.0%}",
        )
    return table


@dataclass(frozen=True, slots=True)
class Pair:
    """A turn without guesses and one with some, of the same round."""

    off: Turn
    on: Turn

    @property
    def noise(self) -> float:
        return max(self.off.noise, self.on.noise)

    @property
    def ratio(self) -> float:
        """How many times as fast guesses make the same tokens, by the clock."""
        return self.off.seconds / self.on.seconds

    @property
    def processor_ratio(self) -> float:
        """The same by the processor's time."""
        return self.off.processor_seconds / self.on.processor_seconds
