"""A request that crashes the engine."""

from typing import Any

import pytest

from service.engine.protocol.outputs import ErrorKind
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine

BODIES: dict[str, dict[str, Any]] = {
    "/v1/generate": {"prompt": "x"},
    "/v1/translate": {"text": "x", "target_lang": "French", "source_lang": "English"},
    "/v1/answer": {"question": "x?", "context": "y", "mode": "generative"},
}


@pytest.mark.parametrize("path", BODIES)
def test_the_answer_to_a_poison_pill_forbids_a_retry(path: str) -> None:
    engine = ScriptedEngine(fails_at=0, error_kind=ErrorKind.POISON_PILL)
    with scripted_service(engine) as running:
        body = BODIES[path]
        failed = running.http.post(path, json=body)
        assert (failed.status_code, failed.json()["error"]["code"]) == (500, "poisonous_request")
        assert failed.headers["x-should-retry"] == "false"
        assert '"code":"poisonous_request"' in running.http.post(path, json=body | {"stream": True}).text
