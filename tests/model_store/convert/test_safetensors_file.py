"""The safetensors writer, compared with the readers of the safetensors package."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import load_file

from model_store.convert.safetensors_file import PlannedTensor, write
from model_store.errors import NotEnoughSpace

VALUES = (np.arange(12).reshape(4, 3) / 7).astype(np.float32)


def rows() -> Iterator[NDArray[np.float32]]:
    yield from VALUES


def test_tensors_are_read_back_as_bfloat16(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    planned = [
        PlannedTensor("whole", (4, 3), lambda: [VALUES]),
        PlannedTensor("by rows", (4, 3), rows),
        PlannedTensor("vector", (3,), lambda: [VALUES[1]]),
    ]
    write(path, planned, "test")
    found = load_file(path)
    expected = torch.from_numpy(VALUES).bfloat16()
    assert torch.equal(found["whole"], expected)
    assert torch.equal(found["by rows"], expected)
    assert torch.equal(found["vector"], expected[1])
    with safe_open(path, "pt") as file:
        assert file.metadata() == {"format": "pt"}


@pytest.mark.parametrize("name", ["a", "ab", "abc", "abcd", "abcdefgh"])
def test_tensors_begin_at_a_multiple_of_eight(tmp_path: Path, name: str) -> None:
    path = tmp_path / "model.safetensors"
    write(path, [PlannedTensor(name, (4, 3), rows)], "test")
    assert (path.stat().st_size - 2 * VALUES.size) % 8 == 0
    assert list(load_file(path)) == [name]


def test_a_file_that_does_not_fit_on_the_disk_is_not_begun(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with pytest.raises(NotEnoughSpace):
        write(path, [PlannedTensor("huge", (1 << 40, 1 << 20), rows)], "test")
    assert not path.exists()
