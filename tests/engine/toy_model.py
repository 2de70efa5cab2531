"""A model without tensors: what comes next is a sum, and its KV cache knows what every slot was written for."""

from service.engine.engine import Engine
from service.engine.protocol.request import Request
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import ChunkOutput, Runner, Step
from tests.engine.configs import engine_config
from tests.fakes.engine_info import engine_info

SIZE = 2


def next_token(tokens: list[int]) -> int:
    """A deterministic stand-in for a model: what follows depends on all that came before."""
    return sum(token * place for place, token in enumerate(tokens, start=1)) % 5


def expected(request: Request) -> list[int]:
    tokens = list(request.prompt)
    while len(tokens) < len(request.prompt) + request.params.max_tokens:
        tokens.append(next_token(tokens))
        if tokens[-1] in request.params.stop_token_ids:
            break
    return tokens[len(request.prompt) :]


class Cache:
    """A KV cache as a dictionary: what each slot was written for. Reading checks that it is what must be there."""

    def __init__(self) -> None:
        self.slots: dict[int, tuple[int, ...]] = {}

    def run(self, step: Step) -> list[ChunkOutput]:
        for chunk in step.chunks:  # every row writes before any row reads, as in a layer
            sequence = chunk.sequence
            for position in range(chunk.start, chunk.start + chunk.num_tokens):
                self.slots[self.slot(sequence, position)] = tuple(sequence.tokens[: position + 1])
        for chunk in step.chunks:
            for position in range(chunk.start + chunk.num_tokens):
                seen = self.slots[self.slot(chunk.sequence, position)]
                assert seen == tuple(chunk.sequence.tokens[: position + 1]), "a slot holds somebody else's token"
        return [
            ChunkOutput(token=next_token(c.sequence.tokens) if c.samples and c.sequence.params.max_tokens else None)
            for c in step.chunks
        ]

    @staticmethod
    def slot(sequence: Sequence, position: int) -> int:
        return sequence.block_table[position // SIZE] * SIZE + position % SIZE


class Computed:
    """A runner with the sizes that an engine asks for."""

    def __init__(self, runner: Runner, *, blocks: int = 64, seqs: int = 4, budget: int = 16, chunk: int = 8) -> None:
        self.info = engine_info(
            vocab_size=5,
            max_model_len=blocks * SIZE,
            max_num_seqs=seqs,
            max_batch_tokens=budget,
            prefill_chunk=chunk,
            block_size=SIZE,
            num_blocks=blocks,
        )
        self.run = runner.run


def toy_engine(runner: Runner, **sizes: int) -> Engine:
    return Engine(Computed(runner, **sizes), engine_config(""))
