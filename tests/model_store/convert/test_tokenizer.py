"""The tokenizer that is built from the vocabulary of a GGUF file. ``test_real_models`` compares whole vocabularies."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from model_store.convert.gguf_file import GgufFile
from model_store.convert.tokenizer import build_tokenizer, make_tokenizer_config
from model_store.errors import ModelRefused
from tests.model_store import tiny
from tests.model_store.plain_sentencepiece import PlainSentencePiece


def build(path: Path, architecture: str = "llama", **options: Any) -> tuple[Tokenizer, dict[str, Any]]:
    """The tokenizer and the ``tokenizer_config.json`` of a tiny model."""
    tiny.write_gguf(tiny.make(architecture), path / "tiny.gguf", **options)
    with GgufFile(path / "tiny.gguf") as file:
        return build_tokenizer(file), make_tokenizer_config(file, 512)


@pytest.fixture(scope="module")
def sentencepiece(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tokenizer, PlainSentencePiece]:
    """A tiny vocabulary of Gemma's kind, converted, and its reference."""
    path = tmp_path_factory.mktemp("sentencepiece") / "tiny.gguf"
    tiny.write_gguf(tiny.make("gemma3"), path)
    with GgufFile(path) as file:
        return build_tokenizer(file), PlainSentencePiece(file.metadata)


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


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("hello world", ["hello", "▁world"]),
        (" hello", ["▁", "hello"]),
        ("abab", ["ab", "ab"]),  # the best pair first
        ("aba", ["aba"]),
        ("hell", ["he", "ll"]),  # no piece of its own
        ("a    b", ["a", "   ", "▁", "b"]),  # found before the text is cut, the longest first
        ("\n\n\n", ["\n\n", "\n"]),
        ("a<b>b", ["a", "<b>", "b"]),
        ("中é", ["中", "<0xC3>", "<0xA9>"]),
        ("<0x0A>", ["<0x3C>", "<0x30>", "<0x78>", "<0x30>", "<0x41>", "<0x3E>"]),
    ],
)
def test_sentencepiece_joins_the_best_pieces(tmp_path: Path, text: str, tokens: list[str]) -> None:
    tokenizer, config = build(tmp_path, "gemma3")
    encoded = tokenizer.encode(text)
    assert encoded.tokens == ["<bos>", *tokens]
    assert tokenizer.decode(encoded.ids) == text
    assert (config["add_bos_token"], config["unk_token"]) == (True, "<unk>")


@settings(max_examples=300)
@given(text=st.text(st.sampled_from("abhelowrd 中é\n<>0x")))
def test_sentencepiece_agrees_with_plain_sentencepiece(
    text: str, sentencepiece: tuple[Tokenizer, PlainSentencePiece]
) -> None:
    tokenizer, reference = sentencepiece
    ids = tokenizer.encode(text).ids
    assert ids == reference.encode(text)
    assert tokenizer.decode(ids, skip_special_tokens=False) == reference.decode(ids)


@pytest.mark.parametrize("name", ["add_space_prefix", "remove_extra_whitespaces"])
def test_a_vocabulary_that_changes_the_text_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelRefused, match=f"'{name}': 1.* is not converted"):
        build(tmp_path, "gemma3", metadata={f"tokenizer.ggml.{name}": 1})


def test_an_unknown_kind_of_vocabulary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="kind 'rwkv'"):
        build(tmp_path, metadata={"tokenizer.ggml.model": "rwkv"})
