"""There are two loaders. The plain one is tried first; transformers loads everything that it leaves."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from service.errors import UnsupportedModel
from service.models.loader import load
from service.models.native import kernels
from service.models.plain import loader as plain_loader
from service.models.plain.errors import NeedsTransformers
from tests.engine.configs import engine_config
from tests.models.plain.broken_checkpoints import BROKEN
from tests.models.plain.plain_models import write_model

pytestmark = pytest.mark.skipif(kernels.load() is None, reason="there is no compiler, or no AVX2")

CPU = torch.device("cpu")
START = """
import sys, msgspec
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.config import EngineConfig
runner = ModelRunner(msgspec.json.decode(sys.argv[1], type=EngineConfig))
print(runner.info.backend, *sorted({"transformers", "torch._dynamo", "sympy"} & set(sys.modules)))
"""


def test_a_plain_model_is_loaded_without_importing_transformers(tmp_path: Path) -> None:
    config = msgspec.json.encode(engine_config(write_model(tmp_path), device="cpu", num_blocks=8)).decode()
    result = subprocess.run([sys.executable, "-c", START, config], capture_output=True, text=True)
    assert (result.stdout.strip(), result.returncode) == ("native", 0), result.stderr


@pytest.mark.parametrize("setting", [{"native_kernels": False}, {"block_size": 4}], ids=str)
def test_what_the_kernels_do_not_compute_is_computed_by_torch(setting: dict[str, Any], tmp_path: Path) -> None:
    config = engine_config(write_model(tmp_path), **setting)
    with pytest.raises(NeedsTransformers):
        plain_loader.load(config, CPU)
    assert load(config, CPU).model.backend == "torch"


@pytest.mark.parametrize("break_checkpoint", BROKEN, ids=lambda function: function.__name__)
def test_transformers_describes_what_is_wrong_with_a_checkpoint(
    break_checkpoint: Callable[[Path], None], tmp_path: Path
) -> None:
    break_checkpoint(write_model(tmp_path))
    with pytest.raises(UnsupportedModel, match=BROKEN[break_checkpoint]):
        load(engine_config(tmp_path), CPU)
