"""Special tokens, and the ids of chats that hold them, equal those of transformers' tokenizers for any files."""

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from service.tasks.text.special_tokens import SpecialTokens
from service.tasks.text.tokenizer import Tokenizer

STANDARD = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
CUSTOM = ("image_token", "boi_token", "tool_call_token")
# Some are added tokens of tokenizer.json, some are words of its vocabulary, some are not in it.
TEXTS = ("<s>", "</s>", "<plain>", "<word>", "<none>", "<|new|>", "")
STRIPPING = "<strip>"  # swallows the space behind it; files name it by an object only
TEMPLATE = "".join(
    f"{{{{ {name} }}}}[{{% if {name} is defined %}}{name}{{% endif %}}]" for name in (*STANDARD, *CUSTOM)
)
TEMPLATE += "{{ messages[0].content }}{{ bos_token }}"


@cache
def vocabulary(padding: str | None) -> str:
    """A byte-level tokenizer.json."""
    library = tokenizers.Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    words = [*sorted(pre_tokenizers.ByteLevel.alphabet()), "<word>", "<s>"]
    library.model = models.BPE({word: id for id, word in enumerate(words)}, [])
    library.add_special_tokens(["<s>", "</s>"])
    library.add_tokens([AddedToken("<plain>", special=False)])
    if padding is not None:
        library.enable_padding(pad_token=padding)
    return library.to_str()


def flags(text: str) -> dict[str, Any]:
    return {"content": text, "lstrip": False, "rstrip": text == STRIPPING, "normalized": False, "single_word": False}


texts = st.sampled_from(TEXTS)
added = st.sampled_from((*filter(bool, TEXTS), STRIPPING)).map(flags)
plain = st.one_of(st.none(), texts)
in_config = st.one_of(plain, added.map(lambda token: {"__type": "AddedToken", **token, "special": True}))
in_map = st.one_of(plain, added)


def named(tokens: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    # transformers recurses without end if the unknown token is not in the vocabulary itself
    entries = st.dictionaries(st.sampled_from(STANDARD + CUSTOM), tokens, max_size=4)
    return entries.filter(lambda entries: entries.get("unk_token") != "")


extras: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({}),
    st.fixed_dictionaries({"additional_special_tokens": st.lists(texts, max_size=2)}),
    st.fixed_dictionaries({"extra_special_tokens": st.lists(texts, max_size=2)}),
    st.fixed_dictionaries({"extra_special_tokens": st.dictionaries(st.sampled_from(CUSTOM), texts, max_size=2)}),
)
decoders_of_added = st.one_of(
    st.just({}),
    st.dictionaries(st.sampled_from(["260", "300", "301"]), added, max_size=2).map(
        lambda tokens: {"added_tokens_decoder": tokens}
    ),
)
configs = st.builds(lambda *parts: {**parts[0], **parts[1], **parts[2]}, named(in_config), extras, decoders_of_added)
maps = st.builds(lambda *parts: {**parts[0], **parts[1]}, named(in_map), extras)
added_files = st.lists(texts.filter(bool), max_size=3, unique=True).map(
    lambda tokens: {text: 300 - number for number, text in enumerate(tokens)}
)


def write(directory: Path, padding: str | None, **files: dict[str, Any] | None) -> Path:
    (directory / "tokenizer.json").write_text(vocabulary(padding))
    for name, content in files.items():
        if content is not None:
            (directory / f"{name}.json").write_text(json.dumps(content))
    return directory


def compare(directory: Path) -> None:
    """Names, rendered texts and ids are those of transformers."""
    theirs = PreTrainedTokenizerFast.from_pretrained(directory)
    ours = Tokenizer.load(directory)
    messages = [{"role": "user", "content": "a<s> <none> <strip> <|new|>b<word>"}]
    expected = theirs.apply_chat_template(messages, tokenize=False)
    assert ours.render_chat(messages) == expected
    assert ours.encode(expected, add_special_tokens=False) == theirs(expected, add_special_tokens=False).input_ids


@settings(max_examples=50)
@given(
    config=st.one_of(st.none(), configs),
    special_tokens_map=st.one_of(st.none(), maps),
    added_tokens=st.one_of(st.none(), added_files),
    padding=st.one_of(st.none(), texts),
)
def test_any_files_are_read_as_by_transformers(
    config: dict[str, Any] | None,
    special_tokens_map: dict[str, Any] | None,
    added_tokens: dict[str, int] | None,
    padding: str | None,
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        files = {"tokenizer_config": config, "special_tokens_map": special_tokens_map, "added_tokens": added_tokens}
        path = write(Path(directory), padding, **files)
        (path / "chat_template.jinja").write_text(TEMPLATE)
        compare(path)


def test_the_first_token_of_a_chat_may_stand_in_the_old_file_only(tmp_path: Path) -> None:
    path = write(tmp_path, None, special_tokens_map={"bos_token": flags("<s>")})
    (path / "chat_template.jinja").write_text("{{ bos_token }}{{ messages[0].content }}")
    loaded = Tokenizer.load(path)
    assert loaded.render_chat([{"role": "user", "content": "hi"}]) == "<s>hi"
    compare(path)


@pytest.mark.parametrize("token", [7, {"text": "<s>"}, ["<s>"]])
def test_a_token_that_is_no_token_is_an_error(token: object) -> None:
    with pytest.raises(ValueError, match="must be a text, or an object with a content"):
        SpecialTokens.from_files({"bos_token": token}, {}, {})
