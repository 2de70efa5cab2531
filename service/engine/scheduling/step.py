"""A step: the scheduler decides what it computes, and the runner computes it.

Every step has a chunk and an output for each sequence. These are msgspec structs, because creating one takes a fraction
of the time of a frozen dataclass.
"""

from dataclasses import dataclass, field
from typing import Protocol

from msgspec import Struct

from service.engine.protocol.outputs import TokenLogprob
from service.engine.scheduling.beam_search import Candidates
from service.engine.scheduling.sequence import Sequence

NOTHING_POSSIBLE = "no token is possible here: the model or the request rules out every one"


class Chunk(Struct, frozen=True):
    """The ``num_tokens`` tokens of a sequence from position ``start`` on, to be computed in one step.

    The last of them may be ``proposed``: they come after the sequence's last token, and are guesses.
    """

    sequence: Sequence
    start: int
    num_tokens: int
    proposed: tuple[int, ...] = ()
    num_source: int = 0  # positions of the sequence's source, which is encoded before the chunk; 0: it is already

    @property
    def samples(self) -> bool:
        """Whether the chunk reaches the sequence's last token, so that the step samples the next token."""
        return self.start + self.num_tokens >= len(self.sequence.tokens)

    @property
    def num_known(self) -> int:
        """The tokens of the chunk that the sequence has."""
        return self.num_tokens - len(self.proposed)

    def shortened(self, num_tokens: int) -> "Chunk":
        """The first ``num_tokens`` tokens of the chunk, or the chunk itself if it has no more."""
        if self.num_tokens <= num_tokens:
            return self
        proposed = self.proposed[: max(0, num_tokens - self.num_known)]
        return Chunk(self.sequence, self.start, num_tokens, proposed, self.num_source)


class DraftCost(Struct, frozen=True):
    """What guesses of a draft model have cost before a step."""

    seconds: float = 0.0
    num_guesses: int = 0


@dataclass(slots=True)
class Step:
    """One forward pass over chunks of several sequences."""

    chunks: list[Chunk] = field(default_factory=list)
    # Blocks whose keys and values are copied before the chunks are computed: from the first of each pair to the second.
    # No block is in both places.
    copies: list[tuple[int, int]] = field(default_factory=list)
    num_forced: int = 0  # tokens of streams behind the first ones that they lack: constraints have forced them
    num_preempted: int = 0  # sequences that were preempted to make room for this step
    cache_queried_tokens: int = 0  # prompt tokens of sequences that start in this step
    cache_hit_tokens: int = 0  # those of them that the prefix cache holds
    num_accepted: int = 0  # proposed tokens that were accepted; known after the step
    draft_cost: DraftCost = field(default_factory=DraftCost)  # spent on this step's proposals while it was scheduled

    @property
    def num_tokens(self) -> int:
        return sum([chunk.num_tokens for chunk in self.chunks])

    @property
    def num_source(self) -> int:
        """The positions of sources that the step encodes."""
        return sum([chunk.num_source for chunk in self.chunks])

    @property
    def num_decodes(self) -> int:
        """The number of chunks of one generated token. It is for statistics: nothing is computed differently."""
        singles = [chunk for chunk in self.chunks if chunk.num_known == 1]
        return sum([chunk.start >= len(chunk.sequence.request.prompt) for chunk in singles])

    @property
    def num_proposed(self) -> int:
        """The number of tokens that are guesses."""
        return sum([len(chunk.proposed) for chunk in self.chunks])


class ChunkOutput(Struct, frozen=True):
    """The result of one chunk.

    Behind each proposed token one more token is sampled, as if the proposals up to there were the sequence's tokens.
    The scheduler drops those that come after a wrong proposal.
    """

    token: int | None = None  # the sampled token, if the chunk samples
    logprob: TokenLogprob | None = None  # of the sampled token, if requested
    prompt_logprobs: tuple[TokenLogprob, ...] = ()  # if requested: of the prompt token after each token of the chunk
    error: str = ""  # why this sequence alone failed, for example that its logits are not finite
    num_tokens: int | None = None  # how many first tokens were computed, possibly 0; None: the whole chunk
    following: tuple[tuple[int, TokenLogprob | None], ...] = ()  # tokens sampled behind proposals, at most one for each
    candidates: Candidates | None = None  # in place of a token: the continuations of a beam


class Runner(Protocol):
    """Computes steps: the model, the KV cache and the sampler behind one call."""

    def run(self, step: Step) -> list[ChunkOutput]:
        """Compute one output for each of ``step.chunks``, in their order. Sequences are only read.

        ``step.copies`` are made before.
        """
        ...
