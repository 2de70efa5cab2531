"""Which models transformers divides among several processes, and the options with which it does so."""

from typing import Any

import torch
from transformers.distributed import DistributedConfig

from service.errors import UnsupportedModel

_DIVIDED = ("num_attention_heads", "num_key_value_heads", "intermediate_size")


def parallel_options(model_class: Any, config: Any, size: int) -> dict[str, Any]:
    """Options of ``from_pretrained`` that divide the layers of the model among ``size`` processes.

    Embeddings and head stay whole in each process, so that one of them can sample alone.

    Raises UnsupportedModel unless each process can hold whole heads.
    """
    with torch.device("meta"):
        plan: dict[str, str] = model_class(config).tp_plan
    if not plan or not getattr(config, "base_model_tp_plan", None):
        raise UnsupportedModel(f"transformers has no plan to divide {model_class.__name__} among processes")
    for name in _DIVIDED:
        count = getattr(config, name, None)
        if isinstance(count, int) and count % size:
            raise UnsupportedModel(f"{name} of the model is {count}, which {size} processes cannot share equally")
    whole = {name: "replicate" for name in plan if "*" not in name}  # what is outside of the layers
    return {"distributed_config": DistributedConfig(tp_size=size, tp_plan=whole)}
