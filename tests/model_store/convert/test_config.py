"""The sizes and configurations that are read from the metadata of a GGUF file."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from model_store.convert.config import make_config, make_generation_config, read_shape, to_json
from model_store.convert.gguf_file import GgufFile
from model_store.errors import ModelRefused
from tests.model_store import tiny


def written(path: Path, architecture: str = "qwen2", metadata: dict[str, str | int | float] | None = None) -> Path:
    """A GGUF file with a tiny model, and with further metadata."""
    file = path / "tiny.gguf"
    tiny.write_gguf(tiny.make(architecture), file, metadata=metadata)
    return file


def test_the_shape_has_the_sizes_of_the_file(tmp_path: Path) -> None:
    with GgufFile(written(tmp_path)) as file:
        shape = read_shape(file)
    assert (shape.architecture, shape.layers, shape.hidden) == ("qwen2", tiny.LAYERS, tiny.HIDDEN)
    assert (shape.heads, shape.kv_heads, shape.head_dim) == (tiny.HEADS, tiny.KV_HEADS, tiny.HEAD_DIM)
    assert (shape.intermediate, shape.context) == (tiny.INTERMEDIATE, 512)
    assert (shape.rope_theta, shape.norm_epsilon) == (tiny.ROPE_THETA, 1e-5), "decimals, not the nearest float32"


def test_a_further_key_with_the_expected_value_is_accepted(tmp_path: Path) -> None:
    with GgufFile(written(tmp_path, metadata={"qwen2.attention.value_length": tiny.HEAD_DIM})) as file:
        assert read_shape(file).head_dim == tiny.HEAD_DIM


def test_a_further_key_with_another_value_is_refused(tmp_path: Path) -> None:
    with (
        GgufFile(written(tmp_path, metadata={"qwen2.attention.value_length": 17})) as file,
        pytest.raises(ModelRefused, match=r"attention\.value_length = 17, which is not converted"),
    ):
        read_shape(file)


@pytest.mark.parametrize(("architecture", "has_field"), [("llama", True), ("qwen2", False), ("qwen3", True)])
def test_only_qwen2_has_no_field_for_attention_biases(tmp_path: Path, architecture: str, has_field: bool) -> None:
    with GgufFile(written(tmp_path, architecture)) as file:
        config = make_config(
            file, read_shape(file), vocab_size=288, tied=True, attention_bias=False, dtype="float16", block_types={}
        )
    assert ("attention_bias" in config) is has_field
    assert (config["model_type"], config["vocab_size"], config["tie_word_embeddings"]) == (architecture, 288, True)


def test_the_configuration_follows_the_shape(tmp_path: Path) -> None:
    with GgufFile(written(tmp_path)) as file:
        shape = replace(read_shape(file), context=99, rope_theta=1e6)
        config = make_config(
            file, shape, vocab_size=300, tied=False, attention_bias=False, dtype="float16", block_types={}
        )
    assert (config["max_position_embeddings"], config["rope_parameters"]["rope_theta"]) == (99, 1e6)
    assert (config["bos_token_id"], config["eos_token_id"], config["dtype"]) == (0, 2, "float16")


def test_every_token_that_ends_a_turn_is_an_end_of_text(tmp_path: Path) -> None:
    with GgufFile(written(tmp_path)) as file:
        generation = make_generation_config(file)
    ends = [tiny.TOKENS[index] for index in generation["eos_token_id"]]
    assert ends == ["<|im_end|>", "<|endoftext|>"], "the end of the file's own metadata comes first"


def test_texts_are_not_escaped() -> None:
    assert json.loads(to_json({"a": "é中"})) == {"a": "é中"}
    assert to_json({"a": "é中"}) == '{\n  "a": "é中"\n}\n'
