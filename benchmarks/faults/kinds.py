"""The kinds of calls whose answers must be the same whatever happens: greedy, seeded, several, scored, stopped."""

import json
from collections.abc import Callable
from itertools import cycle, islice
from typing import Any

from benchmarks.soak.mix import LANGUAGES, Call

Row = dict[str, Any]
_LENGTH = 64  # tokens of an output
_SEEDED = {"temperature": 0.9, "top_p": 0.95}


_GREEDY = {"temperature": 0}


def _prompt(row: Row) -> Row:
    return {"prompt": row["prompt"], "max_tokens": _LENGTH}


def _chat(row: Row) -> Row:
    return {"messages": [{"role": "user", "content": row["prompt"]}], "max_tokens": _LENGTH}


def _translation(row: Row) -> Row:
    languages = {"source_lang": LANGUAGES[row["src"]], "target_lang": LANGUAGES[row["tgt"]]}
    return {"text": row["text"], **languages}


def _question(row: Row) -> Row:
    return {"question": row["question"], "context": row["context"]}


# The task of a row, the route, whether it is streamed, and what to ask, of which the seed is a part.
_KINDS: list[tuple[str, str, bool, Callable[[Row, int], Row]]] = [
    ("generate", "/v1/generate", True, lambda row, _: _prompt(row) | _GREEDY),
    ("generate", "/v1/generate", True, lambda row, seed: _prompt(row) | _SEEDED | {"seed": seed}),
    ("generate", "/v1/completions", True, lambda row, seed: _prompt(row) | {"n": 2, "logprobs": 2, "seed": seed}),
    (
        "generate",
        "/v1/chat/completions",
        True,
        lambda row, seed: _chat(row) | _SEEDED | {"logprobs": True, "top_logprobs": 2, "seed": seed},
    ),
    ("generate", "/v1/completions", True, lambda row, _: _prompt(row) | _GREEDY | {"stop": ["\n\n", ". "]}),
    ("generate", "/v1/chat/completions", False, lambda row, seed: _chat(row) | {"n": 2, "seed": seed}),
    ("translate", "/v1/translate", True, lambda row, _: _translation(row)),
    ("translate", "/v1/translate", False, lambda row, _: _translation(row)),
    ("qa", "/v1/answer", True, lambda row, _: _question(row) | {"mode": "generative", "max_tokens": _LENGTH}),
    ("qa", "/v1/answer", False, lambda row, _: _question(row) | {"mode": "extractive"}),
]


def mixed(rows: list[Row], count: int) -> list[Call]:
    """So many calls, of every kind in turn."""
    texts = {task: cycle([row for row in rows if row["task"] == task]) for task in {row["task"] for row in rows}}
    calls = []
    for number, (task, path, stream, fields) in enumerate(islice(cycle(_KINDS), count)):
        body = fields(next(texts[task]), number) | {"stream": stream}
        calls.append(Call(path, json.dumps(body).encode(), stream))
    return calls
