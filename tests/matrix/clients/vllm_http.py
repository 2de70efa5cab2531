"""vLLM's own routes and fields over HTTP."""

from typing import Any

from tests.matrix.over_http import calls, openai_shape
from tests.matrix.service import CHAT, CLASSIFIER, EMBEDDER, RERANKER

_MESSAGES = [{"role": "user", "content": "Name a river."}]
_CHAT = {"model": CHAT, "messages": _MESSAGES, "max_tokens": 5}
_TEXT = {"model": CHAT, "prompt": "A river", "max_tokens": 5}
_BEAMS = {"use_beam_search": True, "n": 2, "best_of": 3}
# What goes with a beam search.
_WITH_BEAMS: list[dict[str, Any]] = [
    {},
    {"stream": True},
    {"stop": ["e"]},
    {"length_penalty": 2.0, "early_stopping": True},
    {"presence_penalty": 0.5, "repetition_penalty": 1.1, "no_repeat_ngram_size": 2},
    {"logit_bias": {"65": 2}, "min_tokens": 2, "bad_words": ["river"], "ignore_eos": True},
    {"seed": 1, "cache_salt": "x", "priority": 1},
    {"structured_outputs": {"regex": "[ab]{2}"}},
    {"echo": True, "return_token_ids": True},
]

_ROWS: list[tuple[Any, ...]] = [
    ("GET /health",),
    ("GET /ping",),
    ("GET /version",),
    ("GET /metrics",),
    ("GET /tokenizer_info",),
    ("POST /tokenize", {"model": CHAT, "prompt": "A river", "return_token_strs": True}),
    ("POST /tokenize", {"model": CHAT, "messages": _MESSAGES}),
    ("POST /detokenize", {"model": CHAT, "tokens": [65, 66]}),
    ("POST /v1/completions", _TEXT | {"min_tokens": 2, "stop_token_ids": [3]}),
    ("POST /v1/completions", _TEXT | {"prompt_logprobs": 1}),
    ("POST /v1/completions", _TEXT | {"allowed_token_ids": [65, 66]}),
    ("POST /v1/completions", _TEXT | {"bad_words": ["river"]}),
    ("POST /v1/completions", _TEXT | {"truncate_prompt_tokens": 3}),
    ("POST /v1/completions", _TEXT | {"logprobs": 1, "return_tokens_as_token_ids": True}),
    ("POST /v1/completions", _TEXT | {"return_token_ids": True}),
    ("POST /v1/completions", _TEXT | {"priority": 1, "ignore_eos": True}),
    ("POST /v1/completions", _TEXT | {"structured_outputs": {"regex": "[ab]{2}"}}),
    ("POST /v1/completions", _TEXT | {"guided_regex": "[ab]{2}"}),
    ("POST /v1/completions", _TEXT | {"stream": True, "stream_options": {"continuous_usage_stats": True}}),
    ("POST /v1/chat/completions", _CHAT | {"guided_json": {"type": "boolean"}}),
    ("POST /v1/chat/completions", _CHAT | {"structured_outputs": {"choice": ["a", "b"]}}),
    ("POST /v1/chat/completions", _CHAT | {"add_generation_prompt": True, "echo": False}),
    ("POST /v1/chat/completions", _CHAT | {"skip_special_tokens": False, "include_stop_str_in_output": True}),
    ("POST /v1/score", {"model": RERANKER, "text_1": "a", "text_2": ["b", "c"]}),
    ("POST /score", {"model": RERANKER, "text_1": "a", "text_2": "b"}),
    ("POST /v1/rerank", {"model": RERANKER, "query": "a", "documents": ["b", "c"]}),
    ("POST /v1/embeddings", {"model": EMBEDDER, "input": "a"}),
    *(("POST /v1/completions", _TEXT | _BEAMS | fields) for fields in _WITH_BEAMS),
    ("POST /v1/chat/completions", _CHAT | _BEAMS | {"structured_outputs": {"choice": ["ab", "ac", "b"]}}),
    ("POST /v1/generate", _TEXT | {"num_beams": 3, "num_return_sequences": 2}),
    ("POST /v1/completions", _TEXT | {"use_beam_search": True}, "use_beam_search"),
    ("POST /v1/completions", _TEXT | _BEAMS | {"logprobs": 1}, "use_beam_search"),
    ("POST /v1/completions", _TEXT | _BEAMS | {"temperature": 0.5}, "temperature"),
    ("POST /v1/completions", _TEXT | _BEAMS | {"top_p": 0.5}, "top_p"),
    ("POST /v1/completions", _TEXT | _BEAMS | {"n": 4}, "n must not"),
    ("POST /v1/completions", _TEXT | {"guided_regex": "("}, "guided_regex"),
    ("POST /v1/completions", _TEXT | {"prompt_embeds": "x"}, "prompt"),
    ("POST /v1/chat/completions", _CHAT | {"chat_template": "x"}, "chat_template"),
    ("POST /v1/chat/completions", _CHAT | {"mm_processor_kwargs": {"a": 1}}, "mm_processor_kwargs"),
    ("POST /pooling", {"model": EMBEDDER, "input": "a"}, "/v1/embeddings"),
    ("POST /classify", {"model": CLASSIFIER, "input": "a"}, "/models/"),
    ("POST /inference/v1/generate", {"token_ids": [65]}, "/v1/completions"),
    ("POST /v1/load_lora_adapter", {"lora_name": "a", "lora_path": "/nowhere"}, "adapter"),
    ("POST /v1/unload_lora_adapter", {"lora_name": "a"}, "No model"),
    ("POST /sleep", None, "/unload"),
    ("POST /wake_up", None, "/load"),
    ("GET /is_sleeping", None, "/v1/models"),
    ("POST /reset_prefix_cache", None, "cache_salt"),
    ("POST /reset_mm_cache", None, "image"),
    ("POST /collective_rpc", {"method": "x"}, "not served"),
    ("GET /server_info", None, "/version"),
    ("GET /load", None, "/metrics"),
    ("POST /start_profile", None, "/metrics"),
    ("POST /stop_profile", None, "/metrics"),
    ("POST /abort_requests", None, "connection"),
    ("POST /scale_elastic_ep", {}, "not served"),
    ("POST /v1/audio/transcriptions", None, "multipart/form-data"),
    ("POST /v1/realtime/sessions", None, "realtime"),
]

CALLS = calls("vLLM", openai_shape, _ROWS)
