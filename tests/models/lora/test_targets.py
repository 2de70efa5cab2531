"""The layers that an adapter changes, their ranks and their alphas are those that peft finds."""

import random
import warnings
from typing import Any

import pytest
from peft import LoraConfig
from peft.tuners.tuners_utils import check_target_module_exists
from peft.utils.other import get_pattern_key

from service.errors import UnsupportedAdapter
from service.models.lora.adapter_config import AdapterConfig
from service.models.lora.targets import find_targets

NAMES = [
    f"model.layers.{layer}.{part}"
    for layer in (0, 1, 2, 10, 11)
    for part in ("self_attn.q_proj", "self_attn.k_proj", "mlp.up_proj", "mlp.down_proj", "mlp.shared.3.up_proj")
]
TARGETS = [
    ["q_proj"], ["up_proj", "mlp.down_proj"], ["model.layers.1.mlp.up_proj", "k_proj"], ["proj"], ["1.mlp.up_proj"],
    r".*\.(q|k)_proj", r"model\.layers\.[02]\..*", "q_proj", ".*mlp.*",
]  # fmt: skip
EXCLUDED = [None, [], ["up_proj"], ["model.layers.0.mlp.up_proj", "1.self_attn.q_proj"], r".*\.1\d?\..*", ""]
LAYERS = [None, [], 1, [0, 10], [7]]
LAYERS_PATTERNS = [None, "layers", ["h", "layers"], "shared", "", r"l\w+s"]
PATTERNS = [None, {}, {"q_proj": 7, "up_proj": 3}, {r"layers\.1.*proj": 9, "q_proj": 2}, {"^model.layers.0.*": 5}]


def find_with_peft(fields: dict[str, Any]) -> dict[str, tuple[int, float]]:
    """Name -> rank and scaling, as peft finds them."""
    with warnings.catch_warnings(action="ignore"):
        config = LoraConfig(r=4, lora_alpha=16, **{name: value for name, value in fields.items() if value is not None})
    ranks, alphas = config.rank_pattern or {}, config.alpha_pattern or {}
    found = {}
    for name in NAMES:
        if check_target_module_exists(config, name):
            rank = ranks.get(get_pattern_key([*ranks], name), config.r)
            alpha = alphas.get(get_pattern_key([*alphas], name), config.lora_alpha)
            found[name] = rank, alpha / rank
    return found


@pytest.mark.parametrize("seed", range(300))
def test_targets_are_those_of_peft(seed: int) -> None:
    generator = random.Random(seed)
    targets = generator.choice(TARGETS)
    fields: dict[str, Any] = {"target_modules": targets, "exclude_modules": generator.choice(EXCLUDED)}
    fields |= {"rank_pattern": generator.choice(PATTERNS), "alpha_pattern": generator.choice(PATTERNS)}
    if isinstance(targets, list):
        fields["layers_to_transform"] = generator.choice(LAYERS)
        fields["layers_pattern"] = generator.choice(LAYERS_PATTERNS) if fields["layers_to_transform"] else None
    expected = find_with_peft(fields)
    config = AdapterConfig(peft_type="LORA", r=4, lora_alpha=16, **fields)
    if not expected:
        with pytest.raises(UnsupportedAdapter, match="names no linear layer"):
            find_targets(config, NAMES)
    else:
        assert {each.name: (each.rank, each.scaling) for each in find_targets(config, NAMES)} == expected
