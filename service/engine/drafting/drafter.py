"""Lets a draft model guess: keeps it up to date with the sequences, and runs its passes. It imports no torch."""

import logging
import time
from collections.abc import Callable, Mapping

from service.engine.drafting.block_contents import BlockContents
from service.engine.drafting.draft_budget import MOST_GUESSES, Candidate, DraftBudget
from service.engine.drafting.draft_runner import DraftRunner, Guess
from service.engine.drafting.drafted_sequence import DraftedSequence
from service.engine.scheduling.sequence import Sequence, SequenceStatus
from service.engine.scheduling.step import Chunk, DraftCost, Step
from service.engine.scheduling.step_cost_model import StepCostModel
from service.errors import DeviceLost

logger = logging.getLogger(__name__)

_STEPS_OF_REST = 1024  # without the draft model after it has failed


class ModelDrafter:
    """Owns the twins of sequences. A ``Drafter``."""

    def __init__(
        self,
        runner: DraftRunner,
        target_costs: StepCostModel,
        *,
        block_size: int,
        chunk: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``chunk`` is the most tokens of prompts that the draft model computes before one step."""
        self.cost = DraftCost()
        self._runner = runner
        self._costs = StepCostModel()
        self._budget = DraftBudget(target_costs, self._costs)
        self._contents = BlockContents()
        self._block_size = block_size
        self._chunk = chunk
        self._clock = clock
        self._drafted: dict[Sequence, DraftedSequence] = {}
        self._rest = 0

    @property
    def lookahead(self) -> int:
        """As ``Drafter.lookahead``."""
        return 0 if self._rest else MOST_GUESSES

    def draft(
        self, decodes: list[Sequence], copied: Mapping[Sequence, list[float]], most: int
    ) -> dict[Sequence, list[float]]:
        """As ``Drafter.draft``."""
        self.cost = DraftCost()
        for sequence in [each for each in self._drafted if each.status is SequenceStatus.FINISHED]:
            del self._drafted[sequence]
        if self._rest:
            self._rest -= 1
            return {}
        possible = [drafted for each in decodes if (drafted := self._follow(each)) is not None]
        chosen = self._budget.choose(possible, copied, len(decodes))[:most]
        if not chosen:
            return {}
        try:
            self._guess(chosen, len(decodes), min(MOST_GUESSES, most // len(chosen)))
        except DeviceLost:
            raise
        except Exception:
            self._rest = _STEPS_OF_REST
            logger.exception("the draft model failed: no guesses of it in the next %d steps", _STEPS_OF_REST)
            return {}
        return {
            each.drafted.sequence: each.speculation.draft(each.drafted.guesses, each.confidences)
            for each in chosen
            if each.confidences
        }

    def _follow(self, sequence: Sequence) -> DraftedSequence | None:
        """The sequence as the draft model sees it now; None if the draft model cannot guess for it."""
        if sequence.speculation is None or sequence.max_total_tokens - sequence.num_tokens <= 1:
            return None
        if sequence.num_tokens + MOST_GUESSES > self._runner.max_model_len:
            return None
        drafted = self._drafted.get(sequence)
        if drafted is None:
            drafted = self._drafted[sequence] = DraftedSequence(sequence, self._contents, self._block_size)
            drafted.is_broken = max(sequence.tokens) >= self._runner.vocab_size
        elif sequence.tokens[-1] >= self._runner.vocab_size:
            drafted.is_broken = True
        if drafted.is_broken:
            return None
        drafted.follow()
        return drafted

    def _guess(self, chosen: list[Candidate], num_decodes: int, depth: int) -> None:
        """Let the draft model compute what it lacks, and guess up to ``depth`` tokens of each sequence."""
        active, left = chosen, self._chunk
        for _ in range(depth):
            chunks: list[tuple[Candidate, Chunk]] = []
            for candidate in active:
                chunk = candidate.drafted.chunk(left)
                if chunk is not None:
                    chunks.append((candidate, chunk))
                    left -= chunk.num_tokens
            if not chunks:
                return
            guesses = self._run([chunk for _, chunk in chunks])
            for (candidate, chunk), guess in zip(chunks, guesses, strict=True):
                candidate.record(chunk, guess)
            prices = self._budget.prices(num_decodes, len(chunks))
            guessed = zip(chunks, guesses, strict=True)
            active = [each for (each, _), guess in guessed if guess is not None and each.continues(prices)]

    def _run(self, chunks: list[Chunk]) -> list[Guess | None]:
        step = Step(chunks)
        begin = self._clock()
        guesses = self._runner.draft(step)
        seconds = self._clock() - begin
        self._costs.record(step, seconds)
        num_guesses = sum([guess is not None for guess in guesses])
        self.cost = DraftCost(self.cost.seconds + seconds, self.cost.num_guesses + num_guesses)
        return guesses
