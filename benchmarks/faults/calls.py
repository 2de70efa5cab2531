"""Calls whose answers must not depend on a restart: greedy, seeded, with several choices, scores and stop strings."""

import json
from collections.abc import Callable
from itertools import cycle, islice

from benchmarks.soak.mix import (
    OUTPUT_TOKENS,
    MixCall,
    Row,
    answer_fields,
    chat_fields,
    prompt_fields,
    translation_fields,
)

_LENGTH = {"max_tokens": OUTPUT_TOKENS}
_GREEDY = {"temperature": 0}
_SAMPLED = {"temperature": 0.9, "top_p": 0.95}

# Each kind of call: the task of its row, its path, whether it is streamed, and its fields from the row and a seed.
_KINDS: list[tuple[str, str, bool, Callable[[Row, int], Row]]] = [
    ("generate", "/v1/generate", True, lambda row, _: prompt_fields(row) | _LENGTH | _GREEDY),
    ("generate", "/v1/generate", True, lambda row, seed: prompt_fields(row) | _LENGTH | _SAMPLED | {"seed": seed}),
    (
        "generate",
        "/v1/completions",
        True,
        lambda row, seed: prompt_fields(row) | _LENGTH | {"n": 2, "logprobs": 2, "seed": seed},
    ),
    (
        "generate",
        "/v1/chat/completions",
        True,
        lambda row, seed: chat_fields(row) | _LENGTH | _SAMPLED | {"logprobs": True, "top_logprobs": 2, "seed": seed},
    ),
    (
        "generate",
        "/v1/completions",
        True,
        lambda row, _: prompt_fields(row) | _LENGTH | _GREEDY | {"stop": ["\n\n", ". "]},
    ),
    ("generate", "/v1/chat/completions", False, lambda row, seed: chat_fields(row) | _LENGTH | {"n": 2, "seed": seed}),
    ("translate", "/v1/translate", True, lambda row, _: translation_fields(row)),
    ("translate", "/v1/translate", False, lambda row, _: translation_fields(row)),
    ("qa", "/v1/answer", True, lambda row, _: answer_fields(row, "generative")),
    ("qa", "/v1/answer", False, lambda row, _: answer_fields(row, "extractive")),
]


def make_calls(rows: list[Row], count: int) -> list[MixCall]:
    """``count`` calls, of every kind in turn. The rows must have every task."""
    rows_of_task = {task: cycle([row for row in rows if row["task"] == task]) for task in {row["task"] for row in rows}}
    calls = []
    for number, (task, path, stream, make_fields) in enumerate(islice(cycle(_KINDS), count)):
        body = make_fields(next(rows_of_task[task]), number) | {"stream": stream}
        calls.append(MixCall(path, json.dumps(body).encode(), stream))
    return calls
