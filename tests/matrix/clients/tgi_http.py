"""TGI's own routes over HTTP. The package text-generation posts to the root, and cannot be installed beside others."""

from typing import Any

from tests.matrix.over_http import calls, openai_shape, text_shape

_FEW = {"max_new_tokens": 5}

_ROWS: list[tuple[Any, ...]] = [
    ("POST /", {"inputs": "A river", "stream": False, "parameters": _FEW}),
    ("POST /", {"inputs": "A river", "stream": True, "parameters": _FEW}),
    ("POST /generate", {"inputs": "A river", "parameters": _FEW}),
    ("POST /generate", {"inputs": "A river", "parameters": _FEW | {"details": True, "decoder_input_details": True}}),
    ("POST /generate", {"inputs": "A river", "parameters": _FEW | {"grammar": {"type": "regex", "value": "[ab]{2}"}}}),
    ("POST /generate_stream", {"inputs": "A river", "parameters": _FEW}),
    ("POST /tokenize", {"inputs": "A river"}),
    ("POST /chat_tokenize", {"messages": [{"role": "user", "content": "x"}]}),
    ("GET /info",),
    ("GET /health",),
    ("GET /ping",),
    ("GET /metrics",),
    ("POST /generate", {"inputs": "A", "parameters": {"adapter_id": "none"}}, "adapter_id"),
    ("POST /generate", {"inputs": "A", "parameters": {"typical_p": 0.5}}, "typical_p"),
    ("POST /generate", {"inputs": "A", "parameters": {"watermark": True}}, "watermark"),
    ("POST /generate", {"inputs": "A", "parameters": {"top_p": 2}}, "top_p"),
    ("POST /generate", {"inputs": "A", "parameters": {"best_of": 2}}, "best_of"),
    ("POST /generate", {"inputs": "A", "parameters": {"num_beams": 2}}, "num_beams"),
    ("POST /generate", {"inputs": "A", "parameters": {"num_return_sequences": 2}}, "num_return_sequences"),
    ("POST /generate", {}, "inputs"),
    ("POST /generate_stream", {"inputs": "A", "parameters": {"decoder_input_details": True}}, "decoder_input_details"),
]
_OPENAI: list[tuple[Any, ...]] = [
    ("POST /invocations", {"messages": []}, "/v1/chat/completions"),
    ("POST /vertex", {"instances": []}, "/v1/chat/completions"),
]

CALLS = [*calls("TGI", text_shape, _ROWS), *calls("TGI", openai_shape, _OPENAI)]
