"""Random workloads for the whole engine, a driver that runs them, and the outputs of transformers to compare with."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig

from service.engine.attention.batch import Batch
from service.engine.engine import Engine
from service.engine.execution.forward import ForwardPass
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.outputs import FinishReason, StepStats, TokenOutput
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.models.contracts.step_view import Ints
from tests.engine.configs import engine_config
from tests.engine.tiny_models import VOCAB_SIZE, build_model, save_model

LONGEST = 24  # tokens that transformers generates for each prompt; a workload may use fewer of them


@dataclass(slots=True)
class Run:
    """A request and its outputs, in order."""

    request: Request
    outputs: list[TokenOutput] = field(default_factory=list)
    aborted: bool = False

    @property
    def tokens(self) -> list[int]:
        return [output.token for output in self.outputs if output.token is not None]

    @property
    def finish(self) -> FinishReason | None:
        return self.outputs[-1].finish if self.outputs else None


class ShortOfMemory:
    """A forward pass that fails to allocate memory in steps that are larger than a random number.

    It fails after keys and values are written.
    """

    def __init__(self, forward_pass: ForwardPass) -> None:
        self.failures = 0
        self._forward_pass = forward_pass
        self._generator = random.Random(3)

    def hidden(self, batch: Batch) -> torch.Tensor:
        hidden = self._forward_pass.hidden(batch)
        if batch.num_rows > self._generator.randint(1, 30):
            self.failures += 1
            torch.empty(1 << 60)
        return hidden

    def all_finite(self, hidden: torch.Tensor) -> bool:
        return self._forward_pass.all_finite(hidden)

    def copy_blocks(self, copies: Ints) -> None:
        self._forward_pass.copy_blocks(copies)

    def discard(self, slots: Ints) -> None:
        self._forward_pass.discard(slots)


class Driver:
    """An engine whose requests arrive and are aborted before given steps."""

    def __init__(self, path: Path, make: Callable[[EngineConfig], ModelRunner] = ModelRunner, /, **config: Any) -> None:
        options: dict[str, Any] = {"device": "cpu", "block_size": 4} | config
        settings = engine_config(path, **options)
        self.runner = make(settings)
        # The schedule follows the times of steps. Here each takes a millisecond, on every machine.
        self.engine = Engine(self.runner, settings, clock=count(step=0.001).__next__)
        self.stats: list[StepStats] = []

    def run(self, arrivals: Iterable[tuple[int, Request]], aborts: dict[str, int] | None = None) -> dict[str, Run]:
        """Run until no work is left, and check that no block is used. ``arrivals`` and ``aborts`` name steps."""
        coming = sorted(arrivals, key=lambda arrival: arrival[0])
        runs = {request.id: Run(request) for _, request in coming}
        step = 0
        while coming or self.engine.has_work:
            while coming and coming[0][0] <= step:
                self.engine.add(coming.pop(0)[1])
            for name, when in (aborts or {}).items():
                if when == step and runs[name].finish is None:
                    runs[name].aborted = self.engine.abort(name)
            result = self.engine.step()
            self.stats.append(result.stats)
            for output in result.outputs:
                run = runs[output.request_id]
                assert not run.aborted, "an aborted request had another output"
                assert run.finish is None, "a finished request had another output"
                assert not output.error, output.error
                run.outputs.append(output)
            step += 1
            assert step < 5000, "the engine makes no progress"
        assert self.engine.blocks_used == 0
        assert not self.engine.step().outputs
        return runs

    def run_one(self, request: Request) -> Run:
        return self.run([(0, request)])[request.id]


def short_of_memory_driver(path: Path, **config: Any) -> tuple[Driver, ShortOfMemory]:
    """A driver whose forward pass fails to allocate memory now and then."""
    passes: list[ShortOfMemory] = []

    def make(config: EngineConfig) -> ModelRunner:
        runner = ModelRunner(config)
        passes.append(ShortOfMemory(runner.forward_pass))
        runner.forward_pass = passes[0]
        return runner

    return Driver(path, make, **config), passes[0]


class Reference:
    """A model in transformers, and its directory for the engine."""

    def __init__(self, arch: str, path: Path, **shape: Any) -> None:
        self.model: Any = build_model(arch, **shape)
        self.path = path
        save_model(self.model, path)
        self.model.generation_config.eos_token_id = None  # or calls that leave it out would take it from here
        generator = random.Random(arch)
        roots = [generator.choices(range(3, VOCAB_SIZE), k=40) for _ in range(3)]
        tails = [generator.choices(range(3, VOCAB_SIZE), k=generator.randint(1, 20)) for _ in range(9)]
        self.prompts = [tuple(roots[n % 3][: (0, 1, 13, 24, 40)[n % 5]] + tail) for n, tail in enumerate(tails)]
        self.greedy = cache(self._greedy)

    @torch.inference_mode()
    def _greedy(self, prompt: tuple[int, ...], **options: Any) -> list[int]:
        """``LONGEST`` tokens of transformers' own ``generate``."""
        settings = GenerationConfig(max_new_tokens=LONGEST, do_sample=False, pad_token_id=0, **options)
        ids = torch.tensor([prompt])
        output = self.model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=settings)
        tokens: list[int] = output[0, len(prompt) :].tolist()
        return tokens

    @torch.inference_mode()
    def logprobs(self, prompt: tuple[int, ...]) -> torch.Tensor:
        """[len(prompt), V]: row i is about the token after token i."""
        logits: torch.Tensor = self.model(torch.tensor([prompt])).logits[0]
        return logits.log_softmax(-1)


def make_request(name: str, prompt: tuple[int, ...], **params: Any) -> Request:
    params = {"max_tokens": LONGEST, "temperature": 0.0} | params
    return Request(id=name, prompt=prompt, params=SamplingParams(**params))


@dataclass(slots=True)
class Workload:
    arrivals: list[tuple[int, Request]]
    aborts: dict[str, int]
    expected: dict[str, tuple[list[int], FinishReason]]


def random_workload(reference: Reference, seed: int, count: int = 24) -> Workload:
    """Greedy requests with random parameters, and the outputs that they must have."""
    generator = random.Random(seed)
    work = Workload([], {}, {})
    for number in range(count):
        name, prompt = f"{seed}-{number}", generator.choice(reference.prompts)
        length = generator.randint(1, LONGEST)
        tokens = reference.greedy(prompt)[:length]
        finish = FinishReason.LENGTH
        params: dict[str, Any] = {"max_tokens": length}
        if generator.random() < 0.4:
            stops = generator.choice(tokens), generator.randrange(VOCAB_SIZE)
            length = next((place for place, token in enumerate(tokens, start=1) if token in stops), length)
            tokens, finish = tokens[:length], FinishReason.STOP
            params["stop_token_ids"] = stops
        # Tokens that an earlier engine process generated are not generated again.
        known = generator.randrange(length) if generator.random() < 0.2 else 0
        request = Request(
            id=name,
            prompt=prompt,
            params=SamplingParams(temperature=0.0, **params),
            generated=tuple(tokens[:known]),
            priority=generator.randint(0, 2),
        )
        when = generator.randint(0, 25)
        work.arrivals.append((when, request))
        work.expected[name] = tokens[known:], finish
        if generator.random() < 0.2:
            work.aborts[name] = when + generator.randint(0, 12)
    return work


def check(runs: dict[str, Run], work: Workload) -> None:
    for name, run in runs.items():
        tokens, finish = work.expected[name]
        if run.aborted:
            assert run.tokens == tokens[: len(run.tokens)], name
        else:
            assert run.tokens == tokens, name
            assert run.finish == finish, name
