"""The engine process around a model that echoes its input, and fails on demand."""

import os
import sys
from pathlib import Path

import numpy as np

from service.engine import worker
from service.engine.loaded_adapters import WithoutAdapters
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.outputs import TokenLogprob
from service.engine.scheduling.step import Chunk, ChunkOutput, Step
from service.tasks.text.tokenizer import Tokenizer
from tests.fakes.engine_info import engine_info
from tests.fakes.tokenizer import EOS

LONGEST = 64  # tokens of an output; all of it goes through the service's checks of translations, which sample it again
RAISE = "please raise"
CRASH = "please crash"


class EchoRunner(WithoutAdapters):
    """An output is the end of its prompt, over and over, or what its constraint allows first. It ends by itself."""

    def __init__(self, config: EngineConfig) -> None:
        self._tokenizer = Tokenizer.load(Path(config.model_path))
        self.info: EngineInfo = engine_info(max_model_len=8192, num_blocks=4096, vocab_size=self._tokenizer.vocab_size)

    def run(self, step: Step) -> list[ChunkOutput]:
        return [self._output(chunk) for chunk in step.chunks]

    def _output(self, chunk: Chunk) -> ChunkOutput:
        request = chunk.sequence.request
        number = len(chunk.sequence.tokens) - len(request.prompt)
        if number == 0:
            self._fail_on_demand(self._tokenizer.decode(request.prompt))
        following = chunk.sequence.tokens[chunk.start + 1 : chunk.start + chunk.num_tokens + 1]
        prompt_logprobs = tuple(TokenLogprob(token, -0.5) for token in following)
        if not chunk.samples:
            return ChunkOutput(prompt_logprobs=prompt_logprobs)
        echoed = request.prompt[-LONGEST:]
        token = EOS if number == LONGEST else echoed[number % len(echoed)]
        params = request.params
        if (constraint := chunk.sequence.constraint) is not None:
            mask = np.zeros(self._tokenizer.vocab_size, dtype=np.bool_)
            constraint.write_mask(mask)
            token = int(mask.argmax())
        logprob = None if params.logprobs is None else TokenLogprob(token, -0.5, ((token, -0.5),))
        return ChunkOutput(token=token, logprob=logprob, prompt_logprobs=prompt_logprobs)

    def _fail_on_demand(self, prompt: str) -> None:
        if RAISE in prompt:
            try:
                raise KeyError(prompt)
            except KeyError:
                raise RuntimeError(f"cannot compute {prompt}") from None
        if CRASH in prompt:
            os.abort()


if __name__ == "__main__":
    sys.exit(worker.main(lambda: EchoRunner))
