"""A draft model without tensors, which remembers what each slot of its cache was written for, as ``ToyRunner`` does."""

from service.engine.drafting.draft_runner import Guess
from service.engine.drafting.drafter import ModelDrafter
from service.engine.scheduling.speculator import MeasuredSpeculator
from service.engine.scheduling.step import Step
from service.engine.scheduling.step_cost_model import StepCost, StepCostModel
from tests.engine.toy_model import BLOCK_SIZE, VOCAB_SIZE, ToyRunner, next_token


class Costs(StepCostModel):
    """Costs that are known from the start."""

    def __init__(self, base: float = 1.0, per_decode: float = 0.0) -> None:
        super().__init__()
        self.num_speculating = 1000
        self._cost = StepCost(base, per_decode, per_token=0.0, per_pair=0.0, per_proposed=0.01)

    def cost_without_prompts(self) -> StepCost:
        return self._cost


class ToyDraftModel:
    """Guesses the right token, or in every ``wrong``-th guess another one. A ``DraftRunner``.

    A call takes ``seconds`` on its own ``clock``, and raises ``error`` if there is one.
    """

    vocab_size = VOCAB_SIZE
    max_model_len = 10_000

    def __init__(self, *, wrong: int = 0, seconds: float = 0.1, error: Exception | None = None) -> None:
        self.slots: dict[int, tuple[int, ...]] = {}
        self.steps: list[Step] = []
        self.num_guesses = 0
        self.error = error
        self.now = 0.0
        self.broken: set[str] = set()
        self._wrong = wrong
        self._seconds = seconds

    def clock(self) -> float:
        return self.now

    def draft(self, step: Step) -> list[Guess | None]:
        self.steps.append(step)
        self.now += self._seconds
        if self.error is not None:
            raise self.error
        for chunk in step.chunks:
            tokens = chunk.sequence.tokens
            for position in range(chunk.start, chunk.start + chunk.num_tokens):
                self.slots[ToyRunner.slot(chunk.sequence.block_table, position)] = tuple(tokens[: position + 1])
        for chunk in step.chunks:
            for position in range(chunk.start + chunk.num_tokens):
                seen = self.slots[ToyRunner.slot(chunk.sequence.block_table, position)]
                assert seen == tuple(chunk.sequence.tokens[: position + 1]), "a slot holds another sequence's token"
        return [self._guess(chunk.sequence.tokens) if chunk.samples else None for chunk in step.chunks]

    def _guess(self, tokens: list[int]) -> Guess:
        self.num_guesses += 1
        right = next_token(tokens)
        is_wrong = self._wrong and self.num_guesses % self._wrong == 0
        return Guess((right + 1) % VOCAB_SIZE if is_wrong else right, 0.6)


def make_drafter(model: ToyDraftModel, costs: StepCostModel | None = None, *, chunk: int = 64) -> ModelDrafter:
    return ModelDrafter(model, costs or Costs(), block_size=BLOCK_SIZE, chunk=chunk, clock=model.clock)


def make_speculator(model: ToyDraftModel, costs: StepCostModel | None = None, *, chunk: int = 64) -> MeasuredSpeculator:
    costs = costs or Costs()
    return MeasuredSpeculator(costs, make_drafter(model, costs, chunk=chunk))
