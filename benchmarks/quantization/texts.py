"""Real texts and prompts from a directory that the caller names. The project contains none of them."""

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.report.statistics import evenly_spaced
from benchmarks.serving.cases import prompt_of_line
from service.tasks.text.tokenizer import Tokenizer

# The texts are the lines of .txt files, and the contexts of files in SQuAD's format.
LANGUAGES = {
    "English": ("ntrex.src.eng.txt", "xquad.en.json"),
    "Chinese": ("ntrex.ref.zho-CN.txt", "xquad.zh.json"),
    "French": ("ntrex.ref.fra.txt",),
}
PROMPTS = "load_mix.jsonl"


def missing_files(data: Path) -> list[str]:
    """The names of the needed files that the directory lacks."""
    needed = [*(name for names in LANGUAGES.values() for name in names), PROMPTS]
    return [name for name in needed if not (data / name).is_file()]


def load_passages(data: Path, language: str, tokenizer: Tokenizer, *, tokens: int, length: int) -> list[list[int]]:
    """About ``tokens`` tokens of a language in passages of ``length``, taken evenly from all its texts.

    Each passage begins with the tokens that the tokenizer puts before a text.
    """
    head = tokenizer.encode("")
    text = "\n".join(line for name in LANGUAGES[language] for line in _lines(data / name))
    ids = tokenizer.encode(text, add_special_tokens=False)
    body = length - len(head)
    passages = [head + ids[start : start + body] for start in range(0, len(ids) - body + 1, body)]
    return evenly_spaced(passages, max(1, tokens // length))


def load_prompts(data: Path, tokenizer: Tokenizer, *, count: int) -> list[list[int]]:
    """The tokens of prompts of all tasks, as chats if the model has a chat template."""
    lines = (data / PROMPTS).read_text(encoding="utf-8").splitlines()
    texts = [prompt_of_line(json.loads(line)) for line in evenly_spaced(lines, count)]
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
