"""Chooses the proposed tokens of each step."""

from typing import Protocol

from service.engine.protocol.request import Request
from service.engine.scheduling.proposal_budget import ProposalBudget
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step_cost_model import StepCostModel
from service.engine.speculation.speculation import SharedAcceptance, Speculation

Proposals = dict[Sequence, tuple[int, ...]]


class Speculator(Protocol):
    """What the scheduler asks for guesses."""

    def follow(self, request: Request) -> Speculation | None:
        """The speculation about a new sequence; None if there is none."""
        ...

    def propose(self, decodes: list[Sequence], most: int) -> Proposals:
        """Tokens that may come after sequences of ``decodes``, at most ``most`` together.

        ``decodes`` are all sequences that decode in this step. With its proposal and one more token, none may exceed
        ``max_total_tokens``, and one with a constraint has no proposal.
        """
        ...


class MeasuredSpeculator:
    """Guesses where it pays, by measured acceptance and the step-cost model. A ``Speculator``."""

    def __init__(self, model: StepCostModel) -> None:
        self._acceptance = SharedAcceptance()
        self._budget = ProposalBudget(model)

    def follow(self, request: Request) -> Speculation:
        """As ``Speculator.follow``."""
        return Speculation(request, self._acceptance)

    def propose(self, decodes: list[Sequence], most: int) -> Proposals:
        """As ``Speculator.propose``. Guesses that are not computed are observed too, so each sequence makes some."""
        guessing: list[tuple[Sequence, Speculation]] = []
        chances = []
        for sequence in decodes:
            if sequence.speculation is None:
                continue
            room = sequence.max_total_tokens - sequence.num_tokens - 1
            if each := sequence.speculation.chances(sequence.tokens, room):
                guessing.append((sequence, sequence.speculation))
                chances.append(each)
        counts = self._budget.share_out(chances, len(decodes), most)
        return {
            sequence: speculation.proposal.tokens[:count]
            for (sequence, speculation), count in zip(guessing, counts, strict=True)
            if count and speculation.proposal is not None
        }
