"""Where the tokens of sequences are in a store whose blocks hold several tokens each."""

import numpy as np

from service.models.contracts.step_view import Ints


def slots_of(lengths: Ints, blocks: Ints, block_size: int) -> Ints:
    """The slots of all tokens of sequences with these ``lengths``, one sequence behind another.

    ``blocks`` are those of the sequences, one sequence's behind another's.
    """
    within = np.concatenate([np.arange(length) for length in lengths])
    counts = -(-lengths // block_size)
    firsts = np.repeat(counts.cumsum() - counts, lengths)
    slots: Ints = blocks[firsts + within // block_size] * block_size + within % block_size
    return slots
