"""``adapter_config.json``: what is honoured, what does not matter, and what is refused.

Unknown fields are refused unless their value turns them off (null, false, or empty), because a later peft may change
results with them.
"""

import math
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from service.errors import UnsupportedAdapter, first_line

MAX_RANK = 64
_MAX_BYTES = 1 << 20

Rank = Annotated[int, Meta(ge=1, le=MAX_RANK)]

# Fields that change training, memory or bookkeeping, and no result of a trained adapter.
_WITHOUT_EFFECT = {
    "auto_mapping",
    "base_model_name_or_path",
    "corda_config",  # with eva_config, loftq_config and lora_ga_config: read only by the initialization of these names
    "ensure_weight_tying",  # of saved or adapted embeddings, which are refused
    "eva_config",
    "fan_in_fan_out",  # only for merging: the inputs and outputs of a layer follow from the model
    "inference_mode",
    "loftq_config",
    "lora_dropout",
    "lora_ga_config",
    "megatron_core",  # only with megatron_config
    "peft_version",
    "qalora_group_size",  # only with use_qalora
    "revision",
    "runtime_config",
}
# The initializations that leave the model's own weights as they are. The others change them.
_INITIALIZATIONS = (True, False, "gaussian", "eva", "mica", "orthogonal", None)


class AdapterConfig(Struct, frozen=True):
    """The fields that are honoured."""

    peft_type: Literal["LORA"]
    r: Rank
    lora_alpha: float
    target_modules: list[str] | str
    task_type: Literal["CAUSAL_LM"] | None = None
    exclude_modules: list[str] | str | None = None
    use_rslora: bool = False
    rank_pattern: dict[str, Rank] | None = None
    alpha_pattern: dict[str, float] | None = None
    layers_to_transform: list[int] | int | None = None
    layers_pattern: list[str] | str | None = None

    def scaling(self, rank: int, alpha: float) -> float:
        """The factor of an update of ``rank``."""
        return alpha / math.sqrt(rank) if self.use_rslora else alpha / rank


def read_adapter_config(path: Path) -> AdapterConfig:
    """The configuration in the file ``path``. Raises UnsupportedAdapter, which names the field."""
    values = _read_json(path)
    for name, value in values.items():
        _require_without_effect(name, value)
    try:
        config = msgspec.convert(values, AdapterConfig)
    except msgspec.ValidationError as error:
        raise UnsupportedAdapter(f"{path.name}: {first_line(error)}") from None
    for alpha in (config.lora_alpha, *(config.alpha_pattern or {}).values()):
        if not math.isfinite(alpha):
            raise UnsupportedAdapter(f"{path.name}: lora_alpha and alpha_pattern must be finite")
    return config


def _read_json(path: Path) -> dict[str, Any]:
    try:
        if not path.is_file():
            raise UnsupportedAdapter(f"{path.parent} holds no adapter: there is no {path.name}")
        if path.stat().st_size > _MAX_BYTES:
            raise UnsupportedAdapter(f"{path.name} has more than {_MAX_BYTES} bytes")
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, ValueError, RecursionError) as error:
        raise UnsupportedAdapter(f"{path.name} cannot be read: {first_line(error)}") from None


def _require_without_effect(name: str, value: Any) -> None:
    """Raises UnsupportedAdapter if the field may change results and is not one of ``AdapterConfig``."""
    if name in AdapterConfig.__struct_fields__ or name in _WITHOUT_EFFECT or not value:
        return
    if name == "bias" and value == "none":
        return
    if name == "init_lora_weights" and value in _INITIALIZATIONS:
        return
    raise UnsupportedAdapter(f"adapter_config.json: {name} is not supported with this value")
