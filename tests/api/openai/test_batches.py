"""Batches and their files through the official client, over a scripted engine."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from service.engine.protocol.request import Request
from service.errors import StorageError
from tests.api.encoders import ScriptedEncoders
from tests.api.openai.batching import CHAT, EMBEDDINGS, begin, ended, line, results, upload, wait_until
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    encoders = ScriptedEncoders(tmp_path_factory.mktemp("encoders"))
    with scripted_service(
        encoders=encoders, batches_dir=tmp_path_factory.mktemp("batches"), max_body_bytes=2000, max_file_lines=20
    ) as service:
        yield service


@pytest.fixture
def client(service: Scripted) -> Iterator[OpenAI]:
    with client_of(service) as client:
        yield client


def client_of(service: Scripted, key: str = "any") -> OpenAI:
    return OpenAI(base_url=f"{service.url}/v1", api_key=key, max_retries=0)


def test_lines_are_answered_as_requests_are(service: Scripted, client: OpenAI) -> None:
    batch = begin(client, [line("a"), line("b")], metadata={"run": "1"})
    assert (batch.object, batch.status, batch.endpoint) == ("batch", "validating", CHAT)
    assert (batch.metadata, batch.completion_window) == ({"run": "1"}, "24h")
    assert batch.expires_at == batch.created_at + 24 * 3600
    done = ended(client, batch.id)
    assert (done.status, done.error_file_id, done.errors) == ("completed", None, None)
    assert done.request_counts is not None
    assert done.request_counts.model_dump() == {"total": 2, "completed": 2, "failed": 0}
    assert None not in (done.in_progress_at, done.finalizing_at, done.completed_at)
    answers = results(client, done.output_file_id)
    assert list(answers) == ["a", "b"]
    assert (answers["a"]["error"], answers["a"]["response"]["status_code"]) == (None, 200)
    body = answers["a"]["response"]["body"]
    assert (body["object"], body["choices"][0]["message"]["content"]) == ("chat.completion", "Hello")
    plain = service.http.post(CHAT, json=line("a")["body"]).json()
    assert body["usage"] == plain["usage"]
    assert done.usage is not None
    assert done.usage.total_tokens == sum(
        each["response"]["body"]["usage"]["total_tokens"] for each in answers.values()
    )
    assert client.files.retrieve(str(done.output_file_id)).purpose == "batch_output"


@pytest.mark.parametrize(
    ("endpoint", "body", "kind"),
    [
        ("/v1/completions", {"prompt": "x"}, "text_completion"),
        ("/v1/responses", {"input": "x"}, "response"),
        (EMBEDDINGS, {"input": ["x", "y"], "model": "embedder"}, "list"),
    ],
)
def test_every_endpoint(client: OpenAI, endpoint: str, body: dict[str, Any], kind: str) -> None:
    done = ended(client, begin(client, [line("a", body, endpoint)], endpoint).id)
    assert results(client, done.output_file_id)["a"]["response"]["body"]["object"] == kind
    assert done.model == body.get("model")
    assert done.usage is not None
    assert done.usage.input_tokens > 0


def test_a_line_that_is_refused_is_in_the_error_file(client: OpenAI) -> None:
    good = line("good")["body"]
    lines = [
        line("good"),
        line("hot", good | {"temperature": 9}),
        line("stream", good | {"stream": True}),
        line("nobody", good | {"model": "nobody"}),
        line("urgent", good | {"priority": 0}),
        line("empty", {"messages": []}),
    ]
    done = ended(client, begin(client, lines).id)
    assert done.status == "completed"
    assert done.request_counts is not None
    assert done.request_counts.model_dump() == {"total": 6, "completed": 1, "failed": 5}
    assert set(results(client, done.output_file_id)) == {"good"}
    errors = results(client, done.error_file_id)
    found = {
        id: (each["response"]["status_code"], each["response"]["body"]["error"]["param"]) for id, each in errors.items()
    }
    assert found == {
        "hot": (400, "temperature"),
        "stream": (400, "stream"),
        "nobody": (404, "model"),
        "urgent": (403, "priority"),
        "empty": (400, "messages"),
    }


def test_an_input_that_is_wrong_fails_the_batch_and_names_the_lines(client: OpenAI) -> None:
    lines = [
        line("a"),
        "{not json",
        line("a"),
        "",
        line("c", url=EMBEDDINGS),
        line("d") | {"method": "GET"},
        line("e") | {"body": [1]},
        line("f") | {"custom_id": 7},
        "[1]",
        line("x" * 2000),
    ]
    failed = ended(client, begin(client, lines).id)
    assert (failed.status, failed.output_file_id, failed.error_file_id) == ("failed", None, None)
    assert failed.errors is not None
    assert [(each.line, each.code, each.param) for each in failed.errors.data or []] == [
        (2, "invalid_json_line", None),
        (3, "duplicate_custom_id", "custom_id"),
        (5, "mismatched_endpoint", "url"),
        (6, "invalid_method", "method"),
        (7, "invalid_body", "body"),
        (8, "invalid_custom_id", "custom_id"),
        (9, "invalid_line", None),
        (10, "line_too_long", None),
    ]
    assert failed.failed_at


@pytest.mark.parametrize(("count", "code"), [(0, "empty_file"), (21, "too_many_lines")])
def test_the_number_of_lines_has_a_limit(client: OpenAI, count: int, code: str) -> None:
    failed = ended(client, begin(client, [line(str(number)) for number in range(count)]).id)
    assert failed.errors is not None
    assert [(each.code, each.line) for each in failed.errors.data or []] == [(code, None)]


def test_pages_of_batches(client: OpenAI) -> None:
    made = [begin(client, [line("a")]).id for _ in range(3)]
    assert [each.id for each in client.batches.list(limit=2)][:3] == made[::-1]  # the client asks for further pages
    page = client.batches.list(limit=1, after=made[2])
    assert ([each.id for each in page.data], page.has_more) == ([made[1]], True)
    with pytest.raises(openai.BadRequestError, match="after"):
        client.batches.list(after="batch_nobody")


def test_what_is_wrong_with_a_request_is_named(service: Scripted, client: OpenAI) -> None:
    good = {"input_file_id": upload(client, [line("a")]), "endpoint": CHAT, "completion_window": "24h"}
    for changes, param in (
        ({"completion_window": "1h"}, "completion_window"),
        ({"endpoint": "/v1/moderations"}, "endpoint"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 5}}, "output_expires_after.seconds"),
    ):
        refused = service.http.post("/v1/batches", json=good | changes)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)
    missing = service.http.post("/v1/batches", json=good | {"input_file_id": "file-nobody"})
    assert (missing.status_code, missing.json()["error"]["param"]) == (404, "input_file_id")
    output = ended(client, begin(client, [line("a")]).id).output_file_id
    refused = service.http.post("/v1/batches", json=good | {"input_file_id": output})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "input_file_id")
    assert service.http.get("/v1/batches/batch_nobody").status_code == 404
    assert service.http.post("/v1/batches/batch_nobody/cancel").status_code == 404


def test_results_may_be_kept_for_less_time(client: OpenAI) -> None:
    begun = begin(client, [line("a")], output_expires_after={"anchor": "created_at", "seconds": 3600})
    output = client.files.retrieve(str(ended(client, begun.id).output_file_id))
    assert output.expires_at == output.created_at + 3600


def test_a_cancelled_batch_keeps_what_is_done(tmp_path: Path) -> None:
    engine = HoldingEngine("Say b.")
    with scripted_service(engine, batches_dir=tmp_path, batch_concurrency=1) as service, client_of(service) as client:
        begun = begin(client, [line("a"), line("b"), line("c")])
        assert engine.holding.wait(20)
        with pytest.raises(openai.BadRequestError, match="cancel the batch"):
            client.files.delete(begun.input_file_id)
        cancelling = client.batches.cancel(begun.id)
        assert cancelling.status == "cancelling"
        done = ended(client, begun.id)
        assert (done.status, done.completed_at) == ("cancelled", None)
        assert done.cancelling_at is not None
        assert done.cancelled_at is not None
        assert set(results(client, done.output_file_id)) == {"a"}
        errors = results(client, done.error_file_id)
        assert {id: (each["response"], each["error"]["code"]) for id, each in errors.items()} == {
            "b": (None, "batch_cancelled"),
            "c": (None, "batch_cancelled"),
        }
        assert client.batches.cancel(begun.id) == done
        service.engine.release()


class HoldingEngine(ScriptedEngine):
    """Says Hello, and holds prompts with this text until it is released."""

    def __init__(self, held: str) -> None:
        super().__init__(holds_at=None)
        self._held = held

    def outputs(self, request: Request) -> Any:
        self.holds_at = 0 if self._held in self.tokenizer.decode(request.prompt) else None
        return super().outputs(request)


def test_a_batch_expires_with_what_is_done(tmp_path: Path) -> None:
    now = [1_700_000_000.0]
    engine = HoldingEngine("Say b.")
    with (
        scripted_service(engine, batches_dir=tmp_path, batch_concurrency=1, clock=lambda: now[0]) as service,
        client_of(service) as client,
    ):
        begun = begin(client, [line("a"), line("b"), line("c")])
        assert engine.holding.wait(20)
        now[0] += 24 * 3600
        done = ended(client, begun.id)
        assert (done.status, done.expired_at) == ("expired", begun.expires_at)
        assert set(results(client, done.output_file_id)) == {"a"}
        errors = results(client, done.error_file_id)
        assert {each["error"]["code"] for each in errors.values()} == {"batch_expired"}
        assert set(errors) == {"b", "c"}
        engine.release()


def test_lines_come_after_requests(tmp_path: Path) -> None:
    with scripted_service(batches_dir=tmp_path) as service, client_of(service) as client:
        ended(client, begin(client, [line("a")]).id)
        service.http.post(CHAT, json=line("b")["body"])
        assert [request.priority for request in service.engine.requests] == [1000, 0]


def test_the_number_of_lines_at_once_is_bounded(tmp_path: Path) -> None:
    engine = ScriptedEngine(holds_at=0)
    with (
        scripted_service(engine, batches_dir=tmp_path, batch_concurrency=2) as service,
        client_of(service) as client,
    ):
        begun = [begin(client, [line(f"{number}") for number in range(5)]) for _ in range(2)]
        assert engine.holding.wait(20)
        assert client.batches.retrieve(begun[0].id).status == "in_progress"
        assert len(engine.requests) <= 2
        engine.release()
        for batch in begun:
            assert ended(client, batch.id).status == "completed"
        assert len(engine.requests) == 10


class CountingEngine(HoldingEngine):
    """Notes how many streams are open when one begins. ``most`` is the largest number."""

    def __init__(self) -> None:
        super().__init__("Say client.")
        self.most = 0

    def outputs(self, request: Request) -> Any:
        self.most = max(self.most, len(self.open_streams))
        return super().outputs(request)


def test_lines_are_computed_one_at_a_time_while_a_client_waits(tmp_path: Path) -> None:
    engine = CountingEngine()
    lines = [line(str(number)) for number in range(12)]
    with (
        scripted_service(engine, batches_dir=tmp_path, batch_concurrency=6) as service,
        client_of(service) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        held = pool.submit(service.http.post, CHAT, json=line("client")["body"])
        assert engine.holding.wait(20)
        assert ended(client, begin(client, lines).id).status == "completed"
        assert engine.most == 2
        engine.release()
        assert held.result().is_success


def test_lines_are_computed_together_while_no_client_waits(tmp_path: Path) -> None:
    engine = ScriptedEngine(holds_at=0)
    with (
        scripted_service(engine, batches_dir=tmp_path, batch_concurrency=6) as service,
        client_of(service) as client,
    ):
        begun = begin(client, [line(str(number)) for number in range(12)])
        wait_until(lambda: len(engine.open_streams) == 6)
        engine.release()
        assert ended(client, begun.id).status == "completed"


def test_a_model_is_loaded_for_a_line(tmp_path: Path) -> None:
    with scripted_service(batches_dir=tmp_path, load="demand") as service, client_of(service) as client:
        done = ended(client, begin(client, [line("a"), line("b")]).id)
        assert done.status == "completed"
        assert set(results(client, done.output_file_id)) == {"a", "b"}


def test_metrics_and_logs_tell_of_lines_and_not_of_texts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with scripted_service(batches_dir=tmp_path) as service, client_of(service) as client:
        lines = [line("secret-a"), line("secret-b", {"messages": 7})]
        ended(client, begin(client, lines, metadata={"secret": "secret"}).id)
        count = 'trivium_batches_total{status="completed"} 1.0'
        wait_until(lambda: count in service.http.get("/metrics").text)
        assert service.metric('trivium_batch_lines_total{outcome="answered"}') == 1
        assert service.metric('trivium_batch_lines_total{outcome="failed"}') == 1
        assert service.metric('trivium_requests_total{outcome="refused",reason="invalid"}') == 1
        with pytest.raises(KeyError):  # a line is no HTTP request
            service.metric(f'trivium_http_requests_total{{method="POST",route="{CHAT}",status="200"}}')
        assert "secret" not in service.http.get("/metrics").text
    assert "batch ended" in caplog.text
    assert not [record for record in caplog.records if "secret" in json.dumps(vars(record), default=str)]


def test_without_a_directory_the_routes_say_so(hello: Scripted) -> None:
    for method, path in (("GET", "/v1/files"), ("GET", "/v1/batches"), ("POST", "/v1/files"), ("GET", "/v1/files/a")):
        refused = hello.http.request(method, path)
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "batches_off")


def test_two_processes_cannot_share_a_directory(tmp_path: Path) -> None:
    with (
        scripted_service(batches_dir=tmp_path),
        pytest.raises(StorageError, match="another process uses"),
        scripted_service(batches_dir=tmp_path),
    ):
        pass
