"""The forward pass of rank 0: the other ranks compute their parts of the same batch meanwhile."""

from torch import Tensor

from service.engine.attention.batch import Batch
from service.engine.execution.forward import ForwardPass
from service.engine.execution.tensor_parallel.commands import Compute, CopyBlocks, Discard
from service.engine.execution.tensor_parallel.ranks import Ranks
from service.errors import DeviceLost
from service.models.contracts.step_view import Ints


class ParallelForward:
    """Implements ``ForwardPass``.

    Any error ends the process: the ranks may be at different places, and a smaller step cannot bring them together.
    """

    def __init__(self, own: ForwardPass, ranks: Ranks) -> None:
        self._own = own
        self._ranks = ranks

    def hidden(self, batch: Batch) -> Tensor:
        """As ``ForwardPass.hidden``. Raises DeviceLost."""
        self._ranks.send(Compute.from_batch(batch))
        try:
            return self._own.hidden(batch)
        except (RuntimeError, MemoryError) as error:
            raise DeviceLost("the processes of tensor_parallel cannot go on together") from error

    def all_finite(self, hidden: Tensor) -> bool:
        """As ``ForwardPass.all_finite``."""
        return self._own.all_finite(hidden)

    def copy_blocks(self, copies: Ints) -> None:
        """As ``ForwardPass.copy_blocks``. Raises DeviceLost."""
        self._ranks.send(CopyBlocks(copies.tolist()))
        self._own.copy_blocks(copies)

    def discard(self, slots: Ints) -> None:
        """As ``ForwardPass.discard``. Raises DeviceLost."""
        self._ranks.send(Discard.from_slots(slots))
        self._own.discard(slots)
