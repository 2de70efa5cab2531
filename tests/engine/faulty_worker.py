"""An engine process whose model is arithmetic, and which fails when it computes certain tokens.

It needs no torch, so it starts in a fraction of a second. ``expected`` computes the same tokens without a process. Its
``model_path`` is a directory, in which a file ``broken`` keeps it from loading. An adapter is a directory with a file
``adapter``; a file ``exit`` ends the process that loads the adapter.
"""

import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from service.engine import worker
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.outputs import TokenLogprob
from service.engine.protocol.request import Request
from service.engine.scheduling.step import ChunkOutput, Step
from service.errors import DeviceLost, ProcessError, UnsupportedAdapter
from tests.fakes.engine_info import engine_info

EXIT, RAISE, NOT_FINITE, DEADLOCK, BUSY, LOST = range(1000, 1006)  # tokens
BUSY_SECONDS = 3.5
_STEP_SECONDS = 0.002


def next_token(tokens: Sequence[int], seed: int) -> int:
    """Depends on all tokens before: a token that is lost, repeated or changed changes all that follow."""
    value = seed
    for token in tokens:
        value = (value * 1_000_003 + token) % 2_147_483_647
    return value % 1000


def seed_of(request: Request) -> int:
    """It depends on the adapter too."""
    return request.params.seed + 17 * len(request.adapter)


def expected(request: Request) -> list[int]:
    """The tokens that an engine without faults generates."""
    tokens = [*request.prompt]
    for _ in range(request.params.max_tokens):
        tokens.append(next_token(tokens, seed_of(request)))
    return tokens[len(request.prompt) :]


class FaultyRunner:
    """Computes ``next_token``. Every step takes at least ``_STEP_SECONDS``."""

    def __init__(self, config: EngineConfig) -> None:
        if (Path(config.model_path) / "broken").exists():
            raise ProcessError("the model is broken")

        self._adapters: set[int] = set()

    draft_runner = None
    info = engine_info(
        vocab_size=1010, max_model_len=4096, max_num_seqs=8, max_batch_tokens=256, prefill_chunk=64, num_blocks=512
    )

    def load_adapter(self, number: int, path: str) -> tuple[int, int]:
        if (Path(path) / "exit").exists():
            os._exit(4)
        if not (Path(path) / "adapter").exists():
            raise UnsupportedAdapter("there is no adapter")
        self._adapters.add(number)
        return 3, 1000

    def unload_adapter(self, number: int) -> None:
        self._adapters.remove(number)

    def run(self, step: Step) -> list[ChunkOutput]:
        time.sleep(_STEP_SECONDS)
        outputs = []
        for chunk in step.chunks:
            sequence, params = chunk.sequence, chunk.sequence.params
            assert not sequence.adapter or sequence.adapter in self._adapters
            tokens = sequence.tokens[chunk.start : chunk.start + chunk.num_tokens]
            if EXIT in tokens:
                os._exit(3)
            if RAISE in tokens:
                raise ValueError("a fault")
            if LOST in tokens:
                raise DeviceLost("the device is lost")
            if DEADLOCK in tokens:
                threading.Event().wait()
            if BUSY in tokens:
                end = time.monotonic() + BUSY_SECONDS
                while time.monotonic() < end:
                    pass
            scored: tuple[TokenLogprob, ...] = ()
            if params.prompt_logprobs is not None:
                following = sequence.request.prompt[chunk.start + 1 : chunk.start + 1 + chunk.num_tokens]
                scored = tuple(TokenLogprob(token, -1.0) for token in following)
            if NOT_FINITE in tokens:
                outputs.append(ChunkOutput(error="the model's output is not finite"))
            elif chunk.samples:
                token = next_token(sequence.tokens, seed_of(sequence.request))
                logprob = None if params.logprobs is None else TokenLogprob(token, -token / 1000)
                outputs.append(ChunkOutput(token, logprob, scored))
            else:
                outputs.append(ChunkOutput(prompt_logprobs=scored))
        return outputs


if __name__ == "__main__":
    sys.exit(worker.main(lambda: FaultyRunner))
