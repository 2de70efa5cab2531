"""One model with one kind of weights, computed by the serving engine."""

import msgspec
import torch
from torch import Tensor

from service.engine.attention.batch import Batch
from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.outputs import FinishReason
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.block_pool import num_blocks_for
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, Step

KINDS = {
    "float32": {"dtype": "float32", "quantization": "none"},
    "bfloat16": {"dtype": "bfloat16", "quantization": "none"},
    "stored": {"dtype": "bfloat16", "quantization": "auto"},
    "int8": {"dtype": "bfloat16", "quantization": "int8"},
    "int4": {"dtype": "bfloat16", "quantization": "int4"},
    "int8-cache": {"dtype": "bfloat16", "quantization": "none", "kv_cache_dtype": "int8"},
}


class ModelVariant:
    """The model with weights of one of ``KINDS``, loaded."""

    def __init__(self, kind: str, config: EngineConfig) -> None:
        # ``read`` uses the cache without the engine's knowledge, so the engine must not keep prefixes in it.
        config = msgspec.structs.replace(config, prefix_caching=False, **KINDS[kind])
        self.kind = kind
        self._runner = ModelRunner(config)
        self._engine = Engine(self._runner, config)
        self.info = self._runner.info

    @torch.inference_mode()
    def read(self, tokens: list[int]) -> Tensor:
        """The log probabilities of the token after each of ``tokens`` but the last: float32 [len(tokens) - 1, V]."""
        blocks = range(num_blocks_for(len(tokens), self.info.block_size))
        request = Request(id="", prompt=tuple(tokens), params=SamplingParams(max_tokens=0))
        step = Step([Chunk(Sequence(request, block_table=list(blocks)), 0, len(tokens))])
        batch = Batch.from_step(step, self._runner.cache, self._runner.device)
        hidden = self._runner.forward_pass.hidden(batch)
        return self._runner.model.logits(hidden[:-1]).float().log_softmax(dim=-1)

    def generate(self, prompts: list[list[int]], length: int, stops: tuple[int, ...]) -> list[list[int]]:
        """The greedy output of each prompt, at most ``length`` tokens, up to and including a token of ``stops``.

        Raises RuntimeError if the engine fails on a prompt.
        """
        params = SamplingParams(max_tokens=length, temperature=0.0, stop_token_ids=stops)
        outputs: dict[str, list[int]] = {}
        for number, prompt in enumerate(prompts):
            outputs[f"{number}"] = []
            self._engine.add(Request(id=f"{number}", prompt=tuple(prompt), params=params))
        while self._engine.has_work:
            for output in self._engine.step().outputs:
                if output.token is None or output.finish is FinishReason.ERROR:
                    raise RuntimeError(f"the engine gave no token: {output.error or output.finish}")
                outputs[output.request_id].append(output.token)
        return list(outputs.values())
