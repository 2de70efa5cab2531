"""Real text for checks of quality, read from a directory that the caller names; none of it is in this project."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from benchmarks.serving.cases import text_of
from service.tasks.text.tokenizer import Tokenizer

T = TypeVar("T")

# Lines of a .txt file, or the contexts of a SQuAD file.
LANGUAGES = {
    "English": ("ntrex.src.eng.txt", "xquad.en.json"),
    "Chinese": ("ntrex.ref.zho-CN.txt", "xquad.zh.json"),
    "French": ("ntrex.ref.fra.txt",),
}
PROMPTS = "load_mix.jsonl"


def missing(data: Path) -> list[str]:
    """The files that ``data`` lacks."""
    return [
        name
        for name in (*(name for names in LANGUAGES.values() for name in names), PROMPTS)
        if not (data / name).is_file()
    ]


def passages(data: Path, language: str, tokenizer: Tokenizer, *, tokens: int, length: int) -> list[list[int]]:
    """About ``tokens`` tokens of a language in passages of ``length``, taken evenly from all of its text.

    Each begins as the tokenizer begins a text.
    """
    head = tokenizer.encode("")
    text = "\n".join(line for name in LANGUAGES[language] for line in _lines(data / name))
    ids = tokenizer.encode(text, add_special_tokens=False)
    each = length - len(head)
    whole = [head + ids[start : start + each] for start in range(0, len(ids) - each + 1, each)]
    return _spread(whole, max(1, tokens // length))


def prompts(data: Path, tokenizer: Tokenizer, *, count: int) -> list[list[int]]:
    """Prompts of every task, as a chat where the model knows how to have one."""
    lines = (data / PROMPTS).read_text(encoding="utf-8").splitlines()
    texts = [text_of(json.loads(line)) for line in _spread(lines, count)]
    if not tokenizer.has_chat_template:
        return [tokenizer.encode(text) for text in texts]
    chats = [tokenizer.render_chat([{"role": "user", "content": text}]) for text in texts]
    return [tokenizer.encode(chat, add_special_tokens=False) for chat in chats]


def _lines(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".txt":
        yield from text.splitlines()
        return
    for article in json.loads(text)["data"]:
        for paragraph in article["paragraphs"]:
            yield paragraph["context"]


def _spread(items: list[T], count: int) -> list[T]:
    """``count`` of them at equal distances; all if there are fewer."""
    count = min(count, len(items))
    return [items[number * len(items) // count] for number in range(count)]
