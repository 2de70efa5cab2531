"""The engine with a real model in this process, and the time of its steps by parts.

The time of a step does not depend on the numbers in the cache, so contexts are not computed: the cache is filled with
noise once. The steps that would compute a context are scheduled and committed with made-up tokens.
"""

import itertools
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import torch
from torch import nn

from benchmarks.engine.clock import PartClock
from benchmarks.processes.noise import Noise
from service.engine.attention.batch import Batch
from service.engine.attention.paged import PagedAttention
from service.engine.engine import Engine
from service.engine.execution import runner as execution
from service.engine.execution.runner import ModelRunner
from service.engine.loaded_adapters import WithoutAdapters
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.step import ChunkOutput, Step
from service.models.hf.causal_lm import CausalLM
from service.models.native.decoder import NativeDecoder
from service.models.native.structures import PARTS as NATIVE_PARTS
from service.processes.messages import encode

REST = "rest of the model"
PARTS = ("schedule", "batch", *NATIVE_PARTS, REST, "finite", "head", "sampling", "commit", "messages", "other")
# Parts of the modules of transformers, by the end of their class name.
_MODULE_PARTS = {
    "RotaryEmbedding": "positions",
    "Embedding": "embedding",
    "Norm": "norms",
    "Linear": "linears",
    "Conv1D": "linears",
}


@dataclass(slots=True)
class StepRound:
    """A few equal steps. All figures are sums over these steps."""

    kind: str  # decode or prefill
    batch: int  # sequences
    context: int  # tokens of each sequence before the first step
    steps: int = 0
    rows: int = 0
    sampled: int = 0  # rows for which the head is computed
    read: int = 0  # tokens whose keys and values attention reads
    seen: int = 0  # pairs of a row and a token that it attends to
    seconds: float = 0.0
    noise: float = 0.0  # cores that other processes kept busy
    parts: dict[str, float] = field(default_factory=dict)  # seconds; their sum is ``seconds``


class TimedEngine(WithoutAdapters):
    """An engine whose parts are timed. This object is the engine's runner, so that it can skip a step's computation."""

    def __init__(self, config: EngineConfig) -> None:
        self.runner = ModelRunner(config)
        self.info = self.runner.info
        self._engine = Engine(self, config)
        self._scheduler: Any = self._engine._scheduler
        self._clock = PartClock()
        self._round: StepRound | None = None  # the round that is measured; None: steps are not computed
        self._request_numbers = itertools.count()
        for layer in self.runner.cache.layers:
            for tensor in (layer.key, layer.value):
                if tensor.dtype == torch.int8:
                    tensor.fill_(60)  # as a scale: 0.0115
                else:
                    tensor.copy_(torch.randn(tensor.shape[1:]))
        model = self.runner.model
        self._kernel_times = model.measure_parts() if isinstance(model, NativeDecoder) else None  # nanoseconds

    def measure_decode(self, batch: int, context: int, steps: int, rounds: int) -> list[StepRound]:
        """Rounds of ``steps`` steps in which ``batch`` sequences decode."""
        ids = [self._add_request(context, max_tokens=steps * (rounds + 1) + 2) for _ in range(batch)]
        self._skip_prefill(context)
        measured = [self._measure(StepRound("decode", batch, context), steps) for _ in range(rounds + 1)]
        self._abort(ids)
        return measured[1:]  # the first round is a warm-up

    def measure_prefill(self, context: int, tokens: int, rounds: int) -> list[StepRound]:
        """Rounds of one step: a chunk of ``tokens`` prompt tokens after a context."""
        measured = []
        for _ in range(rounds + 1):
            ids = [self._add_request(context + tokens, max_tokens=2)]
            self._skip_prefill(context)
            with patch.multiple(self._scheduler, prefill_chunk=tokens, max_batch_tokens=tokens):
                measured.append(self._measure(StepRound("prefill", 1, context), 1))
            self._abort(ids)
        return measured[1:]

    def run(self, step: Step) -> list[ChunkOutput]:
        """Compute the step for the engine if it belongs to a round; else return a made-up token for each sample."""
        if self._round is None:
            return [ChunkOutput(token=1 if chunk.samples else None) for chunk in step.chunks]
        for chunk in step.chunks:
            end = chunk.start + chunk.num_tokens
            self._round.rows += chunk.num_tokens
            self._round.sampled += chunk.samples
            self._round.read += end
            self._round.seen += sum(range(chunk.start + 1, end + 1))
        return self.runner.run(step)

    def _measure(self, step_round: StepRound, steps: int) -> StepRound:
        self._round = step_round
        self._clock.nanoseconds.clear()
        if self._kernel_times is not None:
            self._kernel_times.fill(0)
        with self._timed_parts(), Noise() as noise:
            for _ in range(steps):
                self._run_step()
        self._round = None
        spent = dict(self._clock.nanoseconds)
        step_round.steps, step_round.noise, step_round.seconds = steps, noise.cores, sum(spent.values()) / 1e9
        if self._kernel_times is not None:
            inside = dict(zip(NATIVE_PARTS, self._kernel_times.tolist(), strict=True))
            spent = {**spent, **inside, REST: spent[REST] - sum(inside.values())}
        step_round.parts = {part: spent.get(part, 0) / 1e9 for part in PARTS}
        return step_round

    def _run_step(self) -> None:
        self._clock.begin("other")
        output = self._engine.step()
        self._clock.timed("messages", encode)(output)
        self._clock.end()

    def _skip_prefill(self, tokens: int) -> None:
        """Commit ``tokens`` prompt tokens of every sequence as computed, without computing them."""
        with patch.multiple(self._scheduler, prefill_chunk=tokens, max_batch_tokens=1 << 30):
            self._engine.step()

    @contextmanager
    def _timed_parts(self) -> Iterator[None]:
        """The clock around the functions of each part, until the block ends."""
        runner = self.runner
        parts: list[tuple[str, Any, str]] = [
            ("schedule", self._scheduler, "schedule"),
            ("commit", self._scheduler, "commit"),
            ("batch", Batch, "from_step"),
            (REST, runner.forward_pass, "hidden"),
            ("finite", execution, "discard_broken"),
            ("head", runner.model, "logits"),
            ("sampling", runner.sampler, "sample"),
        ]
        if isinstance(runner.model, CausalLM):
            parts.append(("attention", PagedAttention, "__call__"))
            modules = runner.model.module.get_decoder().modules()  # type: ignore[operator]
            parts += [(part, module, "forward") for module in modules if (part := part_of_module(module))]
        with ExitStack() as stack:
            for part, owner, name in parts:
                stack.enter_context(patch.object(owner, name, self._clock.timed(part, getattr(owner, name))))
            yield

    def _add_request(self, prompt_tokens: int, max_tokens: int) -> str:
        number = next(self._request_numbers)
        prompt = random.Random(number).choices(range(self.info.vocab_size), k=prompt_tokens)
        params = SamplingParams(max_tokens=max_tokens, temperature=0.0)
        self._engine.add(Request(id=f"{number}", prompt=tuple(prompt), params=params, cache_salt=f"{number}"))
        return f"{number}"

    def _abort(self, request_ids: list[str]) -> None:
        for request_id in request_ids:
            self._engine.abort(request_id)


def part_of_module(module: nn.Module) -> str:
    """The part that a module of transformers belongs to; empty for a module of other modules, or for any other kind."""
    name = type(module).__name__
    return next((part for ending, part in _MODULE_PARTS.items() if name.endswith(ending)), "")
