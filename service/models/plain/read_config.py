"""Reads ``config.json`` with the plain config of its family."""

from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import msgspec

from service.models.families import FAMILIES
from service.models.plain.errors import NeedsTransformers
from service.models.plain_configs.plain_config import PlainConfig
from service.models.plain_configs.rope_parameters import Llama3Rope

# The union of all plain configs; msgspec chooses the class by ``model_type``.
_ANY_CONFIG: Any = reduce(or_, [family.plain_config for family in FAMILIES.values() if family.plain_config])


def read_config(path: Path) -> PlainConfig:
    """The configuration in the file ``path``. Raises NeedsTransformers if it is not plain."""
    try:
        config: PlainConfig = msgspec.json.decode(path.read_bytes(), type=_ANY_CONFIG)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise NeedsTransformers(f"config.json: {error}") from error
    rope = config.rope
    if rope.rope_theta is None or (config.rope_scaling and config.rope_parameters):
        raise NeedsTransformers("config.json: rope_theta is not clear")
    if isinstance(rope, Llama3Rope) and rope.high_freq_factor <= rope.low_freq_factor:
        raise NeedsTransformers("config.json: high_freq_factor is not above low_freq_factor")
    if config.hidden_size % config.num_attention_heads or config.num_attention_heads % config.num_key_value_heads:
        raise NeedsTransformers("config.json: the number of heads does not divide evenly")
    if len(config.windows) != config.num_hidden_layers:
        raise NeedsTransformers("config.json: layer_types has not one entry for each layer")
    return config
