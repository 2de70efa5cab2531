"""The speculation about one sequence: what is proposed, how likely it is, and whether it was right."""

from service.engine.protocol.request import Request
from service.engine.speculation.acceptance import Acceptance
from service.engine.speculation.copying_proposer import CopyingProposer
from service.engine.speculation.proposal import Proposal, Proposer

MOST_PROPOSED = 31  # tokens in a step


class SharedAcceptance:
    """What all sequences of an engine have learned, by the kind of proposal."""

    def __init__(self) -> None:
        self.repetition = Acceptance(first_guess=0.2)
        self.prediction = Acceptance(first_guess=0.8)  # the client says so


class Speculation:
    """Follows one sequence. It has no clock and no randomness, but what it proposes never changes an output."""

    def __init__(self, request: Request, shared: SharedAcceptance) -> None:
        self._proposers: list[tuple[Proposer, Acceptance]] = []
        if request.prediction:
            predicted = CopyingProposer(list(request.prediction))
            self._proposers.append((predicted, Acceptance(shared.prediction)))
        self._proposers.append((CopyingProposer(), Acceptance(shared.repetition)))
        self._proposal: Proposal | None = None
        self._acceptance = self._proposers[0][1]

    def chances(self, tokens: list[int], limit: int) -> list[float]:
        """Propose at most ``limit`` tokens after ``tokens``.

        Returns the chance that the first one is right, that the first two are right, and so on; empty if there is no
        proposal.
        """
        self._proposal = None
        for proposer, acceptance in self._proposers:
            proposal = proposer.propose(tokens, min(limit, MOST_PROPOSED))
            if proposal is not None and self._proposal is None:
                self._proposal, self._acceptance = proposal, acceptance
        if self._proposal is None:
            return []
        chances, chance = [], 1.0
        for number in range(len(self._proposal.tokens)):
            chance *= self._acceptance.share(self._proposal.match_length + number)
            chances.append(chance)
        return chances

    @property
    def proposal(self) -> Proposal | None:
        """What ``chances`` has proposed."""
        return self._proposal

    @property
    def is_prediction(self) -> bool:
        """Whether the proposal comes from the client's prediction."""
        return self._proposal is not None and self._proposal.is_prediction

    def observe(self, sampled: list[int]) -> None:
        """Learn from the tokens that came instead of the proposal: the accepted ones, and one more."""
        if self._proposal is None:
            return
        for number, (guess, token) in enumerate(zip(self._proposal.tokens, sampled, strict=False)):
            self._acceptance.observe(self._proposal.match_length + number, guess == token)
        self._proposal = None
