"""deepl and LibreTranslate: the clients of translation."""

import contextlib
from collections.abc import Callable
from typing import Any

import deepl
from deepl.api_data import MultilingualGlossaryDictionaryEntries

from tests.matrix.call import Call
from tests.matrix.over_http import calls, message_shape, text_shape
from tests.matrix.service import Service

_DEEPL: list[tuple[Any, ...]] = [
    ("translate_text", lambda c: c.translate_text("Hello.", target_lang="FR")),
    ("translate_text list", lambda c: c.translate_text(["Hello.", "Rain."], source_lang="EN", target_lang="FR")),
    ("translate_text html", lambda c: c.translate_text("<p>Hi</p>", target_lang="FR", tag_handling="html")),
    (
        "translate_text ignore_tags",
        lambda c: c.translate_text("<a>x</a>", target_lang="FR", tag_handling="xml", ignore_tags="a"),
    ),
    ("translate_text model_type", lambda c: c.translate_text("x", target_lang="FR", model_type="quality_optimized")),
    ("get_source_languages", lambda c: c.get_source_languages()),
    ("get_target_languages", lambda c: c.get_target_languages()),
    ("get_usage", lambda c: c.get_usage()),
    ("translate_text unknown", lambda c: c.translate_text("Hello.", target_lang="XX"), "target_lang"),
    (
        "translate_text glossary",
        lambda c: c.translate_text("a", source_lang="EN", target_lang="FR", glossary="x"),
        "glossary",
    ),
    ("list_glossaries", lambda c: c.list_glossaries()),
    ("create_glossary", lambda c: c.create_glossary("x", "EN", "FR", {"a": "b"})),
    ("get_glossary_languages", lambda c: c.get_glossary_languages()),
    ("list_multilingual_glossaries", lambda c: c.list_multilingual_glossaries()),
    (
        "create_multilingual_glossary",
        lambda c: c.create_multilingual_glossary("x", [MultilingualGlossaryDictionaryEntries("EN", "FR", {"a": "b"})]),
    ),
    ("list_translation_memories", lambda c: c.list_translation_memories(), "/v1/translate"),
    (
        "translate_document_upload",
        lambda c: c.translate_document_upload(b"x", filename="a.txt", target_lang="FR"),
    ),
    ("rephrase_text", lambda c: c.rephrase_text("Hello."), "/v1/chat/completions"),
]
_DEEPL_HTTP: list[tuple[Any, ...]] = [
    ("POST /v2/translate", {"text": ["Hello."], "target_lang": "FR"}),
    ("GET /v2/languages?type=target",),
    ("GET /v2/usage",),
    ("GET /v3/glossaries",),
    ("GET /v3/languages?resource=translate_text",),
    ("GET /v3/languages/resources",),
    ("GET /v2/style-rules", None, "/v2/translate"),
    ("GET /v3/style_rules", None, "/v2/translate"),
    ("POST /v3/voice/realtime", {}, "/v2/translate"),
    ("GET /v2/admin/analytics", None, "/metrics"),
]
_LIBRE: list[tuple[Any, ...]] = [
    ("POST /translate", {"q": "Hello.", "source": "en", "target": "fr"}),
    ("POST /translate", {"q": ["Hello."], "source": "auto", "target": "fr"}),
    ("POST /translate", {"q": "<p>Hi</p>", "source": "en", "target": "fr", "format": "html"}),
    ("POST /translate", {"q": "Hello.", "source": "en", "target": "fr", "alternatives": 1}),
    ("POST /detect", {"q": "Where is the station?"}),
    ("GET /languages",),
    ("GET /health",),
    ("POST /translate", {"q": "Hello.", "source": "en", "target": "xx"}, "target"),
    ("POST /translate", {"source": "en", "target": "fr"}, "q"),
    ("POST /translate_file", None, "multipart"),
    ("POST /suggest", {"q": "a", "s": "b", "source": "en", "target": "fr"}, "not collected"),
    ("GET /frontend/settings", None, "/translate"),
    ("GET /spec", None, "/openapi.json"),
    ("GET /download_file/x", None, "no document"),
]


def _run(function: Callable[[deepl.DeepLClient], Any]) -> Callable[[Service], None]:
    def run(service: Service) -> None:
        with contextlib.closing(deepl.DeepLClient("any", server_url=service.url)) as client:
            function(client)

    return run


CALLS = [
    *(Call("deepl", name, _run(f), tuple(words), must_work=not words) for name, f, *words in _DEEPL),
    *calls("deepl", message_shape, _DEEPL_HTTP),
    *calls("LibreTranslate", text_shape, _LIBRE),
]
