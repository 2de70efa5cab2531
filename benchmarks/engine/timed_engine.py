"""The engine with a real model in this process, and the time of its steps by part.

The cost of a step does not depend on the numbers in the KV cache. So contexts are not computed: the cache is filled
with random numbers once, and the steps that would fill it are scheduled and committed with invented tokens.
"""

import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import torch
from torch import nn

from benchmarks.processes.noise import Noise
from service.engine.attention.batch import Batch
from service.engine.attention.paged import PagedAttention
from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
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


@dataclass(slots=True)
class Round:
    """Some equal steps. All counts are of these steps together."""

    kind: str  # decode or prefill
    batch: int
    context: int  # of each sequence, at the first step
    steps: int = 0
    rows: int = 0
    sampled: int = 0  # rows that the head is computed for
    read: int = 0  # tokens whose keys and values attention needs
    seen: int = 0  # pairs of a row and a token that it sees
    seconds: float = 0.0
    noise: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)  # seconds; their sum is ``seconds``


class Clock:
    """Time by part. A part does not include the time of the parts that run inside it."""

    def __init__(self) -> None:
        self.nanoseconds: Counter[str] = Counter()
        self._open: list[tuple[str, int]] = []
        self._inner = [0]

    def begin(self, part: str) -> None:
        """Start a part, inside of the part that is running."""
        self._inner.append(0)
        self._open.append((part, time.perf_counter_ns()))

    def end(self) -> None:
        """End the part that started last."""
        part, began = self._open.pop()
        spent = time.perf_counter_ns() - began
        self.nanoseconds[part] += spent - self._inner.pop()
        self._inner[-1] += spent

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function`` with its calls timed as ``part``."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            self.begin(part)
            try:
                return function(*args, **kwargs)
            finally:
                self.end()

        return timed


class ClockedEngine:
    """An engine whose parts are timed. It is also the engine's runner, which computes only the measured steps."""

    def __init__(self, config: EngineConfig) -> None:
        self.runner = ModelRunner(config)
        self.info = self.runner.info
        self._engine = Engine(self, config)
        self.scheduler: Any = self._engine._scheduler
        self._clock = Clock()
        self._round: Round | None = None
        self._numbers = itertools.count()
        for layer in self.runner.cache.layers:
            for tensor in (layer.key, layer.value):
                tensor.copy_(torch.randn(tensor.shape[1:]))
        model = self.runner.model
        self._times = model.measure_parts() if isinstance(model, NativeDecoder) else None

    def decode(self, batch: int, context: int, steps: int, rounds: int) -> list[Round]:
        """``rounds`` rounds of ``steps`` steps, in which ``batch`` sequences of ``context`` tokens decode."""
        names = [self._add(context, max_tokens=steps * (rounds + 1) + 2) for _ in range(batch)]
        self._skip(context)
        found = [self._measure(Round("decode", batch, context), steps) for _ in range(rounds + 1)]
        self._drop(names)
        return found[1:]  # the first round was the warm-up

    def prefill(self, context: int, tokens: int, rounds: int) -> list[Round]:
        """``rounds`` rounds of one step: a chunk of ``tokens`` tokens after ``context`` others."""
        found = []
        for _ in range(rounds + 1):
            names = [self._add(context + tokens, max_tokens=2)]
            self._skip(context)
            with patch.multiple(self.scheduler, prefill_chunk=tokens, max_batch_tokens=tokens):
                found.append(self._measure(Round("prefill", 1, context), 1))
            self._drop(names)
        return found[1:]

    def run(self, step: Step) -> list[ChunkOutput]:
        """Compute the step if it is measured. Else return invented tokens."""
        if self._round is None:
            return [ChunkOutput(token=1 if chunk.samples else None) for chunk in step.chunks]
        for chunk in step.chunks:
            end = chunk.start + chunk.num_tokens
            self._round.rows += chunk.num_tokens
            self._round.sampled += chunk.samples
            self._round.read += end
            self._round.seen += sum(range(chunk.start + 1, end + 1))
        return self.runner.run(step)

    def _measure(self, made: Round, steps: int) -> Round:
        self._round = made
        self._clock.nanoseconds.clear()
        if self._times is not None:
            self._times.fill(0)
        with self._timing(), Noise() as noise:
            for _ in range(steps):
                self._step()
        self._round = None
        spent = dict(self._clock.nanoseconds)
        made.steps, made.noise, made.seconds = steps, noise.cores, sum(spent.values()) / 1e9
        if self._times is not None:
            inside = dict(zip(NATIVE_PARTS, self._times.tolist(), strict=True))
            spent = {**spent, **inside, REST: spent[REST] - sum(inside.values())}
        made.parts = {part: spent.get(part, 0) / 1e9 for part in PARTS}
        return made

    def _step(self) -> None:
        self._clock.begin("other")
        output = self._engine.step()
        self._clock.timed("messages", encode)(output)
        self._clock.end()

    def _skip(self, tokens: int) -> None:
        """Let the scheduler commit ``tokens`` tokens of every sequence without computing them."""
        with patch.multiple(self.scheduler, prefill_chunk=tokens, max_batch_tokens=1 << 30):
            self._engine.step()

    @contextmanager
    def _timing(self) -> Iterator[None]:
        """Time the parts while the context is open."""
        runner = self.runner
        parts: list[tuple[str, Any, str]] = [
            ("schedule", self.scheduler, "schedule"),
            ("commit", self.scheduler, "commit"),
            ("batch", Batch, "from_step"),
            (REST, runner.forward_pass, "hidden"),
            ("finite", runner, "discard_broken"),
            ("head", runner.model, "logits"),
            ("sampling", runner.sampler, "sample"),
        ]
        if isinstance(runner.model, CausalLM):
            parts.append(("attention", PagedAttention, "__call__"))
            modules = runner.model._decoder.modules()
            parts += [(part, module, "forward") for module in modules if (part := part_of(module))]
        with ExitStack() as stack:
            for part, owner, name in parts:
                stack.enter_context(patch.object(owner, name, self._clock.timed(part, getattr(owner, name))))
            yield

    def _add(self, prompt_tokens: int, max_tokens: int) -> str:
        number = next(self._numbers)
        prompt = random.Random(number).choices(range(self.info.vocab_size), k=prompt_tokens)
        params = SamplingParams(max_tokens=max_tokens, temperature=0.0)
        self._engine.add(Request(id=f"{number}", prompt=tuple(prompt), params=params, cache_salt=f"{number}"))
        return f"{number}"

    def _drop(self, names: list[str]) -> None:
        for name in names:
            self._engine.abort(name)


def part_of(module: nn.Module) -> str:
    """The part that a module of transformers counts as; empty if it consists of other modules or is no part."""
    kind = type(module).__name__
    names = {"RotaryEmbedding": "positions", "Embedding": "embedding", "Norm": "norms", "Linear": "linears"}
    return next((part for name, part in names.items() if kind.endswith(name)), "linears" if kind == "Conv1D" else "")
