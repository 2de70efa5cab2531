"""A constraint that is the rules of a transcript."""

from copy import copy
from typing import Self

import numpy as np
from numpy.typing import NDArray

from service.engine.protocol.transcript_rules import TranscriptRules


class TranscriptConstraint:
    """The last tokens of a transcript, and its last timestamp. A ``Constraint``.

    The rule about likely timestamps needs logits: the sampler has it.
    """

    has_failed = False
    is_complete = False  # the end of a text is a stop token, whose log probability the tasks read

    def __init__(self, rules: TranscriptRules) -> None:
        self._rules = rules
        self._length = 0
        self._last_is_time = False
        self._last_but_one_is_time = True  # also where there is no such token
        self._latest: int | None = None  # the last timestamp

    def advance(self, token: int) -> None:
        """As ``Constraint.advance``."""
        first = self._rules.first_timestamp
        is_time = first is not None and token >= first
        self._last_but_one_is_time = self._last_is_time if self._length else True
        self._last_is_time = is_time
        self._length += 1
        if is_time:
            self._latest = token

    def fork(self) -> Self:
        """As ``Constraint.fork``."""
        return copy(self)

    def forced_tokens(self) -> list[int]:
        """No tokens: each has a log probability that the tasks read."""
        return []

    def write_mask(self, mask: NDArray[np.bool_]) -> None:
        """As ``Constraint.write_mask``."""
        rules = self._rules
        mask[:] = True
        mask[[token for token in rules.suppressed if token < len(mask)]] = False
        if not self._length:
            mask[[token for token in rules.suppressed_first if token < len(mask)]] = False
        if rules.first_timestamp is not None:
            self._mask_timestamps(mask, rules.first_timestamp)

    def _mask_timestamps(self, mask: NDArray[np.bool_], first: int) -> None:
        if not self._length:
            mask[:first] = False
            if self._rules.latest_first is not None:
                mask[self._rules.latest_first + 1 :] = False
            return
        ends_segment = self._last_is_time and not self._last_but_one_is_time
        if ends_segment:
            mask[: self._rules.end] = False
        elif self._last_is_time:
            mask[first:] = False
        if self._latest is not None:
            mask[first : self._latest + (0 if ends_segment else 1)] = False
