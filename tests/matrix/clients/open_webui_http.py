"""The requests that Open WebUI sends to an Ollama and to an OpenAI server."""

from typing import Any

from tests.matrix.over_http import calls, openai_shape, text_shape
from tests.matrix.service import CHAT, EMBEDDER

_NAME = "Open WebUI"
_MESSAGES = [{"role": "user", "content": "Name a river."}]

_OLLAMA: list[tuple[Any, ...]] = [
    ("GET /api/version",),
    ("GET /api/tags",),
    ("GET /api/ps",),
    ("POST /api/show", {"name": CHAT}),
    ("POST /api/show", {"model": CHAT}),
    (
        "POST /api/chat",
        {
            "model": CHAT,
            "messages": _MESSAGES,
            "stream": True,
            "options": {"num_predict": 5},
            "metadata": {"chat_id": "x"},
        },
    ),
    ("POST /api/generate", {"model": CHAT, "prompt": "", "keep_alive": 0}, "/unload"),
    ("POST /api/embed", {"model": EMBEDDER, "input": ["x"]}),
    ("POST /api/embeddings", {"model": EMBEDDER, "prompt": "x"}),
    ("POST /api/create", {"model": "mine", "from": CHAT}, "trivium models pull"),
    ("POST /api/copy", {"source": CHAT, "destination": "mine"}, "settings"),
    ("DELETE /api/delete", {"model": CHAT}, "trivium models remove"),
    ("POST /api/push", {"model": CHAT}, "not sent anywhere"),
    ("POST /api/blobs/sha256:0", None, "trivium models pull"),
]
_OPENAI: list[tuple[Any, ...]] = [
    ("GET /v1/models",),
    ("HEAD /",),
    (
        "POST /v1/chat/completions",
        {
            "model": CHAT,
            "messages": _MESSAGES,
            "max_tokens": 5,
            "stream": True,
            "stream_options": {"include_usage": True},
            "params": {},
            "features": {"web_search": False},
            "session_id": "s",
            "chat_id": "c",
            "id": "m",
        },
    ),
    ("POST /v1/chat/completions", {"model": CHAT, "messages": _MESSAGES, "max_tokens": 5, "tool_ids": []}),
    ("POST /v1/embeddings", {"model": EMBEDDER, "input": ["x"]}),
    ("POST /v1/audio/speech", {"model": "tts-1", "input": "x", "voice": "alloy"}, "audio"),
    ("POST /v1/audio/transcriptions", {}, "multipart/form-data"),
    ("GET /v1/audio/voices", None, "audio"),
    ("POST /v1/images/generations", {"prompt": "x"}, "image"),
]

CALLS = [
    *calls(_NAME, text_shape, _OLLAMA),
    *calls(_NAME, openai_shape, _OPENAI),
]
