"""A place where a token is sampled: the end of a sequence, or the end of some proposals behind it."""

from dataclasses import dataclass
from typing import Protocol

from service.engine.constraints.constraint import Constraint
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk


class Place(Protocol):
    """What the sampler needs to know about the tokens before the one that it samples. A ``Sequence`` is a place."""

    @property
    def id(self) -> str: ...

    @property
    def params(self) -> SamplingParams: ...

    @property
    def constraint(self) -> Constraint | None: ...

    @property
    def tokens(self) -> list[int]:
        """The prompt, then the generated tokens."""
        ...

    @property
    def num_prompt(self) -> int: ...

    @property
    def num_tokens(self) -> int: ...

    @property
    def num_generated(self) -> int: ...


@dataclass(slots=True, frozen=True)
class BehindProposals:
    """The end of a sequence as it is if ``proposed`` are its next tokens. A ``Place``."""

    sequence: Sequence
    proposed: tuple[int, ...]
    constraint: None = None  # a sequence with a constraint has no proposals

    @property
    def id(self) -> str:
        return self.sequence.id

    @property
    def params(self) -> SamplingParams:
        return self.sequence.params

    @property
    def tokens(self) -> list[int]:
        return [*self.sequence.tokens, *self.proposed]

    @property
    def num_prompt(self) -> int:
        return self.sequence.num_prompt

    @property
    def num_tokens(self) -> int:
        return self.sequence.num_tokens + len(self.proposed)

    @property
    def num_generated(self) -> int:
        return self.sequence.num_generated + len(self.proposed)


def places(chunk: Chunk) -> list[Place]:
    """The places of a chunk that samples: behind the sequence's last token, and behind each proposal."""
    sequence, proposed = chunk.sequence, chunk.proposed
    return [sequence, *(BehindProposals(sequence, proposed[:count]) for count in range(1, len(proposed) + 1))]
