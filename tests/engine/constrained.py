"""Sequences with their constraints, for tests that have no engine."""

import numpy as np

from service.engine.constraints.constraint_maker import ConstraintMaker
from service.engine.protocol.request import Request
from service.engine.scheduling.sequence import Sequence


def constrained(request: Request) -> Sequence:
    """The sequence of a request whose constraint is a token graph."""
    return Sequence(request, constraint=ConstraintMaker("no model", 0).make(request))


def allowed_tokens(sequence: Sequence, vocab_size: int) -> list[int]:
    """The tokens that the constraint of the sequence allows next."""
    assert sequence.constraint is not None
    mask = np.zeros(vocab_size, dtype=np.bool_)
    sequence.constraint.write_mask(mask)
    return [int(token) for token in np.flatnonzero(mask)]
