"""The marks of models that fill in the middle, and the prompts made of them."""

import pytest

from model_store.types import LocalModel
from service.tasks.text.fill_in import FillInFormat
from service.tasks.text.tokenizer import Tokenizer


@pytest.mark.parametrize(
    ("vocabulary", "prompt"),
    [
        (["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"], "<|fim_prefix|> p <|fim_suffix|> s <|fim_middle|>"),
        (["<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>"], "<fim_prefix> p <fim_suffix> s <fim_middle>"),
        (
            ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>", "<|filename|>", "<|reponame|>"],
            "<|fim_prefix|> p <|fim_suffix|> s <|fim_middle|>",
        ),
        (["<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<file_sep>"], "<fim_prefix> p <fim_suffix> s <fim_middle>"),
        (["<fim-prefix>", "<fim-suffix>", "<fim-middle>"], "<fim-prefix> p <fim-suffix> s <fim-middle>"),
        (["<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"], "<｜fim▁begin｜> p <｜fim▁hole｜> s <｜fim▁end｜>"),
        (["▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"], "▁<PRE> p ▁<SUF> s ▁<MID>"),
        (
            ["<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"],
            "<|code_prefix|> p <|code_suffix|> s <|code_middle|>",
        ),
        (["<|prefix|>", "<|suffix|>", "<|middle|>"], "<|prefix|> p <|suffix|> s <|middle|>"),
        (["[PREFIX]", "[SUFFIX]"], "[SUFFIX] s [PREFIX] p"),
    ],
)
def test_the_marks_of_each_family(vocabulary: list[str], prompt: str) -> None:
    words = ["<s>", "p", "s", *vocabulary]
    ids = {word: id for id, word in enumerate(words)}
    format = FillInFormat.find(ids.get)
    assert format is not None
    tokens = format.prompt([ids["<s>"]], [ids["p"]], [ids["s"]])
    assert [words[token] for token in tokens] == ["<s>", *prompt.split()]
    assert set(format.ends) == {ids[mark] for mark in vocabulary}


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["<|repo_name|>", "<|file_sep|>"], ("<|repo_name|>", "<|file_sep|>")),
        (["<|reponame|>", "<|filename|>"], (None, None)),
        (["<|file_sep|>"], (None, "<|file_sep|>")),
    ],
)
def test_the_marks_of_files(names: list[str], found: tuple[str | None, ...]) -> None:
    words = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", *names]
    format = FillInFormat.find({word: id for id, word in enumerate(words)}.get)
    assert format is not None
    assert [None if id is None else words[id] for id in (format.repository, format.file)] == list(found)


def test_half_a_set_of_marks_is_none() -> None:
    assert FillInFormat.find({"<fim_prefix>": 0, "<fim_suffix>": 1}.get) is None


def test_the_default_model_has_marks(default_model: LocalModel) -> None:
    tokenizer = Tokenizer.load(default_model.path)
    assert tokenizer.fill_in is not None
    prompt = tokenizer.fill_in.prompt(tokenizer.start_ids, tokenizer.encode("a = "), tokenizer.encode("\nprint(a)"))
    text = "<|fim_prefix|>a = <|fim_suffix|>\nprint(a)<|fim_middle|>"
    assert tokenizer.decode(prompt, skip_special_tokens=False) == text
    assert prompt == tokenizer.encode(text)
