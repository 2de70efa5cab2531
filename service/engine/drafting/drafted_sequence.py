"""A sequence as the draft model sees it: with guesses behind its tokens, and the draft model's own progress."""

import msgspec

from service.engine.drafting.block_contents import BlockContents, BlockKey, block_key
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk


class DraftedSequence:
    """Owns the ``twin`` of a sequence, which the draft model computes: no other object writes to it.

    The twin has the sequence's tokens and then guesses, and the sequence's own block table. It has no adapter, as the
    draft model has none, and no log probabilities. ``twin.num_computed`` is the draft model's progress.
    """

    def __init__(self, sequence: Sequence, contents: BlockContents, block_size: int) -> None:
        params = msgspec.structs.replace(sequence.params, logprobs=None, prompt_logprobs=None)
        self.twin = Sequence(msgspec.structs.replace(sequence.request, params=params))
        self.is_broken = False  # the draft model cannot compute it
        self.sequence = sequence
        self._contents = contents
        self._block_size = block_size
        self._num_known = len(self.twin.tokens)  # tokens of the twin that are no guesses
        self._keys: list[BlockKey] = []  # of the full blocks of known tokens
        self._num_recorded = 0  # leading blocks that are computed

    @property
    def num_lacking(self) -> int:
        """The tokens that the draft model has not computed."""
        return len(self.twin.tokens) - self.twin.num_computed

    @property
    def guesses(self) -> tuple[int, ...]:
        """The guesses since ``follow``."""
        return tuple(self.twin.tokens[self._num_known :])

    def follow(self) -> None:
        """Take over the sequence's tokens and blocks. Guesses that became its tokens stay computed."""
        tokens, twin, known = self.sequence.tokens, self.twin, self._num_known
        while known < min(len(tokens), len(twin.tokens)) and tokens[known] == twin.tokens[known]:
            known += 1
        twin.tokens[known:] = tokens[known:]
        self._num_known = len(tokens)
        if twin.block_table is self.sequence.block_table:
            twin.num_computed = min(twin.num_computed, known, len(tokens) - 1)  # the last one's logits are needed
            self._num_recorded = min(self._num_recorded, twin.num_computed // self._block_size)
        else:  # the sequence has started, once more perhaps
            twin.block_table = self.sequence.block_table
            self._num_recorded = 0
            twin.num_computed = self._num_found() * self._block_size
        self._record()

    def chunk(self, most: int) -> Chunk | None:
        """The next ``most`` tokens to compute, or all that are lacking; None if the blocks hold no more."""
        start, size = self.twin.num_computed, self._block_size
        count = min(self.num_lacking, most, len(self.twin.block_table) * size - start)
        if count <= 0:
            return None
        for block in self.twin.block_table[start // size : (start + count - 1) // size + 1]:
            self._contents.forget(block)
        return Chunk(self.twin, start, count)

    def computed(self, chunk: Chunk, guess: int | None) -> None:
        """``chunk`` is computed, with this guess behind it."""
        self.twin.advance(chunk.start + chunk.num_tokens)
        self._record()
        if guess is not None:
            self.twin.append(guess)

    def _num_found(self) -> int:
        """The leading blocks whose content the draft model has computed. The last token is left to compute."""
        most = (len(self.twin.tokens) - 1) // self._block_size
        for number, block in enumerate(self.twin.block_table[:most]):
            if not self._contents.holds(block, self._key(number)):
                return number
        return min(most, len(self.twin.block_table))

    def _record(self) -> None:
        """Record the blocks that are full of known and computed tokens."""
        full = min(self.twin.num_computed, self._num_known) // self._block_size
        for number in range(self._num_recorded, full):
            self._contents.record(self.twin.block_table[number], self._key(number))
        self._num_recorded = max(self._num_recorded, full)

    def _key(self, number: int) -> BlockKey:
        """The key of a full block of known tokens."""
        size = self._block_size
        while len(self._keys) <= number:
            begin = len(self._keys) * size
            before = self._keys[-1] if self._keys else 0
            self._keys.append(block_key(before, self.twin.tokens[begin : begin + size]))
        return self._keys[number]
