"""Which models transformers divides among several processes, and the options with which it does so."""

from typing import Any

from transformers.distributed import DistributedConfig

from service.errors import UnsupportedModel


def require_parallel(model_class: Any, config: Any, size: int) -> None:
    """Raises UnsupportedModel unless ``size`` processes can each hold whole heads of the model."""
    if not getattr(config, "base_model_tp_plan", None):
        raise UnsupportedModel(f"transformers has no plan to divide {model_class.__name__} among processes")
    for name in ("num_attention_heads", "num_key_value_heads", "intermediate_size"):
        count = getattr(config, name, None)
        if isinstance(count, int) and count % size:
            raise UnsupportedModel(f"{name} of the model is {count}, which {size} processes cannot share equally")


def parallel_options(size: int) -> dict[str, Any]:
    """Options of ``from_pretrained``. The head stays whole in each process, so that one of them can sample alone."""
    return {"distributed_config": DistributedConfig(tp_size=size, tp_plan={"lm_head": "replicate"})}
