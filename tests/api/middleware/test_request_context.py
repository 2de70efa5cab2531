"""The id, the metrics and the status of each request."""

import re

from benchmarks.processes.metric_samples import metric_samples
from tests.api.scripted import Scripted, scripted_service


def test_request_ids(hello: Scripted) -> None:
    def answered(sent: str | None) -> str:
        headers = [] if sent is None else [(b"x-request-id", sent.encode("latin-1"))]
        return hello.http.get("/version", headers=headers).headers["x-request-id"]

    assert answered("mine-1:2.3_4") == "mine-1:2.3_4"
    for sent in (None, "", "with space", "x" * 129, "\xfc"):
        assert re.fullmatch(r"req-[0-9a-f]{32}", answered(sent))
    assert answered(None) != answered(None)
    failed = hello.http.post("/v1/generate", json={}, headers={"x-request-id": "bad"})
    assert (failed.status_code, failed.headers["x-request-id"]) == (400, "bad")


def test_responses_are_counted_by_route_and_status() -> None:
    with scripted_service() as running:
        running.http.get("/v1/models/org/tiny")
        running.http.get("/v1/models/a/b")
        running.http.get("/never/heard/of")
        running.http.get("/docs/assets/swagger-ui.css")
        running.http.post("/v1/generate", json={"prompt": "x", "stream": True})
        text = running.http.get("/metrics").text
    for route, status in (
        ('method="GET",route="/v1/models/{id:path}"', 200),
        ('method="GET",route="/v1/models/{id:path}"', 404),
        ('method="GET",route="unknown"', 404),
        ('method="GET",route="/docs/assets/{name}"', 200),
        ('method="POST",route="/v1/generate"', 200),
    ):
        assert metric_samples(text)[f'trivium_http_requests_total{{{route},status="{status}"}}'] == 1
    assert metric_samples(text)["trivium_generated_tokens_total"] == 6
    assert "heard" not in text
