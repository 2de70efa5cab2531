"""cohere: both versions of its client, and its routes."""

from collections.abc import Callable
from typing import Any

import cohere
import httpx

from tests.matrix.call import Call
from tests.matrix.over_http import calls, message_shape
from tests.matrix.service import CHAT, EMBEDDER, RERANKER, Service

_NAME = "cohere"
_EMBED = {"model": EMBEDDER, "input_type": "search_query", "embedding_types": ["float"]}

_V2: list[tuple[Any, ...]] = [
    ("v2.embed", lambda c: c.embed(texts=["a"], **_EMBED)),
    ("v2.rerank", lambda c: c.rerank(model=RERANKER, query="a", documents=["b", "c"], top_n=1)),
    ("v2.chat", lambda c: c.chat(model=CHAT, messages=[{"role": "user", "content": "x"}]), "/v1/chat/completions"),
    ("v2.embed images", lambda c: c.embed(images=["data:image/png;base64,AA=="], **_EMBED), "texts"),
    ("v2.embed unknown", lambda c: c.embed(texts=["a"], **_EMBED | {"model": "embed-v4"}), EMBEDDER),
]
_V1: list[tuple[Any, ...]] = [
    ("v1.embed", lambda c: c.embed(texts=["a"], model=EMBEDDER, input_type="search_query")),
    ("v1.rerank", lambda c: c.rerank(model=RERANKER, query="a", documents=["b"])),
    ("v1.embed_jobs.list", lambda c: c.embed_jobs.list(), "/v1/embed"),
]
_HTTP: list[tuple[Any, ...]] = [
    ("POST /v1/embed-jobs", {}, "/v1/embed"),
    ("POST /v2/chat", {"messages": []}, "/v1/chat/completions"),
    ("POST /v2/rerank", {"query": "a"}, "documents"),
]


def _run(kind: type[Any], function: Callable[[Any], Any]) -> Callable[[Service], None]:
    def run(service: Service) -> None:
        with httpx.Client() as http:
            function(kind("any", base_url=service.url, httpx_client=http))

    return run


CALLS = [
    *(Call(_NAME, name, _run(cohere.ClientV2, f), tuple(words), must_work=not words) for name, f, *words in _V2),
    *(Call(_NAME, name, _run(cohere.Client, f), tuple(words), must_work=not words) for name, f, *words in _V1),
    *calls(_NAME, message_shape, _HTTP),
]
