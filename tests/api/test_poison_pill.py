"""A request that crashes the engine."""

from typing import Any

import pytest

from service.engine.protocol.outputs import ErrorKind
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine

ONE_OF_EACH: dict[str, dict[str, Any]] = {
    "/v1/generate": {"prompt": "x"},
    "/v1/completions": {"prompt": "x"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "x"}]},
    "/v1/translate": {"text": "x", "target_lang": "French", "source_lang": "English"},
    "/v1/answer": {"question": "x?", "context": "y", "mode": "generative"},
}


@pytest.mark.parametrize("path", ["/v1/generate", "/v1/translate", "/v1/answer"])
def test_a_poison_pill_is_not_to_be_sent_again(path: str) -> None:
    engine = ScriptedEngine(fails_at=0, error_kind=ErrorKind.POISON_PILL)
    with scripted_service(engine) as running:
        body = ONE_OF_EACH[path]
        failed = running.http.post(path, json=body)
        assert (failed.status_code, failed.json()["error"]["code"]) == (500, "poisonous_request")
        assert failed.headers["x-should-retry"] == "false"
        assert '"code":"poisonous_request"' in running.http.post(path, json=body | {"stream": True}).text
