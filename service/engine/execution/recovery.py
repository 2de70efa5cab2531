"""A step that fails is computed again in parts, until it is known whose fault it is; everybody else goes on.

Keys and values are written to the same slots again and draws are functions of seed and position, so a chunk gives the
same however often it is computed and whoever is computed with it.

What fails for want of memory is made smaller: fewer chunks at once, then fewer tokens of a chunk. So it goes on for a
while, as memory that is short now is short in the next step too; then the parts grow again. A sequence for which there
is not even memory for one token of its own is tried in a few more steps before it fails.
"""

import logging
from collections.abc import Iterator

import msgspec

from service.engine.scheduling.step import Chunk, ChunkOutput, Runner, Step
from service.errors import DeviceLost, OutOfMemory

logger = logging.getLogger(__name__)

NO_MEMORY = "there is not enough memory to compute this sequence"
FAILED = "the step failed"
_ATTEMPTS = 3  # steps in a row in which one token alone finds no memory
_CALM = 32  # steps without a failure, after which twice as much is tried at once


class Recovery:
    """A runner around another one. Raises DeviceLost, after which only a new process can compute."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._room: int | None = None  # tokens computed at once while memory is short
        self._too_many = 0  # tokens at once that there was no memory for
        self._calm = 0  # steps since then
        self._starved: dict[str, int] = {}  # sequence id -> steps in a row without memory for one token

    def run(self, step: Step) -> list[ChunkOutput]:
        """One output for each of ``step.chunks``, in their order. One may tell that less than its chunk was done."""
        before, self._starved = self._starved, {}
        if self._room is None:
            return self._compute(step.chunks, before)
        self._calm += 1
        cut = [_shortened(chunk, self._room) for chunk in step.chunks]
        outputs = [output for part in _parts(cut, self._room) for output in self._compute(part, before)]
        if self._calm >= _CALM:
            self._calm = 0
            self._room = 2 * self._room if 2 * self._room < self._too_many else None
        return [_told(*each) for each in zip(step.chunks, cut, outputs, strict=True)]

    def _compute(self, chunks: list[Chunk], before: dict[str, int]) -> list[ChunkOutput]:
        """``before`` is who starved in the last step."""
        try:
            return self._runner.run(Step(chunks))
        except DeviceLost:
            raise
        except OutOfMemory as error:
            is_short = True
            logger.warning("no memory for a step of %d sequences: %s", len(chunks), error)
        except Exception:
            is_short = False
            logger.exception("a step of %d sequences failed", len(chunks))
        # Here, not in the clauses above: there the exception would hold what the attempt has allocated.
        if is_short:
            self._shrink(sum(chunk.num_tokens for chunk in chunks))
        if len(chunks) > 1:
            middle = len(chunks) // 2
            return self._compute(chunks[:middle], before) + self._compute(chunks[middle:], before)
        (chunk,) = chunks
        if not is_short:
            return [ChunkOutput(error=FAILED)]
        if chunk.num_tokens > 1:
            half = _shortened(chunk, chunk.num_tokens // 2)
            return [_told(chunk, half, output) for output in self._compute([half], before)]
        attempts = before.get(chunk.sequence.id, 0) + 1
        if attempts >= _ATTEMPTS:
            return [ChunkOutput(error=NO_MEMORY)]
        self._starved[chunk.sequence.id] = attempts
        return [ChunkOutput(num_tokens=0)]

    def _shrink(self, num_tokens: int) -> None:
        """So many at once were too many."""
        self._too_many = max(num_tokens, self._too_many if self._room else 0)
        self._room = max(1, min(num_tokens // 2, self._room or num_tokens))
        self._calm = 0


def _parts(chunks: list[Chunk], room: int) -> Iterator[list[Chunk]]:
    """The chunks in runs of at most ``room`` tokens; none has more."""
    part: list[Chunk] = []
    num_tokens = 0
    for chunk in chunks:
        if num_tokens + chunk.num_tokens > room:
            yield part
            part, num_tokens = [], 0
        part.append(chunk)
        num_tokens += chunk.num_tokens
    yield part


def _shortened(chunk: Chunk, most: int) -> Chunk:
    return chunk if chunk.num_tokens <= most else Chunk(chunk.sequence, chunk.start, most)


def _told(asked: Chunk, done: Chunk, output: ChunkOutput) -> ChunkOutput:
    """The output of ``done`` as that of ``asked``."""
    if done.num_tokens == asked.num_tokens or output.num_tokens is not None:
        return output
    return msgspec.structs.replace(output, num_tokens=done.num_tokens)
