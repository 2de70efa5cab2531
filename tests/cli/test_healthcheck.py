"""The container's health check: exit 0 only if the service is ready."""

import socket

from service.cli.healthcheck import is_ready
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine


def test_a_ready_service_is_healthy() -> None:
    with scripted_service(ScriptedEngine()) as service:
        assert is_ready(service.address[1])


def test_a_loading_service_is_not_healthy() -> None:
    engine = ScriptedEngine()
    engine.may_load.clear()
    with scripted_service(engine) as service:
        assert not is_ready(service.address[1])


def test_a_port_without_a_service_is_not_healthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert not is_ready(port)
