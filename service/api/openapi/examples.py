"""Requests and answers shown in the OpenAPI document, by route."""

from typing import Any

_MODEL = "qwen2.5-coder-0.5b-instruct"


def _usage(prompt: int, completion: int) -> dict[str, Any]:
    details = {"reasoning_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": details,
    }


def _native(id: str, prompt: int, completion: int, **answer: Any) -> dict[str, Any]:
    return {
        "id": id,
        "model": _MODEL,
        **answer,
        "usage": _usage(prompt, completion),
        "timings": {"queue_seconds": 0.0004, "ttft_seconds": 0.061, "total_seconds": 0.43},
    }


def _openai(id: str, kind: str, choice: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": id,
        "object": kind,
        "created": 1763900000,
        "model": _MODEL,
        "system_fingerprint": "fp_4c1f",
        "choices": [{"index": 0, **choice, "logprobs": None, "finish_reason": "stop"}],
        "usage": _usage(9, 3),
    }


GENERATE = {
    "prompt": {"value": {"prompt": "人工智能将改变世界", "max_new_tokens": 100}},
    "messages": {"value": {"messages": [{"role": "user", "content": "Name three rivers."}], "temperature": 0}},
    "stream": {"value": {"prompt": "Once upon a time", "max_new_tokens": 20, "stream": True}},
}
GENERATED = _native("gen-3f0c", 5, 8, text="，它将改变我们的工作方式。", finish_reason="stop")
GENERATED_STREAM = """\
data: {"id":"gen-3f0c","index":0,"text":" there was","finish_reason":null}

data: {"id":"gen-3f0c","index":0,"text":"","finish_reason":"length"}

data: {"id":"gen-3f0c","model":"...","usage":{"prompt_tokens":4},"timings":{"ttft_seconds":0.061}}

data: [DONE]

"""

TRANSLATE = {
    "text": {"value": {"text": "Hello, how are you?", "source_lang": "English", "target_lang": "Chinese"}},
    "list": {"value": {"text": ["Good morning.", "See you tomorrow."], "target_lang": "fr"}},
    "prefix": {"value": {"text": "Hello, how are you?", "target_lang": "zh", "output_prefix": "你好"}},
    "terms": {
        "value": {
            "text": "The invoice is in Acme Drive.",
            "target_lang": "de",
            "formality": "more",
            "glossary": [{"source": "invoice", "target": "Rechnung"}],
            "do_not_translate": ["Acme Drive"],
        }
    },
}
TRANSLATED = _native(
    "trans-81aa",
    71,
    6,
    translations=[
        {
            "index": 0,
            "text": "你好，你好吗？",
            "finish_reason": "stop",
            "source_lang": "en",
            "target_lang": "zh",
            "detected": {"language": "en", "confidence": 0.98},
            "flags": [],
            "alternatives": [],
            "glossary": {"applied": [], "missed": []},
            "segments": [
                {
                    "source": "Hello, how are you?",
                    "text": "你好，你好吗？",
                    "start": 0,
                    "end": 19,
                    "flags": [],
                    "score": -0.31,
                }
            ],
        }
    ],
)
TRANSLATED_STREAM = """\
data: {"id":"trans-81aa","index":0,"segment":0,"text":"你好，你好吗？","finish_reason":null,"flags":[],"score":-0.31}

data: {"id":"trans-81aa","index":0,"segment":null,"text":"","finish_reason":"stop","source_lang":"en","flags":[]}

data: {"id":"trans-81aa","model":"...","done":true,"usage":{"prompt_tokens":71},"timings":{"ttft_seconds":0.061}}

data: [DONE]

"""

LANGUAGES = {"model": _MODEL, "languages": [{"code": "en", "name": "English", "targets": ["zh", "fr"]}]}

ANSWER = {
    "question": {"value": {"question": "什么是量子计算？"}},
    "context": {"value": {"question": "When was it built?", "context": "The bridge was built in 1894."}},
    "documents": {
        "value": {
            "question": "When was the bridge built?",
            "documents": [
                {"id": "a", "title": "Arlen", "text": "Two rivers meet near Arlen."},
                {"id": "b", "text": "The bridge was built in 1894, of steel from a mill in Gent."},
            ],
            "top_k": 3,
            "no_answer_threshold": 0.8,
        }
    },
    "generative": {
        "value": {"question": "When was it built?", "context": "The bridge was built in 1894.", "mode": "generative"}
    },
}
_SPAN = {"start": 24, "end": 28, "document": None, "score": 0.91}
_ANSWER: dict[str, Any] = {
    "mode": "extractive",
    "finish_reason": "stop",
    "no_answer": False,
    "no_answer_probability": 0.03,
    "score": 0.91,
    "start": 24,
    "end": 28,
    "document": None,
    "answers": [{"text": "1894", **_SPAN}],
    "citations": [],
    "dropped_citations": 0,
}
ANSWERED = _native("ans-55d0", 64, 4, answer="1894", **_ANSWER)
ANSWERED_STREAM = """\
data: {"id":"ans-55d0","index":0,"text":"1894","finish_reason":null}

data: {"id":"ans-55d0","index":0,"text":"","finish_reason":"stop"}

data: {"id":"ans-55d0","model":"...","done":true,"mode":"extractive","start":24,"end":28,"no_answer":false}

data: [DONE]

"""

CHAT = {
    "chat": {
        "value": {
            "model": _MODEL,
            "messages": [
                {"role": "system", "content": "Answer in one word."},
                {"role": "user", "content": "What is the capital of France?"},
            ],
        }
    },
    "stream": {
        "value": {
            "model": _MODEL,
            "messages": [{"role": "user", "content": "你好"}],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    },
}
CHAT_COMPLETION = _openai(
    "chatcmpl-6b1e",
    "chat.completion",
    {"message": {"role": "assistant", "content": "Paris", "refusal": None}},
)
CHAT_STREAM = """\
data: {"id":"chatcmpl-6b1e","object":"chat.completion.chunk","created":1763900000,"model":"...",\
"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-6b1e","object":"chat.completion.chunk","created":1763900000,"model":"...",\
"choices":[{"index":0,"delta":{"content":"Paris"},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-6b1e","object":"chat.completion.chunk","created":1763900000,"model":"...",\
"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}

data: [DONE]

"""

COMPLETE = {
    "text": {"value": {"model": _MODEL, "prompt": "def add(a, b):", "max_tokens": 16, "temperature": 0}},
    "scoring": {
        "value": {"prompt": ["The sky is blue"], "max_tokens": 0, "echo": True, "logprobs": 1},
    },
}
COMPLETION = _openai("cmpl-9d20", "text_completion", {"text": "\n    return a + b"})
COMPLETION_STREAM = """\
data: {"id":"cmpl-9d20","object":"text_completion","created":1763900000,"model":"...",\
"choices":[{"index":0,"text":"\\n    return a + b","logprobs":null,"finish_reason":"stop"}]}

data: [DONE]

"""

MODEL = {
    "id": _MODEL,
    "object": "model",
    "created": 1763900000,
    "owned_by": "trivium",
    "root": _MODEL,
    "parent": None,
    "max_model_len": 4096,
}
TOKENIZE = {"prompt": {"value": {"prompt": "Hello, world", "return_token_strs": True}}}
TOKENIZED = {"count": 3, "max_model_len": 4096, "tokens": [9707, 11, 1879], "token_strs": ["Hello", ",", " world"]}
DETOKENIZE = {"tokens": {"value": {"tokens": [9707, 11, 1879]}}}
DETOKENIZED = {"prompt": "Hello, world", "content": "Hello, world"}

LIBRE_TRANSLATE = {
    "text": {"value": {"q": "Hello, how are you?", "source": "en", "target": "fr"}},
    "list": {"value": {"q": ["Good morning.", "<b>Thanks</b>"], "source": "auto", "target": "de", "format": "html"}},
}
LIBRE_TRANSLATED = {
    "translatedText": "Bonjour, comment allez-vous ?",
    "detectedLanguage": {"confidence": 98.0, "language": "en"},
}
LIBRE_DETECT = {"text": {"value": {"q": "Bonjour tout le monde"}}}
LIBRE_DETECTED = [{"confidence": 97.5, "language": "fr"}]
LIBRE_LANGUAGES = [{"code": "en", "name": "English", "targets": ["en", "zh", "fr"]}]

DEEPL_TRANSLATE = {
    "text": {"value": {"text": ["Hello, world!"], "target_lang": "DE", "formality": "more"}},
    "markup": {"value": {"text": ["<p>Thank <b>you</b>.</p>"], "target_lang": "PT-BR", "tag_handling": "html"}},
}
DEEPL_TRANSLATED = {"translations": [{"detected_source_language": "EN", "text": "Hallo, Welt!"}]}
DEEPL_LANGUAGES = [{"language": "DE", "name": "German", "supports_formality": True}]
DEEPL_USAGE = {"character_count": 1204, "character_limit": 1_000_000_000_000}

HF_TASKS = {
    "question-answering": {
        "value": {"inputs": {"question": "When was it built?", "context": "The bridge was built in 1894."}}
    },
    "translation": {
        "value": {"inputs": "Good morning.", "parameters": {"src_lang": "eng_Latn", "tgt_lang": "fra_Latn"}}
    },
}
HF_ANSWERED = {"answer": "1894", "score": 0.91, "start": 24, "end": 28}
