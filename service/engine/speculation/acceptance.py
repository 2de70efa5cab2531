"""How often proposed tokens turn out right, by the strength of the proposal.

The strength of a copy is the length of the match that it was found by, and that of a guess of a draft model is its
confidence.

Every step shows whether the proposed token was right, even if the step did not compute it. So acceptance is always
known, and measuring it costs nothing.
"""

from bisect import bisect_right
from collections.abc import Sequence

_MATCH_LENGTHS = (2, 3, 4, 6, 10, 20)  # where the next kind of match begins
_DECAY = 0.995  # the weight of an observation is multiplied by this with each later one of its kind
_WEIGHT = 6.0  # observations of other sequences count as much as this many of the sequence itself


class Acceptance:
    """Shares of right tokens, by kind of strength. ``prior`` are those of other sequences."""

    def __init__(
        self, prior: "Acceptance | None" = None, *, first_guess: float = 0.0, kinds: Sequence[float] = _MATCH_LENGTHS
    ) -> None:
        """``first_guess`` is the share without a prior and before any observation.

        ``kinds`` are the strengths at which the next kind begins; they are those of the prior, if there is one.
        """
        self._prior = prior
        self._first_guess = first_guess
        self._kinds: Sequence[float] = kinds if prior is None else prior._kinds
        self._right = [0.0] * (len(self._kinds) + 1)
        self._all = [0.0] * (len(self._kinds) + 1)

    def observe(self, strength: float, right: bool) -> None:
        """Learn whether one token, proposed with this strength, was right."""
        kind = bisect_right(self._kinds, strength)
        self._right[kind] = self._right[kind] * _DECAY + right
        self._all[kind] = self._all[kind] * _DECAY + 1
        if self._prior is not None:
            self._prior.observe(strength, right)

    def share(self, strength: float) -> float:
        """The share of tokens that are right if they are proposed with this strength."""
        return self._share(bisect_right(self._kinds, strength))

    def _share(self, kind: int) -> float:
        prior = self._first_guess if self._prior is None else self._prior._share(kind)
        return (self._right[kind] + _WEIGHT * prior) / (self._all[kind] + _WEIGHT)
