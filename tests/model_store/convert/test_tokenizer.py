"""The tokenizer that is built from the vocabulary of a GGUF file. ``test_real_models`` compares whole vocabularies."""

from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from model_store.convert.gguf_file import GgufFile
from model_store.convert.tokenizer import build_tokenizer, make_tokenizer_config
from model_store.errors import ModelRefused
from tests.model_store import tiny


def build(path: Path, **options: Any) -> tuple[Tokenizer, dict[str, Any]]:
    """The tokenizer and the ``tokenizer_config.json`` of a tiny model."""
    tiny.write_gguf(tiny.make("llama"), path / "tiny.gguf", **options)
    with GgufFile(path / "tiny.gguf") as file:
        return build_tokenizer(file), make_tokenizer_config(file, 512)


@pytest.mark.parametrize(
    ("pre", "tokens"),
    [
        ("gpt-2", ["hello", "Ġworld", "12"]),
        ("smollm", ["hello", "Ġworld", "1", "2"]),
        ("qwen2", ["hello", "Ġworld", "1", "2"]),
    ],
)
def test_the_pre_tokenizer_decides_about_digits(tmp_path: Path, pre: str, tokens: list[str]) -> None:
    tokenizer, _ = build(tmp_path, pre=pre)
    assert tokenizer.encode("hello world12").tokens == tokens


@pytest.mark.parametrize(("pre", "length"), [("qwen2", 2), ("gpt-2", 3)])
def test_only_qwen2_composes_characters(tmp_path: Path, pre: str, length: int) -> None:
    tokenizer, _ = build(tmp_path, pre=pre)
    assert len(tokenizer.encode("e\u0301").ids) == length, "é has two bytes, and e with an accent three"


def test_an_unknown_pre_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="pre-tokenizer 'new' is not known here"):
        build(tmp_path, pre="new")


def test_unused_tokens_are_left_out_and_control_tokens_are_special(tmp_path: Path) -> None:
    tokenizer, _ = build(tmp_path)
    assert "[PAD]" not in tokenizer.get_vocab()
    special = {token.content: token.special for token in tokenizer.get_added_tokens_decoder().values()}
    assert special == {**dict.fromkeys(tiny.SPECIALS, True), "<tool>": False}


@pytest.mark.parametrize("adds_bos", [0, 1])
def test_the_beginning_of_sequence_is_added_on_request(tmp_path: Path, adds_bos: int) -> None:
    tokenizer, config = build(tmp_path, metadata={"tokenizer.ggml.add_bos_token": adds_bos})
    assert tokenizer.encode("hello").tokens == ["<|endoftext|>"] * adds_bos + ["hello"]
    assert config["add_bos_token"] is bool(adds_bos)


def test_the_configuration_names_the_special_tokens(tmp_path: Path) -> None:
    _, config = build(tmp_path)
    assert (config["bos_token"], config["eos_token"], config["model_max_length"]) == (
        "<|endoftext|>",
        "<|im_end|>",
        512,
    )
    assert "unk_token" not in config
