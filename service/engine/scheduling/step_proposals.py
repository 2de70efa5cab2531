"""The proposals of a step: the guesses of a speculator, as many as the step and its blocks have room for.

Guesses take nothing that others need: prompts keep half of the token budget, and each running sequence keeps a free
block.
"""

from service.engine.scheduling.block_pool import BlockPool, num_blocks_for
from service.engine.scheduling.block_tables import BlockTables
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.speculator import Proposals, Speculator
from service.engine.scheduling.step import DraftCost
from service.engine.speculation.speculation import Speculation


class StepProposals:
    """Gets the proposals of each step from a speculator, and the blocks for them."""

    def __init__(self, speculator: Speculator | None, pool: BlockPool, tables: BlockTables, max_sampled: int) -> None:
        """``max_sampled`` is the most rows of logits in a step. Without a ``speculator``, nothing is guessed."""
        self._speculator = speculator
        self._pool = pool
        self._tables = tables
        self._max_sampled = max_sampled

    def follow(self, sequence: Sequence) -> Speculation | None:
        """The speculation about a new sequence; None if there is none, as a constraint or beams cannot look ahead."""
        if self._speculator is None or sequence.constraint is not None or sequence.params.beams is not None:
            return None
        return self._speculator.follow(sequence.request)

    def propose(
        self, decodes: list[Sequence], num_beams: int, num_running: int, budget: int, are_prompts_left: bool
    ) -> tuple[Proposals, DraftCost]:
        """Guesses for sequences that lack one token, and what the guesses have cost.

        ``num_beams`` is how many beams sample beside them, and ``num_running`` is how many rows the running sequences
        may have.
        ``budget`` is what the streams leave of the token budget; half of it is for prompts, if any are left.
        """
        if self._speculator is None or not decodes:
            return {}, DraftCost()
        most = min(budget // 2 if are_prompts_left else budget, self._max_sampled - len(decodes) - num_beams)
        if most <= 0:
            return {}, DraftCost()
        if ahead := self._speculator.lookahead:
            for sequence in decodes:
                self.room_behind(sequence, sequence.num_tokens, ahead, num_running)
        proposals = self._speculator.propose(decodes, most)
        return proposals, self._speculator.cost

    def room_behind(self, sequence: Sequence, num_tokens: int, wanted: int, num_running: int) -> int:
        """How many of ``wanted`` tokens behind the first ``num_tokens`` fit into the sequence's blocks.

        It gets free blocks for them only while one more is left for each running sequence: guesses preempt nobody.
        """
        pool = self._pool
        needed = num_blocks_for(num_tokens + wanted, pool.block_size) - len(sequence.block_table)
        if needed > 0 and pool.num_free >= needed + num_running:
            self._tables.grow(sequence, num_tokens + wanted)
        return min(wanted, len(sequence.block_table) * pool.block_size - num_tokens)
