"""The model families that are served, and how. This is the only list of them.

Every family in the table is compared with transformers token for token, packed, chunked and paged, by
``tests/engine/test_architectures.py``. A model of another family is served with a warning, if the guard accepts it.

To add a family, add a row. Its test needs nothing else, unless the tiny model of the family needs special fields
(``tests/engine/tiny_models.py``). If the compiled kernels can compute the family, write its layout in ``layouts``. If
its ``config.json`` says everything, write a plain config in ``plain_configs/families.py`` too, so that the model loads
without transformers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from service.models.contracts.decoder_layout import DecoderLayout
from service.models.layouts import experts, gemma, gpt, llama, olmo, parallel
from service.models.layouts.errors import NoLayout
from service.models.plain_configs.families import Llama, Mistral, Qwen2, Qwen3
from service.models.plain_configs.plain_config import PlainConfig


@dataclass(slots=True, frozen=True)
class ModelFamily:
    """The way in which models of one family are served."""

    layout: Callable[[Any], DecoderLayout] | None = None
    """From a configuration to what the compiled kernels compute on CPUs. None: transformers' modules always do."""
    plain_config: type[PlainConfig] | None = None
    """Reads its config.json without transformers. None: only transformers does."""
    torch: bool = True
    """Whether transformers' modules can compute it with the engine's attention."""


_TORCH = ModelFamily()

FAMILIES: dict[str, ModelFamily] = {  # transformers' model_type -> how it is served
    "apertus": _TORCH,
    "arcee": ModelFamily(llama.arcee),
    "cohere": ModelFamily(parallel.cohere),
    "cohere2": ModelFamily(parallel.cohere2),
    "deepseek_v3": _TORCH,
    "ernie4_5": ModelFamily(llama.interleaved),
    "exaone4": ModelFamily(olmo.exaone4),
    "falcon": ModelFamily(parallel.falcon, torch=False),
    "gemma": ModelFamily(gemma.gemma),
    "gemma2": ModelFamily(gemma.gemma2),
    "gemma3_text": ModelFamily(gemma.gemma3),
    "gemma3n_text": _TORCH,
    "gemma4_text": _TORCH,
    "glm": ModelFamily(llama.glm),
    "glm4": ModelFamily(llama.glm4),
    "gpt2": ModelFamily(gpt.gpt2),
    "gpt_bigcode": ModelFamily(gpt.gpt_bigcode),
    "gpt_neox": ModelFamily(parallel.gpt_neox),
    "granite": ModelFamily(llama.granite),
    "granitemoe": ModelFamily(experts.granitemoe),
    "helium": ModelFamily(llama.interleaved),
    "hunyuan_v1_dense": ModelFamily(llama.hunyuan),
    "llama": ModelFamily(llama.llama, Llama),
    "ministral": ModelFamily(llama.llama),
    "ministral3": _TORCH,
    "mistral": ModelFamily(llama.llama, Mistral),
    "mixtral": ModelFamily(experts.mixtral),
    "nanochat": _TORCH,
    "olmo": ModelFamily(olmo.olmo),
    "olmo2": ModelFamily(olmo.olmo2),
    "olmo3": ModelFamily(olmo.olmo3),
    "olmoe": ModelFamily(experts.olmoe),
    "opt": ModelFamily(gpt.opt),
    "phi": ModelFamily(parallel.phi),
    "phi3": ModelFamily(llama.phi3),
    "phimoe": _TORCH,
    "qwen2": ModelFamily(llama.llama, Qwen2),
    "qwen2_moe": ModelFamily(experts.qwen2_moe),
    "qwen3": ModelFamily(llama.qwen3, Qwen3),
    "qwen3_moe": ModelFamily(experts.qwen3_moe),
    "seed_oss": ModelFamily(llama.llama),
    "smollm3": ModelFamily(llama.smollm3),
    "stablelm": ModelFamily(parallel.stablelm, torch=False),
    "starcoder2": ModelFamily(gpt.starcoder2),
}


def find_layout(model_type: str, config: Any) -> DecoderLayout:
    """The layout of a model with the configuration ``config``. Raises NoLayout if the kernels cannot compute it."""
    family = FAMILIES.get(model_type)
    if family is None or family.layout is None:
        raise NoLayout(f"the compiled kernels do not know {model_type}")
    return family.layout(config)
