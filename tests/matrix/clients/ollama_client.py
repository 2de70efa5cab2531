"""ollama: every method of the client, and its options."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ollama

from tests.matrix.call import Call
from tests.matrix.service import CHAT, EMBEDDER, Service

_NAME = "ollama"
_MESSAGES = [{"role": "user", "content": "Name a river."}]
_FEW: dict[str, Any] = {"options": {"num_predict": 5}}
_MORE: dict[str, Any] = {"options": {"num_predict": 60}}
_SCHEMA = {"type": "object", "properties": {"x": {"enum": ["a", "b"]}}, "required": ["x"]}
_TOOL = {"type": "function", "function": {"name": "look", "description": "Look.", "parameters": _SCHEMA}}


def _stream(parts: Iterator[Any]) -> None:
    assert [part.done for part in parts][-1]


_CALLS: list[tuple[Any, ...]] = [
    ("list", lambda c: c.list().models[0].model),
    ("ps", lambda c: c.ps().models),
    ("show", lambda c: c.show(CHAT).capabilities),
    ("chat", lambda c: c.chat(CHAT, _MESSAGES, **_FEW)),
    ("chat :latest", lambda c: c.chat(f"{CHAT}:latest", _MESSAGES, **_FEW)),
    ("chat stream", lambda c: _stream(c.chat(CHAT, _MESSAGES, stream=True, **_FEW))),
    ("chat tools", lambda c: c.chat(CHAT, _MESSAGES, tools=[_TOOL], **_FEW)),
    ("chat format json", lambda c: c.chat(CHAT, _MESSAGES, format="json", **_FEW)),
    ("chat format schema", lambda c: c.chat(CHAT, _MESSAGES, format=_SCHEMA, **_MORE)),
    ("chat think false", lambda c: c.chat(CHAT, _MESSAGES, think=False, **_FEW)),
    ("chat keep_alive", lambda c: c.chat(CHAT, _MESSAGES, keep_alive="5m", **_FEW)),
    (
        "chat options",
        lambda c: c.chat(CHAT, _MESSAGES, options={"num_predict": 5, "top_k": 3, "seed": 1, "stop": ["e"]}),
    ),
    ("chat num_ctx", lambda c: c.chat(CHAT, _MESSAGES, options={"num_predict": 5, "num_ctx": 512})),
    ("chat logprobs", lambda c: c.chat(CHAT, _MESSAGES, logprobs=True, top_logprobs=2, **_FEW)),
    ("generate", lambda c: c.generate(CHAT, "A river", **_FEW)),
    ("generate stream", lambda c: _stream(c.generate(CHAT, "A river", stream=True, **_FEW))),
    ("generate raw", lambda c: c.generate(CHAT, "A river", raw=True, **_FEW)),
    ("generate system", lambda c: c.generate(CHAT, "A river", system="Be short.", **_FEW)),
    ("generate format", lambda c: c.generate(CHAT, "A river", format=_SCHEMA, **_MORE)),
    ("embed", lambda c: c.embed(EMBEDDER, ["a", "b"]).embeddings),
    ("embed truncate", lambda c: c.embed(EMBEDDER, "a", truncate=True)),
    ("embeddings", lambda c: c.embeddings(EMBEDDER, "a").embedding),
    ("show unknown", lambda c: c.show("llama3"), CHAT),
    ("chat unknown", lambda c: c.chat("llama3", _MESSAGES), CHAT),
    ("chat think", lambda c: c.chat(CHAT, _MESSAGES, think=True, **_FEW), "think"),
    ("chat images", lambda c: c.chat(CHAT, [{"role": "user", "content": "x", "images": [b"a"]}]), "images"),
    ("generate suffix", lambda c: c.generate(CHAT, "A", suffix="b", **_FEW), "suffix"),
    ("generate images", lambda c: c.generate(CHAT, "A", images=[b"a"]), "images"),
    ("generate template", lambda c: c.generate(CHAT, "A", template="x"), "template"),
    ("generate context", lambda c: c.generate(CHAT, "A", context=[1, 2]), "context"),
    ("embed dimensions", lambda c: c.embed(EMBEDDER, "a", dimensions=7), "dimensions"),
    ("pull unknown", lambda c: c.pull("llama3"), "model"),
    ("push", lambda c: c.push(CHAT), "not sent anywhere"),
    ("create", lambda c: c.create("mine", from_=CHAT), "trivium models pull"),
    ("copy", lambda c: c.copy(CHAT, "mine"), "settings"),
    ("delete", lambda c: c.delete(CHAT), "trivium models remove"),
]


@contextmanager
def _client(service: Service) -> Iterator[ollama.Client]:
    with ollama.Client(service.url) as client:
        yield client


def _run(function: Callable[[ollama.Client], Any]) -> Callable[[Service], None]:
    def run(service: Service) -> None:
        with _client(service) as client:
            function(client)

    return run


CALLS = [Call(_NAME, name, _run(function), tuple(words), must_work=not words) for name, function, *words in _CALLS]
