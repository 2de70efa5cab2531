"""What a request may take of the engine."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from service.tasks.generation.request import GenerationRequest


@dataclass(frozen=True, slots=True)
class Cost:
    """At once and at most: ``sequences``, and the ``tokens`` of their prompts and outputs together."""

    sequences: int
    tokens: int

    @classmethod
    def from_requests(cls, requests: Iterable[GenerationRequest]) -> Self:
        """The cost of decoding all of them, every choice to its full length."""
        sequences = tokens = 0
        for request in requests:
            sequences += request.n
            tokens += request.n * (len(request.prompt) + request.params.max_tokens)
        return cls(sequences, tokens)
