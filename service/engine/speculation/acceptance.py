"""How often proposed tokens turn out right, by the length of the match that they were proposed after.

Every step shows whether the proposed token was right, even if the step did not compute it. So acceptance is always
known, and measuring it costs nothing.
"""

from bisect import bisect_right

_MATCH_LENGTHS = (4, 6, 10, 20)  # where the next kind of match begins
_DECAY = 0.995  # the weight of an observation is multiplied by this with each later one of its kind
_WEIGHT = 6.0  # observations of other sequences count as much as this many of the sequence itself


class Acceptance:
    """Shares of right tokens, by kind of match. ``prior`` are those of other sequences."""

    def __init__(self, prior: "Acceptance | None" = None, *, first_guess: float = 0.0) -> None:
        """``first_guess`` is the share without a prior and before any observation."""
        self._prior = prior
        self._first_guess = first_guess
        self._right = [0.0] * (len(_MATCH_LENGTHS) + 1)
        self._all = [0.0] * (len(_MATCH_LENGTHS) + 1)

    def observe(self, match_length: int, right: bool) -> None:
        """Learn whether one token, proposed after a match of ``match_length``, was right."""
        kind = bisect_right(_MATCH_LENGTHS, match_length)
        self._right[kind] = self._right[kind] * _DECAY + right
        self._all[kind] = self._all[kind] * _DECAY + 1
        if self._prior is not None:
            self._prior.observe(match_length, right)

    def share(self, match_length: int) -> float:
        """The share of tokens that are right after a match of ``match_length``."""
        return self._share(bisect_right(_MATCH_LENGTHS, match_length))

    def _share(self, kind: int) -> float:
        prior = self._first_guess if self._prior is None else self._prior._share(kind)
        return (self._right[kind] + _WEIGHT * prior) / (self._all[kind] + _WEIGHT)
