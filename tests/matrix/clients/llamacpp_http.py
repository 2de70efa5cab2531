"""The routes of llama.cpp's server over HTTP."""

from typing import Any

from tests.matrix.over_http import calls, llama_shape, openai_shape
from tests.matrix.service import EMBEDDER, RERANKER

_MESSAGES = [{"role": "user", "content": "Name a river."}]
_TEXT = {"prompt": "A river", "n_predict": 5}

_ROWS: list[tuple[Any, ...]] = [
    ("GET /props",),
    ("GET /slots",),
    ("POST /completion", _TEXT),
    ("POST /completion", _TEXT | {"stream": True}),
    ("POST /completion", _TEXT | {"n_probs": 2}),
    ("POST /completion", _TEXT | {"grammar": 'root ::= "a" | "b"'}),
    ("POST /completion", _TEXT | {"json_schema": {"type": "boolean"}}),
    ("POST /completion", _TEXT | {"temperature": 0.5, "top_k": 5, "min_p": 0.1, "repeat_penalty": 1.1, "seed": 1}),
    ("POST /completion", _TEXT | {"cache_prompt": True, "stop": ["e"], "logit_bias": [[65, 1.0]]}),
    ("POST /completion", {"prompt": [65, 66], "n_predict": 5}),
    ("POST /apply-template", {"messages": _MESSAGES}),
    ("POST /embedding", {"content": "a", "model": EMBEDDER}),
    ("POST /completion", _TEXT | {"mirostat": 2}, "mirostat"),
    ("POST /completion", _TEXT | {"dry_multiplier": 0.5}, "dry_multiplier"),
    ("POST /completion", _TEXT | {"grammar": "root ::="}, "grammar"),
    ("POST /completion", _TEXT | {"lora": [{"id": 0, "scale": 1.0}]}, "lora"),
    ("POST /models/load", {"model": "a"}, "/v1/models/"),
    ("POST /models/unload", {"model": "a"}, "/v1/models/"),
    ("GET /lora-adapters", None, "/v1/load_lora_adapter"),
    ("POST /lora-adapters", [{"id": 0, "scale": 1.0}], "/v1/load_lora_adapter"),
    ("POST /infill", {"input_prefix": "a", "input_suffix": "b"}, "suffix"),
    ("POST /props", {"chat_template": "x"}, "settings"),
    ("GET /slots/0", None, "/slots"),
    ("POST /slots/0?action=save", {"filename": "a"}, "cache"),
    ("POST /slots/0?action=erase", None, "cache"),
]
_OPENAI: list[tuple[Any, ...]] = [
    ("GET /health",),
    ("GET /v1/health", None, "/health"),
    ("GET /metrics",),
    ("GET /models", None, "/v1/models"),
    ("GET /v1/models",),
    ("POST /tokenize", {"content": "A river", "with_pieces": True}),
    ("POST /detokenize", {"tokens": [65, 66]}),
    ("POST /rerank", {"query": "a", "documents": ["b", "c"], "model": RERANKER}),
    ("POST /v1/rerank", {"query": "a", "documents": ["b"], "model": RERANKER}),
    ("POST /completions", _TEXT, "/v1/completions"),
    ("POST /chat/completions", {"messages": _MESSAGES}, "/v1/chat/completions"),
    ("POST /embeddings", {"content": "a"}, "/v1/embeddings"),
    ("POST /reranking", {"query": "a", "documents": ["b"]}, "/v1/rerank"),
    ("GET /tools", None, "tools"),
]

CALLS = [*calls("llama.cpp", llama_shape, _ROWS), *calls("llama.cpp", openai_shape, _OPENAI)]
