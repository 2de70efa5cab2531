"""The cost of requests: the most that they can take from the engine."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from service.tasks.generation.request import GenerationRequest


@dataclass(frozen=True, slots=True)
class Cost:
    """The most ``sequences`` at once, and the most ``tokens`` of their prompts and outputs together."""

    sequences: int
    tokens: int

    @classmethod
    def from_requests(cls, requests: Iterable[GenerationRequest]) -> Self:
        """The cost of decoding all requests at once, every choice to its full length."""
        sequences = tokens = 0
        for request in requests:
            count = request.options.num_sequences
            sequences += count
            tokens += count * (len(request.source) + len(request.prompt) + request.params.max_tokens)
        return cls(sequences, tokens)
