"""Drives a runner by hand, in place of the scheduler: sequences with scattered blocks, computed chunk by chunk.

Also the references that its results are compared with: transformers' logits and greedy continuations.
"""

import random
from collections.abc import Iterable
from collections.abc import Sequence as Tokens
from typing import Any

import torch
from torch import Tensor

from service.engine.execution.runner import ModelRunner
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.sampling.sampler import SampledToken
from service.engine.scheduling.block_pool import num_blocks_for
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, ChunkOutput, Step


class GreedySampler:
    """Takes the best token, and keeps the logits: sequence id -> one row [V] for each sampled token."""

    def __init__(self) -> None:
        self.logits: dict[str, list[Tensor]] = {}

    def sample(self, logits: Tensor, sequences: list[Sequence]) -> list[SampledToken]:
        for row, sequence in zip(logits, sequences, strict=True):
            self.logits.setdefault(sequence.id, []).append(row.float().cpu().clone())
        return [SampledToken(token=token, logprob=None) for token in logits.argmax(-1).tolist()]


class Stepper:
    """Chooses the chunks of each step by hand, and replaces the runner's sampler by a ``GreedySampler``.

    Blocks are handed out in random order, and a released block is soon used again.
    """

    def __init__(self, runner: ModelRunner, seed: int = 0) -> None:
        self.runner = runner
        self.sampler = GreedySampler()
        runner.sampler = self.sampler  # type: ignore[assignment]
        self.free = list(range(runner.cache.num_blocks))
        random.Random(seed).shuffle(self.free)

    def add(self, prompt: Iterable[int], name: str = "a", **params: Any) -> Sequence:
        """A new sequence without blocks. ``params`` are sampling parameters; it is greedy unless they say otherwise."""
        params = {"max_tokens": 100, "temperature": 0.0} | params
        return Sequence(Request(id=name, prompt=tuple(prompt), params=SamplingParams(**params)))

    def step(self, *chunks: tuple[Sequence, int]) -> list[ChunkOutput]:
        """Compute the given number of tokens of each sequence in one step, and append the sampled tokens."""
        planned = []
        for sequence, count in chunks:
            needed = num_blocks_for(sequence.num_computed + count, self.runner.cache.block_size)
            while len(sequence.block_table) < needed:
                sequence.block_table.append(self.free.pop())
            planned.append(Chunk(sequence, sequence.num_computed, count))
        outputs = self.runner.run(Step(planned))
        assert len(outputs) == len(planned)
        for chunk, output in zip(planned, outputs, strict=True):
            chunk.sequence.advance(chunk.start + chunk.num_tokens)
            if output.token is not None:
                chunk.sequence.append(output.token)
        return outputs

    def decode(self, *sequences: Sequence) -> list[ChunkOutput]:
        """Compute one token of each sequence."""
        return self.step(*((sequence, 1) for sequence in sequences))

    def release(self, sequence: Sequence) -> None:
        """Release the blocks and forget what was computed, as a preemption does."""
        self.free.extend(reversed(sequence.block_table))
        del sequence.block_table[:]
        sequence.preempt()


def prompt(length: int, seed: int = 0, vocab_size: int = 512) -> list[int]:
    """``length`` random tokens, none of them special."""
    return random.Random(seed).choices(range(3, vocab_size), k=length)


def reference_logits(model: Any, tokens: Tokens[int]) -> Tensor:
    """The logits [len(tokens), V] that transformers computes for one sequence in one pass without a cache."""
    with torch.inference_mode():
        logits: Tensor = model(input_ids=torch.tensor([list(tokens)], device=model.device), use_cache=False).logits[0]
    return logits.float().cpu()


def reference_generate(model: Any, tokens: Tokens[int], count: int) -> tuple[list[int], Tensor]:
    """The greedy continuation by ``count`` tokens, and the logits [count, V] that they were chosen from."""
    tokens = list(tokens)
    chosen = []
    for _ in range(count):
        chosen.append(reference_logits(model, tokens)[-1])
        tokens.append(int(chosen[-1].argmax()))
    return tokens[-count:], torch.stack(chosen)
