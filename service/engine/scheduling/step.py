"""What crosses between the scheduler, which decides, and the runner, which computes.

There is a chunk and an output for every sequence in every step, hence structs: they are made several times as fast as
frozen dataclasses.
"""

from dataclasses import dataclass, field
from typing import Protocol

from msgspec import Struct

from service.engine.protocol.types import TokenLogprob
from service.engine.scheduling.sequence import Sequence


class Chunk(Struct, frozen=True):
    """``num_tokens`` tokens of a sequence, from ``start``, to be computed in one step."""

    sequence: Sequence
    start: int
    num_tokens: int

    @property
    def samples(self) -> bool:
        """Whether it reaches the sequence's end, so that the step yields a new token for it."""
        return self.start + self.num_tokens == len(self.sequence.tokens)


@dataclass(slots=True)
class Step:
    """One forward pass over chunks of several sequences."""

    chunks: list[Chunk] = field(default_factory=list)
    num_preempted: int = 0
    cache_queried_tokens: int = 0
    cache_hit_tokens: int = 0

    @property
    def num_tokens(self) -> int:
        return sum([chunk.num_tokens for chunk in self.chunks])

    @property
    def num_decodes(self) -> int:
        """Chunks of one generated token (for statistics; nothing is computed differently)."""
        singles = [chunk for chunk in self.chunks if chunk.num_tokens == 1]
        return sum([chunk.start >= len(chunk.sequence.request.prompt) for chunk in singles])


class ChunkOutput(Struct, frozen=True):
    """What the runner found for one chunk."""

    token: int | None = None  # the sampled token, if the chunk samples
    logprob: TokenLogprob | None = None  # of the sampled token, if asked for
    prompt_logprobs: tuple[TokenLogprob, ...] = ()  # if asked for: of the prompt tokens that follow this chunk's tokens
    error: str = ""  # this sequence alone failed (its logits are not finite, say)
    num_tokens: int | None = None  # computed, if those are not all of the chunk's: then only its first ones, or none


class Runner(Protocol):
    """Computes steps: the model, the KV tensors and the sampler behind one call."""

    def run(self, step: Step) -> list[ChunkOutput]:
        """One output for each of ``step.chunks``, in their order. Sequences are read, never written."""
        ...
