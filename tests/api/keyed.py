"""A service with a key for every scope, and the scopes that each route accepts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.keys.key import Scope
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.keys.making import add_key

GENERATE, TRANSLATE, ANSWER, METRICS = Scope.GENERATE, Scope.TRANSLATE, Scope.ANSWER, Scope.METRICS
EMBED, RERANK = Scope.EMBED, Scope.RERANK
STATISTICS = Scope.STATISTICS
WITHOUT_KEY = {
    ("GET", "/"),
    ("GET", "/download_file/{name}"),
    ("GET", "/health"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/ping"),
    ("GET", "/playground"),
    ("GET", "/playground/assets/{folder}/{name}"),
    ("POST", "/ping"),
}

# One of these scopes is enough. The table is written by hand, and a new route must be added.
ACCEPTED_SCOPES: dict[tuple[str, str], set[Scope]] = {
    ("POST", "/v1/generate"): {GENERATE},
    ("POST", "/v1/chat/completions"): {GENERATE},
    ("POST", "/v1/completions"): {GENERATE},
    ("POST", "/v1/messages"): {GENERATE},
    ("POST", "/v1/messages/count_tokens"): {GENERATE},
    ("POST", "/v1/responses"): {GENERATE},
    ("POST", "/v1/responses/input_tokens"): {GENERATE},
    ("GET", "/v1/responses/{id}"): {GENERATE},
    ("DELETE", "/v1/responses/{id}"): {GENERATE},
    ("GET", "/v1/responses/{id}/input_items"): {GENERATE},
    ("POST", "/v1/responses/{id}/cancel"): {GENERATE},
    ("POST", "/v1/files"): {GENERATE, EMBED},
    ("GET", "/v1/files"): {GENERATE, EMBED},
    ("GET", "/v1/files/{id}"): {GENERATE, EMBED},
    ("GET", "/v1/files/{id}/content"): {GENERATE, EMBED},
    ("DELETE", "/v1/files/{id}"): {GENERATE, EMBED},
    ("POST", "/v1/batches"): {GENERATE, EMBED},
    ("GET", "/v1/batches"): {GENERATE, EMBED},
    ("GET", "/v1/batches/{id}"): {GENERATE, EMBED},
    ("POST", "/v1/batches/{id}/cancel"): {GENERATE, EMBED},
    ("POST", "/api/chat"): {GENERATE},
    ("POST", "/api/generate"): {GENERATE},
    ("POST", "/api/embed"): {EMBED},
    ("POST", "/api/embeddings"): {EMBED},
    ("GET", "/api/tags"): set(Scope),
    ("GET", "/api/ps"): set(Scope),
    ("POST", "/api/show"): set(Scope),
    ("POST", "/api/pull"): set(Scope),
    ("GET", "/api/version"): set(Scope),
    ("POST", "/v1/translate"): {TRANSLATE},
    ("POST", "/v1/translate/document"): {TRANSLATE},
    ("GET", "/v1/translate/document/{id}"): {TRANSLATE},
    ("GET", "/v1/translate/document/{id}/events"): {TRANSLATE},
    ("GET", "/v1/translate/document/{id}/result"): {TRANSLATE},
    ("DELETE", "/v1/translate/document/{id}"): {TRANSLATE},
    ("GET", "/v1/languages"): {TRANSLATE},
    ("POST", "/translate"): {TRANSLATE},
    ("POST", "/detect"): {TRANSLATE},
    ("GET", "/languages"): {TRANSLATE},
    ("POST", "/translate_file"): {TRANSLATE},
    ("POST", "/v2/document"): {TRANSLATE},
    ("POST", "/v2/document/{id}"): {TRANSLATE},
    ("POST", "/v2/document/{id}/result"): {TRANSLATE},
    ("POST", "/v2/translate"): {TRANSLATE},
    ("GET", "/v2/languages"): {TRANSLATE},
    ("POST", "/v2/languages"): {TRANSLATE},
    ("GET", "/v2/usage"): {TRANSLATE},
    ("GET", "/v3/languages"): {TRANSLATE},
    ("GET", "/v3/languages/resources"): {TRANSLATE},
    ("POST", "/v2/glossaries"): {TRANSLATE},
    ("GET", "/v2/glossaries"): {TRANSLATE},
    ("GET", "/v2/glossaries/{id}"): {TRANSLATE},
    ("GET", "/v2/glossaries/{id}/entries"): {TRANSLATE},
    ("DELETE", "/v2/glossaries/{id}"): {TRANSLATE},
    ("GET", "/v2/glossary-language-pairs"): {TRANSLATE},
    ("POST", "/v3/glossaries"): {TRANSLATE},
    ("GET", "/v3/glossaries"): {TRANSLATE},
    ("GET", "/v3/glossaries/{id}"): {TRANSLATE},
    ("PATCH", "/v3/glossaries/{id}"): {TRANSLATE},
    ("DELETE", "/v3/glossaries/{id}"): {TRANSLATE},
    ("GET", "/v3/glossaries/{id}/entries"): {TRANSLATE},
    ("PUT", "/v3/glossaries/{id}/dictionaries"): {TRANSLATE},
    ("DELETE", "/v3/glossaries/{id}/dictionaries"): {TRANSLATE},
    ("POST", "/v1/answer"): {ANSWER},
    ("POST", "/"): {GENERATE, TRANSLATE, ANSWER, EMBED, RERANK},
    ("POST", "/models/{id:path}/pipeline/{task}"): {GENERATE, TRANSLATE, ANSWER, EMBED, RERANK},
    ("POST", "/models/{id:path}"): {GENERATE, TRANSLATE, ANSWER, EMBED, RERANK},
    ("POST", "/pipeline/{task}"): {GENERATE, TRANSLATE, ANSWER, EMBED, RERANK},
    ("POST", "/generate"): {GENERATE},
    ("POST", "/generate_stream"): {GENERATE},
    ("POST", "/chat_tokenize"): {GENERATE, TRANSLATE, ANSWER},
    ("GET", "/info"): set(Scope),
    ("POST", "/completion"): {GENERATE},
    ("POST", "/apply-template"): {GENERATE, TRANSLATE, ANSWER},
    ("POST", "/infill"): {GENERATE},
    ("POST", "/embedding"): {EMBED},
    ("GET", "/props"): set(Scope),
    ("POST", "/props"): set(Scope),
    ("POST", "/models/load"): set(Scope),
    ("POST", "/models/unload"): set(Scope),
    ("GET", "/v1/chat/completions"): set(Scope),
    ("POST", "/v1/responses/compact"): set(Scope),
    ("DELETE", "/v1/models/{id:path}"): set(Scope),
    ("GET", "/slots"): set(Scope),
    ("POST", "/v1/embeddings"): {EMBED},
    ("POST", "/v1/audio/transcriptions"): {GENERATE},
    ("POST", "/v1/audio/translations"): {GENERATE},
    ("POST", "/v1/embed"): {EMBED},
    ("POST", "/v2/embed"): {EMBED},
    ("POST", "/v1/score"): {EMBED, RERANK},
    ("POST", "/v1/explain"): {GENERATE},
    ("POST", "/score"): {EMBED, RERANK},
    ("POST", "/v1/rerank"): {RERANK},
    ("POST", "/v2/rerank"): {RERANK},
    ("POST", "/rerank"): {RERANK},
    ("GET", "/tokenizer_info"): {GENERATE, TRANSLATE, ANSWER},
    ("POST", "/tokenize"): {GENERATE, TRANSLATE, ANSWER},
    ("POST", "/detokenize"): {GENERATE, TRANSLATE, ANSWER},
    ("GET", "/models"): set(Scope),
    ("POST", "/models"): set(Scope),
    ("GET", "/models/{id:path}"): set(Scope),
    ("GET", "/v1/models"): set(Scope),
    ("GET", "/v1/models/{id:path}"): set(Scope),
    ("POST", "/v1/models/{id:path}/load"): set(),
    ("POST", "/v1/models/{id:path}/unload"): set(),
    ("POST", "/v1/load_lora_adapter"): set(),
    ("POST", "/v1/unload_lora_adapter"): set(),
    ("GET", "/version"): set(Scope),
    ("GET", "/openapi.json"): set(Scope),
    ("GET", "/docs"): set(Scope),
    ("GET", "/docs/assets/{name}"): set(Scope),
    ("GET", "/metrics"): {METRICS},
    ("GET", "/v1/statistics"): {STATISTICS},
}


@dataclass(frozen=True)
class Keyed:
    """``secrets`` by the names of the keys: one for each scope, and one that is ``expired``."""

    service: Scripted
    path: Path
    secrets: dict[str, str]


@contextmanager
def keyed_service(directory: Path, engine: ScriptedEngine | None = None, **settings: Any) -> Iterator[Keyed]:
    """The service over a scripted engine, with a key for each scope and one that is expired."""
    path = directory / "keys.json"
    secrets = {str(scope): add_key(path, str(scope), scope) for scope in Scope}
    secrets["expired"] = add_key(path, "expired", expires=datetime(2020, 1, 1, tzinfo=UTC))
    with scripted_service(engine, keys_file=path, **settings) as service:
        yield Keyed(service, path, secrets)
