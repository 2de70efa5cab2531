"""A toy model without tensors: the next token is a sum, and the runner remembers what every cache slot was written for.

``ToyRunner`` checks each read of its cache, so it finds every error of the scheduler that would mix up sequences.
"""

from collections.abc import MutableSequence

import numpy as np
from numpy.typing import NDArray

from service.engine.constraints.constraint import Constraint
from service.engine.engine import Engine
from service.engine.loaded_adapters import WithoutAdapters
from service.engine.protocol.outputs import Hypothesis
from service.engine.protocol.request import Request
from service.engine.protocol.source import Source
from service.engine.scheduling.beam_search import BeamSearch, Candidates, num_candidates
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, ChunkOutput, Runner, Step
from tests.engine.configs import engine_config
from tests.fakes.engine_info import engine_info

BLOCK_SIZE = 2
VOCAB_SIZE = 5


def next_token(tokens: list[int]) -> int:
    """The token that the model gives after ``tokens``. It depends on all of them and on their order."""
    return sum((token + 1) * place for place, token in enumerate(tokens, start=1)) % 7 % VOCAB_SIZE


def expected_tokens(request: Request) -> list[int]:
    """The tokens that the engine must generate for ``request``, stop token included."""
    tokens = list(request.prompt)
    while len(tokens) < len(request.prompt) + request.params.max_tokens:
        tokens.append(next_token(tokens))
        if tokens[-1] in request.params.stop_token_ids:
            break
    return tokens[len(request.prompt) :]


def continuation(sequence: Sequence, count: int) -> list[int]:
    """The next ``count`` tokens of a sequence."""
    tokens = list(sequence.tokens)
    for _ in range(count):
        tokens.append(next_token(tokens))
    return tokens[len(tokens) - count :]


class NoRepetition:
    """A constraint that forbids the last token of the output, and the first token of all. It knows the output."""

    has_failed = is_complete = False

    def __init__(self, output: tuple[int, ...] = ()) -> None:
        self.output = output

    def advance(self, token: int) -> None:
        self.output += (token,)

    def fork(self) -> "NoRepetition":
        return NoRepetition(self.output)

    def forced_tokens(self) -> list[int]:
        return []

    def write_mask(self, mask: NDArray[np.bool_]) -> None:
        mask[:] = True
        mask[self.output[-1] if self.output else 0] = False


def candidates(tokens: list[int], count: int, constraint: Constraint | None = None) -> Candidates:
    """The continuations that the model gives a beam with these tokens. They depend on all of them."""
    number = sum((token + 1) * place for place, token in enumerate(tokens, start=1))
    weights = np.array([1 + (number * (token + 3) + token**2) % 7 for token in range(VOCAB_SIZE)], dtype=np.float32)
    allowed = np.ones(VOCAB_SIZE, dtype=np.bool_)
    if constraint is not None:
        constraint.write_mask(allowed)
    order = np.argsort(-weights, kind="stable")
    order = order[allowed[order]][:count]
    return Candidates(order, np.log(weights / weights.sum())[order])


def expected_hypotheses(request: Request, *, constrained: bool = False) -> list[Hypothesis]:
    """What the beam search of ``request`` must find, with ``NoRepetition`` if it is ``constrained``."""
    search, count = BeamSearch(request.params), num_candidates(request.params)
    outputs: list[tuple[int, ...]] = [()]
    while not search.is_done:
        constraints = [NoRepetition(output) if constrained else None for output in outputs]
        found = [
            candidates([*request.prompt, *output], count, constraint)
            for output, constraint in zip(outputs, constraints, strict=True)
        ]
        outputs = [(*outputs[parent], token) for parent, token in search.advance(found)]
    return search.hypotheses()


class ToyRunner:
    """A runner whose KV cache is a dictionary: slot -> what was written there.

    This is the source and the tokens up to the one that the slot was written for; or the source and the position, in
    the slots of a source.
    """

    def __init__(self) -> None:
        self.slots: dict[int, tuple[Source, tuple[int, ...] | int]] = {}

    def run(self, step: Step) -> list[ChunkOutput]:
        """Write all chunks, as a layer does, and then read all tokens that each chunk sees."""
        self._copy_blocks(step.copies)
        for chunk in step.chunks:
            sequence = chunk.sequence
            source, tokens = sequence.request.source, (*sequence.tokens, *chunk.proposed)
            for position in range(chunk.num_source):
                self.slots[self.slot(sequence.source_table, position)] = source, position
            for position in range(chunk.start, chunk.start + chunk.num_tokens):
                self.slots[self.slot(sequence.block_table, position)] = source, tokens[: position + 1]
        for chunk in step.chunks:
            sequence = chunk.sequence
            source, tokens = sequence.request.source, (*sequence.tokens, *chunk.proposed)
            for position in range(sequence.num_source):
                seen = self.slots[self.slot(sequence.source_table, position)]
                assert seen == (source, position), "a slot holds another source"
            for position in range(chunk.start + chunk.num_tokens):
                seen = self.slots[self.slot(sequence.block_table, position)]
                assert seen == (source, tokens[: position + 1]), "a slot holds another sequence's token"
        return [self.output(chunk) for chunk in step.chunks]

    def _copy_blocks(self, copies: list[tuple[int, int]]) -> None:
        """Copy what the slots of blocks hold."""
        for source, target in copies:
            for place in range(BLOCK_SIZE):
                if (seen := self.slots.get(source * BLOCK_SIZE + place)) is not None:
                    self.slots[target * BLOCK_SIZE + place] = seen

    @staticmethod
    def output(chunk: Chunk) -> ChunkOutput:
        """The tokens that are sampled for a chunk."""
        tokens, proposed = chunk.sequence.tokens, chunk.proposed
        if not chunk.samples or not chunk.sequence.params.max_tokens:
            return ChunkOutput()
        if chunk.sequence.params.beams is not None:
            constraint = chunk.sequence.constraint
            if isinstance(constraint, NoRepetition):
                assert list(constraint.output) == tokens[chunk.sequence.num_prompt :], "a constraint of another beam"
            return ChunkOutput(candidates=candidates(tokens, num_candidates(chunk.sequence.params), constraint))
        following = (next_token([*tokens, *proposed[:count]]) for count in range(1, len(proposed) + 1))
        return ChunkOutput(token=next_token(tokens), following=tuple((token, None) for token in following))

    @staticmethod
    def slot(table: MutableSequence[int], position: int) -> int:
        """The slot of a token in the blocks of ``table``, as in the real KV cache."""
        return table[position // BLOCK_SIZE] * BLOCK_SIZE + position % BLOCK_SIZE


class SizedRunner(WithoutAdapters):
    """A runner with the sizes that an engine needs to know."""

    def __init__(self, runner: Runner, *, blocks: int = 64, seqs: int = 4, budget: int = 16, chunk: int = 8) -> None:
        self.info = engine_info(
            vocab_size=VOCAB_SIZE,
            max_model_len=blocks * BLOCK_SIZE,
            max_num_seqs=seqs,
            max_batch_tokens=budget,
            prefill_chunk=chunk,
            block_size=BLOCK_SIZE,
            num_blocks=blocks,
        )
        self.run = runner.run


def toy_engine(runner: Runner, **sizes: int) -> Engine:
    """An engine around ``runner``. ``sizes`` are those of ``SizedRunner``: blocks, seqs, budget, chunk."""
    return Engine(SizedRunner(runner, **sizes), engine_config(""))
