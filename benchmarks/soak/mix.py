"""What is asked: calls of every kind of route, from a JSON-Lines file or from a few texts that are here."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LANGUAGES = {"en": "English", "zh": "Chinese", "fr": "French", "de": "German"}
_SHORT, _LONG = 8, 64  # tokens of an output

BUILT_IN: list[dict[str, Any]] = [
    {"task": "generate", "prompt": "Name three uses for a wooden box."},
    {"task": "generate", "prompt": "Write a letter to a neighbour whose tree has grown over the fence. " * 8},
    {"task": "translate", "src": "en", "tgt": "fr", "text": "The ferry leaves at nine. Bring a coat."},
    {"task": "translate", "src": "fr", "tgt": "en", "text": "Il pleut depuis ce matin."},
    {
        "task": "qa",
        "question": "When was the lighthouse built?",
        "context": "The lighthouse stands on the northern cliff. It was built in 1871 and repaired twice since.",
    },
]
BAD: list[tuple[str, bytes]] = [
    ("/v1/generate", b'{"prompt": "x", "temperature": 9}'),
    ("/v1/generate", b'{"prompt": "x", "max_tokens": 99999999}'),
    ("/v1/chat/completions", b'{"messages": []}'),
    ("/v1/completions", b'{"prompt": "x"'),
    ("/v1/translate", b'{"text": "x", "target_lang": "Klingonian"}'),
    ("/v1/answer", b"[" * 5000),
    ("/v1/never", b"{}"),
]


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    path: str
    body: bytes
    stream: bool = False
    bad: bool = False  # it is to be refused


def load(path: Path | None) -> list[dict[str, Any]]:
    """The rows of a file: a ``task`` (generate, translate or qa) and its texts; without a file, those that are here."""
    if path is None:
        return BUILT_IN
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def calls(rows: list[dict[str, Any]], generator: random.Random, *, bad: float) -> Iterator[Call]:
    """Without end; a share of ``bad`` ones among them."""
    while True:
        if generator.random() < bad:
            path, body = generator.choice(BAD)
            yield Call(path, body, bad=True)
            continue
        stream = generator.random() < 0.5
        path, fields = _asked(generator.choice(rows), generator)
        yield Call(path, json.dumps(fields | {"stream": stream}).encode(), stream)


def _asked(row: dict[str, Any], generator: random.Random) -> tuple[str, dict[str, Any]]:
    if row["task"] == "translate":
        languages = {"source_lang": LANGUAGES[row["src"]], "target_lang": LANGUAGES[row["tgt"]]}
        return "/v1/translate", {"text": row["text"], **languages}
    if row["task"] == "qa":
        mode = generator.choice(["extractive", "generative"])
        asked = {"question": row["question"], "context": row["context"], "mode": mode}
        return "/v1/answer", asked | ({"max_tokens": _LONG} if mode == "generative" else {})
    length = {"max_tokens": generator.randint(_SHORT, _LONG), "seed": generator.randrange(1000)}
    match generator.randrange(3):
        case 0:
            return "/v1/generate", {"prompt": row["prompt"]} | length
        case 1:
            return "/v1/completions", {"prompt": row["prompt"], "n": generator.randint(1, 3)} | length
        case _:
            return "/v1/chat/completions", {"messages": [{"role": "user", "content": row["prompt"]}]} | length
