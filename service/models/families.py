"""The model families that are served, and how. This is the only list of them.

Every family in the table is compared with transformers token for token, packed, chunked and paged, by
``tests/engine/test_architectures.py``. A model of another family is served with a warning, if the guard accepts it.

To add a family, add a row. Its test needs nothing else, unless the tiny model of the family needs special fields
(``tests/engine/tiny_models.py``). If the native kernels compute the family and its ``config.json`` says everything,
write a plain config in ``plain_configs/families.py`` too, so that the model loads without transformers.
"""

from dataclasses import dataclass

from service.models.plain_configs.families import Llama, Mistral, Qwen2, Qwen3
from service.models.plain_configs.plain_config import PlainConfig


@dataclass(slots=True, frozen=True)
class ModelFamily:
    """The way in which models of one family are served."""

    native_kernels: bool  # the native kernels compute it on CPUs; elsewhere transformers' modules do
    plain_config: type[PlainConfig] | None  # reads its config.json without transformers; None: only transformers does


_TORCH = ModelFamily(native_kernels=False, plain_config=None)

FAMILIES: dict[str, ModelFamily] = {  # transformers' model_type -> how it is served
    "apertus": _TORCH,
    "arcee": _TORCH,
    "cohere": _TORCH,
    "cohere2": _TORCH,
    "deepseek_v3": _TORCH,
    "ernie4_5": _TORCH,
    "exaone4": _TORCH,
    "gemma": _TORCH,
    "gemma2": _TORCH,
    "gemma3_text": _TORCH,
    "gemma3n_text": _TORCH,
    "gemma4_text": _TORCH,
    "glm": _TORCH,
    "glm4": _TORCH,
    "gpt2": _TORCH,
    "gpt_bigcode": _TORCH,
    "gpt_neox": _TORCH,
    "granite": _TORCH,
    "granitemoe": _TORCH,
    "helium": _TORCH,
    "hunyuan_v1_dense": _TORCH,
    "llama": ModelFamily(native_kernels=True, plain_config=Llama),
    "ministral": _TORCH,
    "ministral3": _TORCH,
    "mistral": ModelFamily(native_kernels=True, plain_config=Mistral),
    "mixtral": _TORCH,
    "nanochat": _TORCH,
    "olmo": _TORCH,
    "olmo2": _TORCH,
    "olmo3": _TORCH,
    "olmoe": _TORCH,
    "opt": _TORCH,
    "phi": _TORCH,
    "phi3": _TORCH,
    "phimoe": _TORCH,
    "qwen2": ModelFamily(native_kernels=True, plain_config=Qwen2),
    "qwen2_moe": _TORCH,
    "qwen3": ModelFamily(native_kernels=True, plain_config=Qwen3),
    "qwen3_moe": _TORCH,
    "seed_oss": _TORCH,
    "smollm3": _TORCH,
    "starcoder2": _TORCH,
}
