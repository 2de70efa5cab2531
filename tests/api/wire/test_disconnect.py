"""A client that disconnects frees everything it held at once, at any stage of its request."""

import json
from typing import Any

import pytest

from tests.api.raw_http import connection, post_bytes, read_until
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine

ROUTES: dict[str, dict[str, Any]] = {
    "/v1/generate": {"prompt": "x"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "x"}], "n": 2},
    "/v1/completions": {"prompt": ["x", "y"]},
}
BEFORE_THE_FIRST_TOKEN, DECODING = 0, 3


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("position", [BEFORE_THE_FIRST_TOKEN, DECODING])
def test_the_sequences_end_with_the_connection(path: str, stream: bool, position: int) -> None:
    engine = ScriptedEngine(holds_at=position)
    with scripted_service(engine) as service:
        with connection(service.address) as sock:
            sock.sendall(post_bytes(path, json.dumps(ROUTES[path] | {"stream": stream}).encode()))
            assert engine.holding.wait(20)
            if stream:
                read_until(sock, b"\r\n\r\n")
            assert engine.open_streams
        assert engine.idle.wait(20)
        assert not engine.open_streams
        assert service.metric(f'trivium_http_requests_total{{method="POST",route="{path}",status="499"}}') == 1


def test_a_client_that_closes_its_sending_side_is_gone() -> None:
    """asyncio closes the transport on a half close, so no answer can be sent."""
    engine = ScriptedEngine(holds_at=0)
    with scripted_service(engine) as service, connection(service.address) as sock:
        sock.sendall(post_bytes("/v1/generate", b'{"prompt": "x"}'))
        assert engine.holding.wait(20)
        sock.shutdown(1)
        assert engine.idle.wait(20)


def test_a_client_that_disconnects_while_it_sends_is_no_error() -> None:
    with scripted_service() as service:
        with connection(service.address) as sock:
            sock.sendall(post_bytes("/v1/generate", b'{"prompt": "x"}')[:-5])
        response = service.http.post("/v1/generate", json={"prompt": "x"})
        assert response.status_code == 200
        assert not service.engine.open_streams


def test_a_client_that_stays_gets_its_answer_while_others_leave() -> None:
    engine = ScriptedEngine(holds_at=2)
    with scripted_service(engine) as service, connection(service.address) as stays:
        stays.sendall(post_bytes("/v1/generate", b'{"prompt": "stays"}'))
        for _ in range(8):
            with connection(service.address) as leaves:
                leaves.sendall(post_bytes("/v1/generate", b'{"prompt": "leaves", "stream": true}'))
                read_until(leaves, b'"text":"H"')
        engine.release()
        assert b'"text":"Hello"' in read_until(stays, b"timings")
        assert engine.idle.wait(20)
