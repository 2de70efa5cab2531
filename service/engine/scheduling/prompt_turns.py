"""The turns of prompts: which prompt gets the tokens of a step first.

The prompt with the fewest tokens left is first (shortest remaining processing time), since that order gives the least
mean time to the first token. Prompts are computed one after another: where two share the steps, the first one gets its
token later and the second one no sooner.

So that no long prompt starves, each token that is left counts only as ``STRETCH`` times the seconds that the engine
needs for a token, later than the sequence's urgency. All prompts age alike, hence:

- A prompt is passed only by prompts that arrive before ``STRETCH`` times the seconds that it needs itself are over, and
  per step of priority ``ageing_seconds`` more.
- The most urgent of the running prompts has tokens in every step, however short the others are: ``LEAST_TOKENS`` of
  them or, so that no tenant's prompts pass those of another for free, half of the budget while there are several
  tenants.

Prompts of preempted sequences are first, in order of urgency.
"""

from collections import deque
from collections.abc import Iterator
from itertools import islice

from service.engine.scheduling.sequence import Sequence

Turn = tuple[bool, float, int]

STRETCH = 8.0
LEAST_TOKENS = 16


def turn(sequence: Sequence, num_left: int) -> Turn:
    """The turn of a sequence with ``num_left`` prompt tokens left: the smallest is first."""
    seconds, number = sequence.urgency
    if sequence.num_preemptions:
        return False, seconds, number
    return True, seconds + STRETCH * sequence.token_seconds * num_left, number


def turn_of_running(sequence: Sequence) -> Turn:
    """The turn of a running prompt."""
    return turn(sequence, _num_left(sequence))


class PromptTurns:
    """Hands out the tokens that one step has for prompts."""

    def __init__(self, running: list[Sequence], budget: int, chunk: int, *, share: float) -> None:
        """``running`` are the running prompts, the most urgent first. One prompt gets at most ``chunk`` tokens.

        The first of ``running`` gets ``LEAST_TOKENS`` or, if it is more, ``share`` of the ``budget``.
        """
        self._budget = budget
        self._chunk = chunk
        self._most_urgent = running[0] if running else None
        self._kept = 0
        self._kept_source = 0  # its source is still to be encoded, if there was no memory for it
        if running:
            self._kept_source = running[0].num_source - running[0].num_encoded
            self._kept = min(max(LEAST_TOKENS, int(budget * share)), budget, chunk, _num_left(running[0]))
        self._taken = 0
        self._pending = deque(sorted(running, key=turn_of_running))
        self._is_unfinished = False

    @property
    def later(self) -> list[Sequence]:
        """The running prompts whose turns have not come, but for the first."""
        return list(islice(self._pending, 1, None))

    def before(self, sequence: Sequence, num_left: int) -> Iterator[tuple[Sequence, int]]:
        """The running prompts whose turn comes before that of a waiting one, and the tokens of each."""
        limit = turn(sequence, num_left)
        while self._pending and turn_of_running(self._pending[0]) < limit:
            if not (tokens := self._take_running(first := self._pending[0])):
                return
            self._pending.popleft()
            yield first, tokens

    def rest(self) -> Iterator[tuple[Sequence, int]]:
        """The other running prompts that get tokens, and the tokens of each."""
        for sequence in self._pending:
            if tokens := self._take_running(sequence):
                yield sequence, tokens

    def offer(self, sequence: Sequence, num_left: int, num_source: int = 0) -> int:
        """The tokens that a prompt would get behind ``num_source`` positions of its source; 0: nothing is left for it.

        A source is encoded as a whole. It is offered its place if it fits, or if no other prompt has tokens yet.

        A prompt that the step does not finish is the last one, but for the most urgent one. It only gets tokens as long
        as they make the step no longer than a chunk would: those before it would get their first tokens later.
        """
        if sequence is self._most_urgent:
            kept, least = 0, self._kept
        else:
            kept, least = self._kept + self._kept_source, 0
        budget = self._budget - kept
        if num_source and budget > 0:
            budget = max(budget - num_source, 0 if self._taken else 1)
        tokens = min(num_left, self._chunk, budget)
        if self._is_unfinished:
            tokens = 0
        elif tokens < num_left:
            tokens = min(tokens, self._chunk - self._taken)
        return max(tokens, least, 0)

    def take(self, sequence: Sequence, num_left: int, num_source: int = 0) -> int:
        """Give a prompt the tokens of its offer."""
        tokens = self.offer(sequence, num_left, num_source)
        if sequence is self._most_urgent:
            self._kept = self._kept_source = 0
        self._budget -= tokens + num_source
        self._taken += tokens + num_source
        self._is_unfinished = self._is_unfinished or tokens < num_left
        return tokens

    def _take_running(self, sequence: Sequence) -> int:
        return self.take(sequence, _num_left(sequence), sequence.num_source - sequence.num_encoded)


def _num_left(sequence: Sequence) -> int:
    return len(sequence.tokens) - sequence.num_computed
