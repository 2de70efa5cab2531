"""Chooses the proposed tokens of each step."""

from collections.abc import Mapping
from typing import Protocol

from service.engine.protocol.request import Request
from service.engine.scheduling.proposal_budget import ProposalBudget
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import DraftCost
from service.engine.scheduling.step_cost_model import StepCostModel
from service.engine.speculation.speculation import SharedAcceptance, Speculation

Proposals = dict[Sequence, tuple[int, ...]]


class Speculator(Protocol):
    """What the scheduler asks for guesses."""

    @property
    def lookahead(self) -> int:
        """The tokens that it would like to have room for in the blocks of a sequence before it proposes any."""
        ...

    @property
    def cost(self) -> DraftCost:
        """What the last proposals have cost."""
        ...

    def follow(self, request: Request) -> Speculation | None:
        """The speculation about a new sequence; None if there is none."""
        ...

    def propose(self, decodes: list[Sequence], most: int) -> Proposals:
        """Tokens that may come after sequences of ``decodes``, at most ``most`` together.

        ``decodes`` are all sequences that decode in this step. With its proposal and one more token, none may exceed
        ``max_total_tokens``, and one with a constraint has no proposal.
        """
        ...


class Drafter(Protocol):
    """Guesses with a draft model."""

    @property
    def lookahead(self) -> int:
        """As ``Speculator.lookahead``."""
        ...

    @property
    def cost(self) -> DraftCost:
        """As ``Speculator.cost``."""
        ...

    def draft(
        self, decodes: list[Sequence], copied: Mapping[Sequence, list[float]], most: int
    ) -> Mapping[Sequence, list[float]]:
        """Propose tokens of a draft model, where they are better than none and than what is copied.

        ``copied`` holds the chances of the proposals that sequences of ``decodes`` have already. Returns those of the
        new proposals, which take the place of the old ones. There are at most ``most`` together.
        """
        ...


class MeasuredSpeculator:
    """Guesses where it pays, by measured acceptance and the step-cost model. A ``Speculator``."""

    def __init__(self, model: StepCostModel, drafter: Drafter | None = None) -> None:
        self._acceptance = SharedAcceptance()
        self._budget = ProposalBudget(model)
        self._drafter = drafter

    @property
    def lookahead(self) -> int:
        """As ``Speculator.lookahead``."""
        return self._drafter.lookahead if self._drafter is not None else 0

    @property
    def cost(self) -> DraftCost:
        """As ``Speculator.cost``."""
        return self._drafter.cost if self._drafter is not None else DraftCost()

    def follow(self, request: Request) -> Speculation:
        """As ``Speculator.follow``."""
        return Speculation(request, self._acceptance)

    def propose(self, decodes: list[Sequence], most: int) -> Proposals:
        """As ``Speculator.propose``. Guesses that are not computed are observed too, so each sequence makes some."""
        chances: dict[Sequence, list[float]] = {}
        for sequence in decodes:
            if sequence.speculation is None:
                continue
            room = sequence.max_total_tokens - sequence.num_tokens - 1
            if each := sequence.speculation.chances(sequence.tokens, room):
                chances[sequence] = each
        if self._drafter is not None:
            chances |= self._drafter.draft(decodes, chances, most)
        counts = self._budget.share_out(list(chances.values()), len(decodes), most)
        return {
            sequence: sequence.speculation.proposal.tokens[:count]
            for sequence, count in zip(chances, counts, strict=True)
            if count and sequence.speculation is not None and sequence.speculation.proposal is not None
        }
