"""The tokenizer, compared with the library that it uses, and the facts that it reads from a model's files."""

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidPrompt, NoChatTemplate
from service.tasks.text.tokenizer import Tokenizer
from tests.tasks.text.vocabularies import LIBRARIES, byte_fallback, byte_level, token_id, tokenizer

KINDS = list(LIBRARIES)
BYTE_TOKENS = token_id(byte_fallback(), "<0x00>")


def save(path: Path, config: dict | None = None, generation: dict | None = None, model: dict | None = None) -> Path:
    byte_fallback().save(str(path / "tokenizer.json"))
    files = {"tokenizer_config.json": config, "generation_config.json": generation, "config.json": model}
    for name, content in files.items():
        if content is not None:
            (path / name).write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text())
def test_encoded_texts_are_decoded_as_by_the_library(kind: str, text: str) -> None:
    ids = tokenizer(kind).encode(text)
    assert tokenizer(kind).decode(ids) == LIBRARIES[kind]().decode(ids)
    assert tokenizer(kind).decode(ids, skip_special_tokens=False) == LIBRARIES[kind]().decode(
        ids, skip_special_tokens=False
    )


@pytest.mark.parametrize("kind", ["byte_level", "unigram"])
@given(ids=st.lists(st.integers(0, 700)), skip=st.booleans())
def test_any_tokens_are_decoded_as_by_the_library(kind: str, ids: list[int], skip: bool) -> None:
    library = LIBRARIES[kind]().decode(ids, skip_special_tokens=skip)
    assert tokenizer(kind).decode(ids, skip_special_tokens=skip) == library


@given(ids=st.lists(st.integers(0, 520)))
def test_a_broken_byte_run_loses_only_its_broken_characters(ids: list[int]) -> None:
    ours, library = tokenizer("byte_fallback").decode(ids), byte_fallback().decode(ids)
    if "\ufffd" not in library:
        assert ours == library
    else:
        assert 0 < ours.count("\ufffd") <= library.count("\ufffd")


def test_whole_characters_of_a_broken_byte_run_survive() -> None:
    ids = [BYTE_TOKENS + byte for byte in "龘".encode() + b"\xe4"]
    assert tokenizer("byte_fallback").decode(ids) == "龘\ufffd"


def test_half_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(InvalidPrompt, match="surrogate"):
        tokenizer("byte_level").encode("a\ud800")


@pytest.mark.parametrize("length", [1, 10_000])
async def test_long_texts_are_encoded_the_same(length: int) -> None:
    text = "你好 world " * length
    assert await tokenizer("byte_level").encode_async(text) == tokenizer("byte_level").encode(text)


def test_truncation_and_padding_of_the_file_are_off(tmp_path: Path) -> None:
    library = byte_level().from_str(byte_level().to_str())
    library.enable_truncation(2)
    library.enable_padding(length=8)
    text = "The quick brown fox"
    assert Tokenizer(library).encode(text) == byte_level().encode(text).ids


def test_the_end_of_text_is_generates_and_the_tokenizers(tmp_path: Path) -> None:
    save(tmp_path, {"eos_token": {"content": "</s>"}}, {"eos_token_id": [7, 9]}, {"eos_token_id": 3})
    assert Tokenizer.load(tmp_path).eos_token_ids == (7, 9, 2)


def test_a_vocabulary_bound_covers_added_tokens() -> None:
    assert tokenizer("byte_level").vocab_size == byte_level().get_vocab_size()


@pytest.mark.parametrize(
    "template",
    [
        "{{ bos_token }}{{ messages[0].content }}",
        [{"name": "other", "template": "no"}, {"name": "default", "template": "yes"}],
    ],
)
def test_the_template_may_stand_in_the_config(tmp_path: Path, template: object) -> None:
    loaded = Tokenizer.load(save(tmp_path, {"bos_token": {"content": "<s>"}, "chat_template": template}))
    text = loaded.render_chat([{"role": "user", "content": "hi"}])
    assert text == ("<s>hi" if isinstance(template, str) else "yes")


def test_the_template_file_comes_first(tmp_path: Path) -> None:
    save(tmp_path, {"chat_template": "config"})
    (tmp_path / "chat_template.jinja").write_text("file")
    assert Tokenizer.load(tmp_path).render_chat([{"role": "user", "content": "hi"}]) == "file"


def test_without_a_template_there_is_no_chat(tmp_path: Path) -> None:
    loaded = Tokenizer.load(save(tmp_path))
    assert not loaded.has_chat_template
    with pytest.raises(NoChatTemplate):
        loaded.render_chat([{"role": "user", "content": "hi"}])


async def test_the_first_token_of_a_chat_is_not_doubled(tmp_path: Path) -> None:
    save(tmp_path, {"bos_token": "<s>", "chat_template": "{{ bos_token }}{{ messages[0].content }}"})
    loaded = Tokenizer.load(tmp_path)
    assert loaded.encode("hi")[0] == 1
    ids = await loaded.encode_chat([{"role": "user", "content": "hi"}])
    assert ids.count(1) == 1
    assert ids == loaded.encode("<s>hi", add_special_tokens=False)


@pytest.mark.parametrize(
    "text", ["a. " * 50_000, "e\u0301" * 50_000, "\u200b" * 50_000], ids=["words", "marks", "zero"]
)
async def test_other_tasks_run_while_a_long_text_is_encoded(text: str) -> None:
    """Encoding on the loop, or with the interpreter lock held, would leave the other task a turn or two."""
    turns = 0
    encoding = asyncio.create_task(tokenizer("byte_level").encode_async(text))
    while not encoding.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
