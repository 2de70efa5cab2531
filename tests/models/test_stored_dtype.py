"""The number type of a checkpoint's files is that which transformers finds in them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

from service.models.stored_dtype import stored_dtype
from tests.engine.tiny_models import build_model
from tests.models.plain.plain_models import change_config


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("shard", ["50KB", "5GB"])
def test_transformers_finds_the_same_type(dtype: torch.dtype, shard: str, tmp_path: Path) -> None:
    build_model("llama", dtype=dtype).save_pretrained(tmp_path, max_shard_size=shard)
    change_config(tmp_path, dtype=...)
    assert stored_dtype(tmp_path) == dtype == AutoModelForCausalLM.from_pretrained(tmp_path, dtype="auto").dtype


def test_the_type_of_most_numbers_counts(tmp_path: Path) -> None:
    tensors = {"norm": torch.zeros(8), "matrix": torch.zeros(8, 8, dtype=torch.float16), "ids": torch.arange(99)}
    save_file(tensors, tmp_path / "model.safetensors")
    assert stored_dtype(tmp_path) == torch.float16


def test_without_readable_files_there_is_no_type(tmp_path: Path) -> None:
    assert stored_dtype(tmp_path) is None
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")
    assert stored_dtype(tmp_path) is None
