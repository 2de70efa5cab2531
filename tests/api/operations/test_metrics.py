"""``/metrics`` of a running service: what is read when it is asked for."""

import json

from benchmarks.processes.metric_samples import metric_samples
from tests.api.raw_http import connection, post_bytes
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine


def admitted(service: Scripted) -> dict[str, float]:
    """The gauges of admission."""
    found = metric_samples(service.http.get("/metrics").text)
    return {name.removeprefix("trivium_admitted_"): value for name, value in found.items() if "admitted" in name}


def test_admitted_requests_stand_beside_their_limits() -> None:
    engine = ScriptedEngine(holds_at=0, max_model_len=100, num_blocks=10)
    with scripted_service(engine, max_requests=7) as service:
        limits = {"sequences_limit": 7, "tokens_limit": 64 * 100}
        assert admitted(service) == {"sequences": 0, "tokens": 0} | limits
        with connection(service.address) as sock:
            body = {"prompt": ["x", "yz"], "max_tokens": 10}
            sock.sendall(post_bytes("/v1/completions", json.dumps(body).encode()))
            assert engine.holding.wait(20)
            assert admitted(service) == {"sequences": 2, "tokens": 23} | limits
        assert engine.idle.wait(20)
        assert admitted(service) == {"sequences": 0, "tokens": 0} | limits


def test_a_model_that_is_not_loaded_admits_nothing() -> None:
    with scripted_service(load="demand") as service:
        assert admitted(service) == {}


def test_loaded_adapters_are_named() -> None:
    with scripted_service(ScriptedEngine()) as service:
        name = "trivium_adapters_info"
        assert f"{name}{{" not in service.http.get("/metrics").text
        load = {"lora_name": "law", "lora_path": "/adapters/law"}
        service.http.post("/v1/load_lora_adapter", json=load).raise_for_status()
        text = service.http.get("/metrics").text
        assert f'{name}{{adapters="law",count="1",model="org/tiny"}} 1.0' in text
        assert 'trivium_requests_total{model="law",outcome="engine_fault",reason=""} 0.0' in text  # rates need zeros
        service.http.post("/v1/unload_lora_adapter", json={"lora_name": "law"}).raise_for_status()
        assert f"{name}{{" not in service.http.get("/metrics").text
