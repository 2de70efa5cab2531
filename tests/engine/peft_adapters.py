"""Random adapters that peft makes and saves, and the tokens that peft generates with them."""

import warnings
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import GenerationConfig

from tests.engine.workloads import LONGEST


class PeftReference:
    """A model with several adapters in peft. ``paths`` are the directories of the adapters, by name."""

    def __init__(self, model: Any, directory: Path, configs: dict[str, dict[str, Any]]) -> None:
        """``configs`` are the fields of each adapter's LoraConfig. ``model`` is changed."""
        self.paths = {name: str(directory / name) for name in configs}
        model.generation_config.eos_token_id = None
        loras = {name: LoraConfig(task_type="CAUSAL_LM", **config) for name, config in configs.items()}
        with warnings.catch_warnings(action="ignore"):  # peft uses deprecated names of transformers
            self.model: Any = None
            for seed, (name, lora) in enumerate(loras.items()):
                if self.model is None:
                    self.model = get_peft_model(model, lora, adapter_name=name)
                else:
                    self.model.add_adapter(name, lora)
                _randomize(self.model, name, seed)
            self.model.eval()
            self.model.save_pretrained(directory)

    @torch.inference_mode()
    def greedy(self, prompt: tuple[int, ...], adapter: str) -> list[int]:
        """``LONGEST`` tokens of peft's own ``generate``; those of the model alone for the empty name."""
        settings = GenerationConfig(max_new_tokens=LONGEST, do_sample=False, pad_token_id=0)
        ids = torch.tensor([prompt])
        options: dict[str, Any] = {"attention_mask": torch.ones_like(ids), "generation_config": settings}
        if adapter:
            self.model.set_adapter(adapter)
            output = self.model.generate(input_ids=ids, **options)
        else:
            with self.model.disable_adapter():
                output = self.model.generate(input_ids=ids, **options)
        tokens: list[int] = output[0, len(prompt) :].tolist()
        return tokens


@torch.no_grad()
def _randomize(model: torch.nn.Module, adapter: str, seed: int) -> None:
    """Give both matrices of every update numbers that change the outputs a lot."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if f".{adapter}." in name:
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.7 * parameter.shape[-1] ** -0.5)
