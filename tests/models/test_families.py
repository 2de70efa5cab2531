"""The table of model families agrees with everything else that names families.

``tests/engine/test_architectures.py`` compares every family of the table with transformers.
"""

import re
from pathlib import Path

import pytest
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from model_store.convert.config import ARCHITECTURES, Architecture
from service.models.families import FAMILIES
from service.models.plain_configs import families as adapters
from service.models.plain_configs.plain_config import PlainConfig
from tests.models.native import test_decoder
from tests.models.plain import test_loader

NATIVE = [name for name, family in FAMILIES.items() if family.layout is not None]
PLAIN = {name: family.plain_config for name, family in FAMILIES.items() if family.plain_config is not None}
PERFORMANCE = Path(__file__).parents[2] / "docs/performance.md"


def test_the_kernels_compute_the_families_that_are_compared_in_both_widths_of_vectors() -> None:
    assert set(test_decoder.FAMILIES) <= set(NATIVE)


def test_the_documents_list_the_families_that_the_kernels_compute() -> None:
    rows = re.findall(r"^\| [^|]+ \| (`[^|]+`) \| (yes|no) \|$", PERFORMANCE.read_text(encoding="utf-8"), re.MULTILINE)
    listed = {name: plain for names, plain in rows for name in re.findall(r"`(\w+)`", names)}
    assert listed == {name: "yes" if name in PLAIN else "no" for name in NATIVE}


def test_every_plain_family_is_compared_with_the_loader_that_uses_transformers() -> None:
    assert {family for family, _ in test_loader.MODELS.values()} == set(PLAIN)


def test_every_adapter_is_in_the_table() -> None:
    written = {
        value
        for name, value in vars(adapters).items()
        if isinstance(value, type) and issubclass(value, PlainConfig) and value is not PlainConfig and name[0] != "_"
    }
    assert written == set(PLAIN.values())


def test_only_the_native_kernels_compute_plain_models() -> None:
    assert set(PLAIN) <= set(NATIVE)


@pytest.mark.parametrize("name", PLAIN)
def test_an_adapter_has_the_names_of_transformers(name: str) -> None:
    assert PLAIN[name].__struct_config__.tag == name
    assert PLAIN[name].architecture == MODEL_FOR_CAUSAL_LM_MAPPING_NAMES[name]


@pytest.mark.parametrize("converted", ARCHITECTURES.values())
def test_converted_models_are_served(converted: Architecture) -> None:
    assert converted.model_type in FAMILIES
    assert converted.model_class == MODEL_FOR_CAUSAL_LM_MAPPING_NAMES[converted.model_type]
