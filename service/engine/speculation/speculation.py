"""The speculation about one sequence: what is proposed, how likely it is, and whether it was right."""

from collections.abc import Sequence

from service.engine.protocol.request import Request
from service.engine.speculation.acceptance import Acceptance
from service.engine.speculation.copying_proposer import CopyingProposer
from service.engine.speculation.proposal import Proposal, Proposer

MOST_PROPOSED = 31  # tokens in a step
_LEAST_CHANCE = 0.05  # guesses below it are never computed
_CONFIDENCES = (0.3, 0.5, 0.7, 0.85, 0.95)  # of a draft model, where the next kind of guess begins


class SharedAcceptance:
    """What all sequences of an engine have learned, by the kind of proposal."""

    def __init__(self) -> None:
        self.repetition = Acceptance(first_guess=0.2)
        self.prediction = Acceptance(first_guess=0.8)  # the client says so
        self.draft = Acceptance(first_guess=0.6, kinds=_CONFIDENCES)
        self.all_drafts = Acceptance(first_guess=0.6, kinds=())


class Speculation:
    """Follows one sequence. It has no clock and no randomness, but what it proposes never changes an output."""

    def __init__(self, request: Request, shared: SharedAcceptance) -> None:
        self._proposers: list[tuple[Proposer, Acceptance]] = []
        if request.prediction:
            predicted = CopyingProposer(list(request.prediction))
            self._proposers.append((predicted, Acceptance(shared.prediction)))
        self._proposers.append((CopyingProposer(), Acceptance(shared.repetition)))
        self._draft = Acceptance(shared.draft)
        self._all_drafts = Acceptance(shared.all_drafts)
        self._proposals: list[tuple[Proposal, Acceptance]] = []  # of this step; the first one is computed

    def chances(self, tokens: list[int], limit: int) -> list[float]:
        """Propose at most ``limit`` tokens after ``tokens``, copied from where they were before.

        Returns the chance that the first one is right, that the first two are right, and so on, as long as they are
        worth a thought; empty if there is no proposal.
        """
        self._proposals = []
        for proposer, acceptance in self._proposers:
            proposal = proposer.propose(tokens, min(limit, MOST_PROPOSED))
            if proposal is not None and not self._proposals:
                self._proposals.append((proposal, acceptance))
        return self._chances(*self._proposals[0]) if self._proposals else []

    def draft(self, tokens: tuple[int, ...], confidences: Sequence[float]) -> list[float]:
        """Propose ``tokens`` of a draft model instead of what ``chances`` has proposed. Returns their chances."""
        proposal = Proposal(tokens, confidences=tuple(confidences))
        self._proposals.insert(0, (proposal, self._draft))
        return self._chances(proposal, self._draft)

    @property
    def draft_share(self) -> float:
        """The chance that a guess of a draft model is right if all guesses before it are."""
        return self._all_drafts.share(0)

    def draft_chance(self, confidence: float) -> float:
        """The chance that a guess with this confidence is right if all guesses before it are."""
        return self._draft.share(confidence)

    @property
    def proposal(self) -> Proposal | None:
        """The proposal that the next step may compute; None: there is none."""
        return self._proposals[0][0] if self._proposals else None

    @property
    def is_prediction(self) -> bool:
        """Whether the proposal comes from the client's prediction."""
        return self.proposal is not None and self.proposal.is_prediction

    def observe(self, sampled: list[int]) -> None:
        """Learn from the tokens that came instead of the proposals: the accepted ones, and one more."""
        for proposal, acceptance in self._proposals:
            for number, (guess, token) in enumerate(zip(proposal.tokens, sampled, strict=False)):
                acceptance.observe(proposal.strength(number), guess == token)
                if acceptance is self._draft:
                    self._all_drafts.observe(0, guess == token)
                if guess != token:
                    break
        self._proposals = []

    @staticmethod
    def _chances(proposal: Proposal, acceptance: Acceptance) -> list[float]:
        chances, chance = [], 1.0
        for number in range(len(proposal.tokens)):
            chance *= acceptance.share(proposal.strength(number))
            if chance < _LEAST_CHANCE:
                break
            chances.append(chance)
        return chances
