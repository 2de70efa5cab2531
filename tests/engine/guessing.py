"""A speculator that always guesses, with guesses that are as right as a test wants them."""

import random
from collections.abc import Callable

from service.engine.protocol.request import Request
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.speculator import Proposals
from service.engine.scheduling.step import DraftCost
from service.engine.speculation.speculation import Speculation

Continue = Callable[[Sequence, int], list[int]]  # the next tokens of a sequence, as many as are known up to a number


class Guessing:
    """Proposes tokens of which each is right with a chance. A ``Speculator``.

    ``continuation`` knows the right tokens. After them the guesses are random. The numbers of guesses are random too.
    """

    def __init__(self, continuation: Continue, *, chance: float, vocab_size: int, most: int = 6, seed: int = 0) -> None:
        self.num_proposed = 0
        self.lookahead = 0
        self.cost = DraftCost()
        self._continuation = continuation
        self._chance = chance
        self._vocab_size = vocab_size
        self._most = most
        self._random = random.Random(seed)

    def follow(self, request: Request) -> Speculation | None:
        return None

    def propose(self, decodes: list[Sequence], most: int) -> Proposals:
        proposals: Proposals = {}
        for sequence in decodes:
            room = sequence.max_total_tokens - sequence.num_tokens - 1
            count = self._random.randint(0, max(0, min(room, most, self._most)))
            if count and sequence.constraint is None:
                right = self._continuation(sequence, count)
                right += [self._random.randrange(self._vocab_size) for _ in range(count - len(right))]
                proposals[sequence] = tuple(self._maybe_wrong(token) for token in right)
                most -= count
                self.num_proposed += count
        return proposals

    def _maybe_wrong(self, token: int) -> int:
        if self._random.random() < self._chance:
            return token
        return (token + self._random.randrange(1, self._vocab_size)) % self._vocab_size
