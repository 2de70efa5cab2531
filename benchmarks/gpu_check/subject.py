"""The subject of the checks: a model on a device, with a new engine for each configuration."""

import gc
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import torch
from transformers import GenerationConfig

from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.outputs import TokenOutput
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.models.hf.checkpoint import load_language_model

Prompts = list[tuple[int, ...]]
_KV_BYTES = 1 << 30  # of each engine on a GPU, so that engines and transformers' model fit side by side


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is computed: prompts of ``prompt_tokens``, outputs of ``output_tokens``."""

    prompts: int
    prompt_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Subject:
    """A model's configuration on one device, and the sizes of the checks."""

    config: EngineConfig
    device: torch.device
    sizes: Sizes

    @property
    def is_cuda(self) -> bool:
        return self.device.type == "cuda"

    @contextmanager
    def engine(self, **changes: Any) -> Iterator[Engine]:
        """An engine with ``changes`` of the configuration. Its memory is free again after the block."""
        if self.is_cuda:
            changes = {"kv_cache_memory": _KV_BYTES} | changes
        config = msgspec.structs.replace(self.config, **changes)
        engine = Engine(ModelRunner(config), config)
        try:
            yield engine
        finally:
            del engine
            self.free()

    @contextmanager
    def reference(self, dtype: torch.dtype) -> Iterator[Any]:
        """transformers' model in this number type."""
        model: Any = load_language_model(self.config.model_path, dtype).to(self.device)
        model.generation_config = GenerationConfig(do_sample=False, pad_token_id=0)
        try:
            yield model
        finally:
            del model
            self.free()

    def prompts(self, vocab_size: int, count: int | None = None) -> Prompts:
        """Random prompts, always the same."""
        generator, sizes = random.Random(7), self.sizes
        count = sizes.prompts if count is None else count
        return [tuple(generator.choices(range(vocab_size), k=sizes.prompt_tokens)) for _ in range(count)]

    def free(self) -> None:
        """Give the memory of dropped tensors back to the device."""
        gc.collect()
        if self.is_cuda:
            torch.cuda.empty_cache()


def run(engine: Engine, prompts: Prompts, **params: Any) -> list[list[TokenOutput]]:
    """The outputs of the prompts, all at once and greedy. Raises RuntimeError if one fails."""
    outputs: dict[str, list[TokenOutput]] = {}
    for number, prompt in enumerate(prompts):
        outputs[f"{number}"] = []
        sampling = SamplingParams(**({"temperature": 0.0} | params))
        engine.add(Request(id=f"{number}", prompt=prompt, params=sampling, cache_salt=f"{number}"))
    while engine.has_work:
        for output in engine.step().outputs:
            if output.error:
                raise RuntimeError(output.error)
            outputs[output.request_id].append(output)
    return list(outputs.values())


def tokens_of(outputs: list[list[TokenOutput]]) -> list[list[int]]:
    """The tokens of each prompt's outputs."""
    return [[output.token for output in each if output.token is not None] for each in outputs]


@torch.inference_mode()
def generate(model: Any, prompts: Prompts, output_tokens: int) -> list[list[int]]:
    """The tokens of transformers' ``generate`` for prompts of one length, as one batch."""
    ids = torch.tensor(prompts, device=model.device)
    output = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=output_tokens)
    rows: list[list[int]] = output[:, ids.shape[1] :].tolist()
    return rows
