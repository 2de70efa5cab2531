"""Finds the chunks of a step whose numbers are not finite."""

import numpy as np
from torch import Tensor

from service.engine.attention.batch import Batch
from service.engine.execution.forward import ForwardPass


def discard_broken(forward_pass: ForwardPass, batch: Batch, hidden: Tensor) -> set[int]:
    """The numbers of the chunks that have a row of ``hidden`` [T, hidden_size] that is not finite.

    What these chunks wrote into the KV cache is discarded. Nothing else in the cache can be broken, because a key or
    value that is not finite makes the hidden state of its own row not finite too, or of every row if it is a source's.
    """
    if forward_pass.all_finite(hidden):
        return set()
    finite = hidden.isfinite().all(dim=-1).cpu().numpy()
    broken = np.flatnonzero(~np.logical_and.reduceat(finite, batch.offsets[:-1]))
    for number in broken.tolist():
        forward_pass.discard(batch.written_slots(number))
    return set(broken.tolist())
