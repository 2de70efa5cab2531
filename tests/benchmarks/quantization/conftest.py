"""A tiny model with each kind of weights, and made-up texts under the names of the real ones."""

import json
from pathlib import Path

import pytest

from benchmarks.quantization.model_variant import ModelVariant
from benchmarks.quantization.texts import LANGUAGES, PROMPTS
from service.engine.protocol.config import EngineConfig
from service.models.native import kernels
from tests.engine.configs import engine_config
from tests.engine.tiny_models import tiny_model


@pytest.fixture(scope="package")
def config(tmp_path_factory: pytest.TempPathFactory) -> EngineConfig:
    if kernels.load() is None:
        pytest.skip("there is no compiler, or no AVX2")
    path = tiny_model("llama", tmp_path_factory.mktemp("llama"), head_dim=32, max_position_embeddings=512)
    return engine_config(path, device="cpu", num_blocks=64, threads=1)


@pytest.fixture(scope="package")
def variants(config: EngineConfig) -> list[ModelVariant]:
    return [ModelVariant(kind, config) for kind in ("float32", "bfloat16", "int8")]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for names in LANGUAGES.values():
        for name in names:
            lines = [f"{name} has line {number}." for number in range(400)]
            squad = {"data": [{"paragraphs": [{"context": line} for line in lines]}]}
            (tmp_path / name).write_text("\n".join(lines) if name.endswith(".txt") else json.dumps(squad))
    mix = [{"task": "generate", "prompt": f"Say {number}."} for number in range(20)]
    (tmp_path / PROMPTS).write_text("\n".join(map(json.dumps, mix)))
    return tmp_path
