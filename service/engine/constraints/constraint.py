"""The contract between a sequence and its constraint."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Constraint(Protocol):
    """Follows the output of one sequence, token by token."""

    def advance(self, token: int) -> None:
        """Move on by a token of the output."""
        ...

    def fork(self) -> "Constraint":
        """Another constraint in the same state, for a beam that goes on differently."""
        ...

    def forced_tokens(self) -> list[int]:
        """The tokens that must come next, because the text that they spell is the only one that may; mostly none."""
        ...

    @property
    def is_complete(self) -> bool:
        """Whether the output is whole and nothing may follow."""
        ...

    @property
    def has_failed(self) -> bool:
        """Whether it cannot be followed any further, for example because a limit is reached. Then no token may come."""
        ...

    def write_mask(self, mask: NDArray[np.bool_]) -> None:
        """Set each entry of ``mask`` [V] to whether that token may come next."""
        ...
