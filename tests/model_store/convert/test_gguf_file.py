"""GGUF files, compared with the reader of the gguf package; damaged files are refused."""

import struct
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type
from gguf import GGUFReader
from gguf.quants import dequantize

from model_store.convert.gguf_file import GgufFile
from model_store.errors import ModelRefused
from tests.model_store import tiny


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with several packings, and metadata of every scalar kind that writers use."""
    path = tmp_path / "tiny.gguf"
    types = {"token_embd.weight": Type.Q5_0, "blk.0.ffn_up.weight": Type.Q8_0, "blk.1.ffn_up.weight": Type.F16}
    types |= {"blk.0.ffn_gate.weight": Type.Q4_1, "blk.1.attn_v.weight": Type.BF16}
    tiny.write_gguf(
        tiny.make("qwen3"), path, types=types, metadata={"test.text": "é中", "test.int": 7, "test.float": 0.5}
    )
    return path


def test_metadata_and_tensors_equal_those_of_the_gguf_package(path: Path) -> None:
    theirs = GGUFReader(path)
    with GgufFile(path) as ours:
        fields = {name: field.contents() for name, field in theirs.fields.items() if not name.startswith("GGUF.")}
        assert ours.metadata == fields
        assert len(ours.tensors) == len(theirs.tensors)
        for tensor in theirs.tensors:
            values = dequantize(tensor.data, tensor.tensor_type)
            found = ours.rows(ours.tensors[tensor.name])
            assert found.dtype == np.float32
            assert found.shape == ours.tensors[tensor.name].shape == values.shape
            assert np.array_equal(found, values)


def test_some_rows_can_be_read_alone(path: Path) -> None:
    with GgufFile(path) as file:
        tensor = file.tensors["token_embd.weight"]
        whole = file.rows(tensor)
        assert np.array_equal(file.rows(tensor, 17, 31), whole[17:31])
        assert np.array_equal(file.rows(tensor, 280, 10_000), whole[280:])


@pytest.mark.parametrize("content", [b"", b"GGML....", b"GGUF", b"GGUF\x03\0\0\0", b"GGUF\x01\0\0\0" + bytes(16)])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelRefused, match="GGUF file"):
        GgufFile(path)


def test_a_truncated_file_is_refused_wherever_it_ends(path: Path, tmp_path: Path) -> None:
    content = path.read_bytes()
    cut = tmp_path / "cut.gguf"
    for size in (*range(5, 400, 7), len(content) // 2, len(content) - 1):
        cut.write_bytes(content[:size])
        with pytest.raises(ModelRefused, match="cannot be read"):
            GgufFile(cut)


@pytest.mark.parametrize(
    "value",
    [
        struct.pack("<IQ", 8, 1 << 60),  # a string longer than the file
        struct.pack("<IIQ", 9, 4, 1 << 60),  # an array longer than the file
        struct.pack("<IIQ", 9, 9, 1),  # an array of arrays
        struct.pack("<I", 99),  # no type of value
    ],
)
def test_a_header_with_wrong_sizes_or_types_is_refused(tmp_path: Path, value: bytes) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(struct.pack("<4sIQQQ", b"GGUF", 3, 0, 1, 1) + b"a" + value)
    with pytest.raises(ModelRefused, match="cannot be read"):
        GgufFile(path)
