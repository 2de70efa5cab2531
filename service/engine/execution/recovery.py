"""Recovery from a step that fails: it is computed again in parts, until the chunk that causes the failure is alone.

Computing a chunk again gives the same result, whatever is computed with it: keys and values go to the same slots, and
draws are functions of seed and position.

A step that needs too much memory is computed in smaller parts: fewer chunks at once, then fewer tokens of a chunk. The
next steps are computed in parts of that size too, because memory that is short now is probably short in the next step.
After a number of steps without a failure the parts grow again. A sequence that finds no memory for a single token is
tried in a few more steps before it fails.

The blocks that beams have to have copies of are copied once, before anything is computed. A sequence without its copy
fails alone.
"""

import logging
from collections.abc import Iterator

import msgspec

from service.engine.scheduling.step import Chunk, ChunkOutput, Runner, Step
from service.errors import DeviceLost, OutOfMemory

logger = logging.getLogger(__name__)

NO_MEMORY = "there is not enough memory to compute this sequence"
STEP_FAILED = "the step failed"
_MAX_ATTEMPTS = 3  # steps in a row in which a sequence finds no memory for one token, until it fails
_QUIET_STEPS = 32  # steps without a failure, until parts of twice the size are tried


class Recovery:
    """A runner that calls another runner, and again in parts if that fails.

    Raises only DeviceLost, after which only a new process can compute.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._part_tokens: int | None = None  # the most tokens of a part while memory is short; else None
        self._failed_tokens = 0  # the largest number of tokens for which memory was too short
        self._quiet_steps = 0  # steps since the last failure, or since the parts grew
        self._attempts: dict[str, int] = {}  # sequence id -> steps in a row without memory for one token

    def run(self, step: Step) -> list[ChunkOutput]:
        """Compute one output for each of ``step.chunks``, in their order.

        An output may say that only the first tokens of its chunk were computed, or none.
        """
        if not step.copies or not (lost := self._copy(step.copies)):
            return self._run(step.chunks)
        lacks_copy = [not lost.isdisjoint(chunk.sequence.block_table) for chunk in step.chunks]
        rest = [chunk for chunk, lacks in zip(step.chunks, lacks_copy, strict=True) if not lacks]
        outputs = iter(self._run(rest))
        return [ChunkOutput(error=NO_MEMORY) if lacks else next(outputs) for lacks in lacks_copy]

    def _copy(self, copies: list[tuple[int, int]]) -> set[int]:
        """Copy blocks, one at a time if all at once fail. Returns the blocks that lack their keys and values."""
        try:
            self._runner.run(Step(copies=copies))
        except DeviceLost:
            raise
        except Exception:
            logger.exception("%d blocks could not be copied", len(copies))
        else:
            return set()
        if len(copies) == 1:
            return {target for _, target in copies}
        return {target for copy in copies for target in self._copy([copy])}

    def _run(self, chunks: list[Chunk]) -> list[ChunkOutput]:
        """Compute one output for each of ``chunks``."""
        attempts, self._attempts = self._attempts, {}
        if self._part_tokens is None:
            return self._compute(chunks, attempts)
        self._quiet_steps += 1
        shortened = [chunk.shortened(self._part_tokens) for chunk in chunks]
        parts = _split(shortened, self._part_tokens)
        outputs = [output for part in parts for output in self._compute(part, attempts)]
        if self._quiet_steps >= _QUIET_STEPS:
            self._quiet_steps = 0
            doubled = 2 * self._part_tokens
            self._part_tokens = doubled if doubled < self._failed_tokens else None
        return [_with_progress(*each) for each in zip(chunks, shortened, outputs, strict=True)]

    def _compute(self, chunks: list[Chunk], attempts: dict[str, int]) -> list[ChunkOutput]:
        """Compute ``chunks``, in halves if that fails. ``attempts`` are those of the steps before."""
        try:
            return self._runner.run(Step(chunks))
        except DeviceLost:
            raise
        except OutOfMemory as error:
            out_of_memory = True
            logger.warning("no memory for a step of %d sequences: %s", len(chunks), error)
        except Exception:
            out_of_memory = False
            logger.exception("a step of %d sequences failed", len(chunks))
        # The rest is outside of the except clauses: inside them, the exception would keep the memory of the attempt.
        if out_of_memory:
            self._shrink_parts(sum(chunk.num_tokens for chunk in chunks))
        if len(chunks) > 1:
            middle = len(chunks) // 2
            return self._compute(chunks[:middle], attempts) + self._compute(chunks[middle:], attempts)
        (chunk,) = chunks
        if not out_of_memory:
            return [ChunkOutput(error=STEP_FAILED)]
        if chunk.num_tokens > 1:
            half = chunk.shortened(chunk.num_tokens // 2)
            return [_with_progress(chunk, half, output) for output in self._compute([half], attempts)]
        count = attempts.get(chunk.sequence.id, 0) + 1
        if count >= _MAX_ATTEMPTS:
            return [ChunkOutput(error=NO_MEMORY)]
        self._attempts[chunk.sequence.id] = count
        return [ChunkOutput(num_tokens=0)]

    def _shrink_parts(self, num_tokens: int) -> None:
        """Halve the parts after memory was too short for ``num_tokens`` tokens."""
        self._failed_tokens = max(num_tokens, self._failed_tokens if self._part_tokens else 0)
        self._part_tokens = max(1, min(num_tokens // 2, self._part_tokens or num_tokens))
        self._quiet_steps = 0


def _split(chunks: list[Chunk], max_tokens: int) -> Iterator[list[Chunk]]:
    """Cut ``chunks`` into parts of at most ``max_tokens`` tokens. No chunk has more than that."""
    part: list[Chunk] = []
    num_tokens = 0
    for chunk in chunks:
        if num_tokens + chunk.num_tokens > max_tokens:
            yield part
            part, num_tokens = [], 0
        part.append(chunk)
        num_tokens += chunk.num_tokens
    yield part


def _with_progress(chunk: Chunk, computed: Chunk, output: ChunkOutput) -> ChunkOutput:
    """The output of ``computed``, which is the beginning of ``chunk``, as the output of ``chunk``."""
    if computed.num_tokens == chunk.num_tokens or output.num_tokens is not None:
        return output
    return msgspec.structs.replace(output, num_tokens=computed.num_tokens)
