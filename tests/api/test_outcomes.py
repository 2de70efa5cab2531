"""Every request has one outcome, in the metrics and on its line in the access log: streams of every API too."""

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.engine.protocol.outputs import ErrorKind, TokenOutput
from service.engine.protocol.request import Request
from service.errors import ProcessLost
from service.keys.key import Scope
from service.metrics import Metrics
from service.outcomes import Outcome
from tests.api.native.test_documents import ended, upload
from tests.api.raw_http import connection, post_bytes, read_until
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.keys.making import add_key, bearer

MODEL = "org/tiny"
CHAT = {"messages": [{"role": "user", "content": "x"}]}
# A request to a route of each API.
ANSWERS: dict[str, dict[str, Any]] = {
    "/v1/generate": {"prompt": "x"},
    "/v1/chat/completions": CHAT,
    "/v1/completions": {"prompt": "x"},
    "/v1/responses": {"model": MODEL, "input": "x"},
    "/v1/messages": CHAT | {"model": MODEL, "max_tokens": 9},
    "/api/chat": CHAT | {"model": MODEL, "stream": False},
    "/api/generate": {"model": MODEL, "prompt": "x", "stream": False},
    "/generate": {"inputs": "x"},
    "/completion": {"prompt": "x"},
    "/v1/translate": {"text": "Good day.", "target_lang": "de"},
    "/v1/answer": {"question": "Who?"},
}
STREAMS = {path: body | {"stream": True} for path, body in ANSWERS.items()}
STREAMS["/generate_stream"] = STREAMS.pop("/generate")


def counted(metrics: Metrics, model: str | None = None) -> dict[Outcome, int]:
    """The requests of each outcome, of this model or of all and none."""
    families = {each.name: each for each in text_string_to_metric_families(metrics.render()[0].decode())}
    counts: dict[Outcome, int] = {}
    for sample in families["trivium_requests"].samples:
        if sample.value and model in (None, sample.labels["model"]):
            outcome = Outcome((sample.labels["outcome"], sample.labels["reason"]))
            counts[outcome] = counts.get(outcome, 0) + int(sample.value)
    return counts


def finished(metrics: Metrics) -> dict[str, int]:
    """The finished sequences of each reason."""
    families = {each.name: each for each in text_string_to_metric_families(metrics.render()[0].decode())}
    samples = families["trivium_sequences_finished"].samples
    return {sample.labels["reason"]: int(sample.value) for sample in samples if sample.value}


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when the condition is true. A count follows the end of a connection by some turns of the loop."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """The lines of the access log so far."""
    caplog.set_level(logging.INFO, "service.api.middleware.access_log")
    name = "service.api.middleware.access_log"
    return lambda: [vars(record) for record in caplog.records if record.name == name]


Lines = Callable[[], list[dict[str, Any]]]


def words(line: dict[str, Any]) -> tuple[Any, ...]:
    """The outcome on a line."""
    return line["outcome"], line.get("reason", "")


def broken(error: Exception) -> ScriptedEngine:
    """An engine whose streams raise the error after one token."""

    def script(request: Request) -> list[TokenOutput | Exception]:
        return [TokenOutput(request.id, 72, queue_time=0.5), error]

    return ScriptedEngine(script)


# The outcome of a request to an engine with such settings, and the reason that its sequences have ended for.
FAILURES: dict[str, tuple[Callable[[], ScriptedEngine], dict[str, Any], Outcome, str]] = {
    "queue timeout": (
        lambda: ScriptedEngine(holds_at=0), {"queue_timeout": 0.05}, Outcome.QUEUE_TIMEOUT, "timeout",
    ),
    "request timeout": (
        lambda: ScriptedEngine(holds_at=1),
        {"queue_timeout": 0.02, "request_timeout": 0.1},
        Outcome.REQUEST_TIMEOUT,
        "timeout",
    ),
    "engine fault": (lambda: ScriptedEngine(breaks_at=1), {}, Outcome.ENGINE_FAULT, "error"),
    "engine lost": (
        lambda: broken(ProcessLost("dead", "the engine was killed")), {}, Outcome.ENGINE_FAULT, "error",
    ),
    "poison pill": (
        lambda: ScriptedEngine(fails_at=1, error_kind=ErrorKind.POISON_PILL), {}, Outcome.ENGINE_FAULT, "error",
    ),
    "bug": (lambda: broken(RuntimeError("a bug")), {}, Outcome.INTERNAL_ERROR, "abort"),
}  # fmt: skip


SLOW = ("engine lost", "poison pill")  # they have the outcome of an engine fault


@pytest.mark.parametrize(
    "cause", [pytest.param(each, marks=[pytest.mark.slow] if each in SLOW else []) for each in FAILURES]
)
def test_failures_of_answers_and_streams_are_told_apart(cause: str, lines: Lines) -> None:
    make_engine, settings, outcome, reason = FAILURES[cause]
    with scripted_service(make_engine(), **settings) as service:
        for bodies, statuses in ((ANSWERS, {500, 503, 504, 529}), (STREAMS, {200})):
            for path, body in bodies.items():
                before, sequences = counted(service.metrics, MODEL), finished(service.metrics)
                answer = service.http.post(path, json=body)
                assert answer.status_code in statuses, (path, answer.text)
                assert counted(service.metrics, MODEL) == before | {outcome: before.get(outcome, 0) + 1}, path
                assert service.engine.idle.wait(20)
                new = {each for each, count in finished(service.metrics).items() if count > sequences.get(each, 0)}
                assert new == {reason}, (path, body)
    found = lines()
    assert len(found) == len(ANSWERS) + len(STREAMS)
    assert {words(line) for line in found} == {outcome.value}
    assert {line["finish"] for line in found} == {reason}
    assert outcome.is_fault


@pytest.mark.parametrize("position", [0, 2])
@pytest.mark.parametrize("bodies", [ANSWERS, STREAMS], ids=["answers", "streams"])
def test_a_client_that_leaves_is_neither_ok_nor_a_fault(
    bodies: dict[str, dict[str, Any]], position: int, lines: Lines
) -> None:
    engine = ScriptedEngine(holds_at=position)
    with scripted_service(engine) as service:
        for path, body in bodies.items():
            engine.holding.clear()
            with connection(service.address) as sock:
                sock.sendall(post_bytes(path, json.dumps(body).encode()))
                assert engine.holding.wait(20)
                if bodies is STREAMS:
                    read_until(sock, b"\r\n\r\n")
            assert engine.idle.wait(20)
        wait_for(lambda: counted(service.metrics) == {Outcome.CLIENT_GONE: len(bodies)})
        assert set(finished(service.metrics)) == {"abort"}
    assert {(*words(line), line["finish"]) for line in lines()} == {("client_gone", "", "abort")}
    assert not Outcome.CLIENT_GONE.is_fault


def test_a_whole_answer_is_ok(lines: Lines) -> None:
    with scripted_service() as service:
        for bodies in (ANSWERS, STREAMS):
            for path, body in bodies.items():
                assert service.http.post(path, json=body).status_code == 200, path
        assert counted(service.metrics) == {Outcome.OK: len(ANSWERS) + len(STREAMS)}
    assert {words(line) for line in lines()} == {("ok", "")}


@pytest.mark.parametrize("stream", [False, True])
def test_the_deadline_of_a_client_is_no_fault(stream: bool) -> None:
    with scripted_service(ScriptedEngine(holds_at=2)) as service:
        headers = {"x-request-timeout": "0.05"}
        late = service.http.post("/v1/generate", json={"prompt": "x", "stream": stream}, headers=headers)
        assert "request_timeout" in late.text
        assert counted(service.metrics) == {Outcome.CLIENT_DEADLINE: 1}
        assert finished(service.metrics) == {"timeout": 1}
    assert not Outcome.CLIENT_DEADLINE.is_fault


@pytest.mark.parametrize("bodies", [ANSWERS, STREAMS], ids=["answers", "streams"])
def test_what_a_stopping_service_cuts_is_draining(bodies: dict[str, dict[str, Any]], lines: Lines) -> None:
    engine = ScriptedEngine(holds_at=1)
    with scripted_service(engine) as service, connection(service.address) as sock:
        sock.sendall(post_bytes("/v1/generate", json.dumps(bodies["/v1/generate"]).encode()))
        assert engine.holding.wait(20)
        service.stop()
        read_until(sock, b'"code":"draining"')
        assert counted(service.metrics) == {Outcome.DRAINING: 1}
        assert finished(service.metrics) == {"drain": 1}
    (line,) = lines()
    assert (words(line), line["finish"]) == (("draining", ""), "drain")


def test_new_requests_of_a_stopping_service_are_draining() -> None:
    with scripted_service() as service:
        service.app.state.trivium.admissions.close()
        assert service.http.post("/v1/generate", json={"prompt": "x"}).status_code == 503
        assert counted(service.metrics, MODEL) == {Outcome.DRAINING: 1}


def test_a_client_that_leaves_while_it_sends_is_gone() -> None:
    with scripted_service() as service:
        with connection(service.address) as sock:
            sock.sendall(post_bytes("/v1/generate", b'{"prompt": "x"}')[:-5])
        wait_for(lambda: counted(service.metrics) == {Outcome.CLIENT_GONE: 1})


def test_a_model_that_loads_is_unavailable_and_its_probes_are_answered() -> None:
    engine = ScriptedEngine(loads_at_once=False)
    with scripted_service(engine) as service:
        assert service.http.get("/health/ready").status_code == 503
        assert counted(service.metrics) == {Outcome.OK: 1}
        assert service.http.post("/v1/generate", json={"prompt": "x"}).status_code == 503
        assert counted(service.metrics, MODEL) == {Outcome.LOADING: 1}
    assert not Outcome.LOADING.is_fault


def test_a_stream_that_waits_for_a_load_in_vain_has_failed() -> None:
    engine = ScriptedEngine(loads_at_once=False)
    with scripted_service(engine, load="demand", load_timeout=0.05) as service:
        body = {"prompt": "x", "stream": True}
        assert '"code":"loading"' in service.http.post("/v1/generate", json=body).text
        assert counted(service.metrics, MODEL) == {Outcome.LOADING: 1}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("restarting", Outcome.RESTARTING), ("dead", Outcome.FAILED), ("stopping", Outcome.DRAINING)],
)
def test_a_process_that_is_not_ready(status: str, outcome: Outcome) -> None:
    with scripted_service() as service:
        service.engine.status = status
        for stream in (False, True):
            assert service.http.post("/v1/generate", json={"prompt": "x", "stream": stream}).status_code == 503
        assert counted(service.metrics, MODEL) == {outcome: 2}


# What a request is, and why it is refused. The key "client" of the service lacks the scope of translations.
REFUSED: dict[str, tuple[dict[str, Any], Outcome]] = {
    "wrong value": ({"url": "/v1/generate", "json": {"prompt": 7}}, Outcome.INVALID),
    "no JSON": ({"url": "/v1/generate", "content": b"{", "headers": {"content-type": "application/json"}},
                Outcome.INVALID),
    "other encoding": ({"url": "/v1/generate", "content": b"x", "headers": {"content-encoding": "br"}},
                       Outcome.INVALID),
    "stream that cannot begin": ({"url": "/v1/generate", "json": {"prompt": "x", "n": 99, "stream": True}},
                                 Outcome.INVALID),
    "no route": ({"url": "/v1/nothing", "json": {}}, Outcome.NOT_FOUND),
    "other method": ({"url": "/v1/models", "json": {}}, Outcome.NOT_FOUND),
    "no model": ({"url": "/v1/generate", "json": {"prompt": "x", "model": "none"}}, Outcome.NOT_FOUND),
    "long prompt": ({"url": "/v1/generate", "json": {"prompt": "x" * 20_000}}, Outcome.TOO_LARGE),
    "large body": ({"url": "/v1/generate", "content": b"x" * 30_000}, Outcome.TOO_LARGE),
    "large file": ({"url": "/v1/translate/document", "files": {"file": b"x" * 30_000}}, Outcome.FORBIDDEN),
    "no scope": ({"url": "/v1/translate", "json": {"text": "x", "target_lang": "de"}}, Outcome.FORBIDDEN),
    "no key": ({"url": "/v1/generate", "json": {"prompt": "x"}, "headers": {"authorization": "Bearer tv-none"}},
               Outcome.UNAUTHORIZED),
}  # fmt: skip


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A service with a key for generation."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    secret = add_key(path, "client", Scope.GENERATE)
    with scripted_service(keys_file=path, max_body_bytes=25_000, body_timeout=0.2) as service:
        service.http.headers.update(bearer(secret))
        yield service


@pytest.mark.parametrize("what", REFUSED)
def test_refusals_have_a_reason(what: str, keyed: Scripted, lines: Lines) -> None:
    """Those of the layers around the routes too."""
    request, outcome = REFUSED[what]
    before = counted(keyed.metrics)
    assert 400 <= keyed.http.post(**request).status_code < 500
    assert counted(keyed.metrics) == before | {outcome: before.get(outcome, 0) + 1}
    (line,) = lines()
    assert words(line) == outcome.value
    assert not outcome.is_fault


def test_a_body_that_arrives_slowly_is_refused(keyed: Scripted) -> None:
    before = counted(keyed.metrics)
    with connection(keyed.address) as sock:
        key = f"authorization: {keyed.http.headers['authorization']}"
        sock.sendall(post_bytes("/v1/generate", b'{"prompt": "x"}', key)[:-5])
        read_until(sock, b"408")
    wait_for(lambda: counted(keyed.metrics).get(Outcome.TOO_SLOW, 0) == before.get(Outcome.TOO_SLOW, 0) + 1)


def test_a_key_without_requests_is_limited_and_a_full_service_is_overloaded(tmp_path: Path) -> None:
    secret = add_key(tmp_path / "keys.json", "client", requests_per_minute=1)
    with scripted_service(keys_file=tmp_path / "keys.json") as service:
        statuses = [service.http.get("/version", headers=bearer(secret)).status_code for _ in range(2)]
        assert statuses == [200, 429]
        assert counted(service.metrics) == {Outcome.OK: 1, Outcome.RATE_LIMIT: 1}
    engine = ScriptedEngine(holds_at=0)
    with scripted_service(engine, max_requests=1) as service, connection(service.address) as sock:
        sock.sendall(post_bytes("/v1/generate", b'{"prompt": "x"}'))
        assert engine.holding.wait(20)
        assert service.http.post("/v1/generate", json={"prompt": "x"}).status_code == 429
        assert counted(service.metrics) == {Outcome.OVERLOADED: 1}


def test_windows_of_documents_have_outcomes() -> None:
    for engine, outcome in (
        (ScriptedEngine(), Outcome.OK),
        (ScriptedEngine(breaks_at=0), Outcome.ENGINE_FAULT),
    ):
        with scripted_service(engine) as service:
            id = upload(service.http).json()["id"]
            before = counted(service.metrics, MODEL).get(outcome, 0)
            ended(service.http, id)
            assert counted(service.metrics, MODEL)[outcome] > before


def test_sequences_of_a_document_that_is_deleted_are_not_wanted_any_more() -> None:
    """The service cancels them, and does not stop for it."""
    engine = ScriptedEngine(holds_at=1)
    with scripted_service(engine) as service:
        id = upload(service.http).json()["id"]
        assert engine.holding.wait(20)
        service.http.delete(f"/v1/translate/document/{id}").raise_for_status()
        assert engine.idle.wait(20)
        assert set(finished(service.metrics)) == {"abort"}


def test_sequences_of_a_window_that_is_late_have_timed_out() -> None:
    engine = ScriptedEngine(holds_at=1)
    with scripted_service(engine, queue_timeout=0.02, request_timeout=0.1) as service:
        ended(service.http, upload(service.http).json()["id"])
        assert counted(service.metrics, MODEL)[Outcome.REQUEST_TIMEOUT] == 1
        assert set(finished(service.metrics)) == {"timeout"}


def test_every_series_of_a_model_is_there_before_its_first_request() -> None:
    """Otherwise a rate does not see the first failures: Prometheus has no zero before them."""
    metrics = Metrics()
    assert metrics.for_model("chat")
    text = metrics.render()[0].decode()
    for outcome in Outcome:
        labels = f'model="chat",outcome="{outcome.kind}",reason="{outcome.reason}"'
        assert f"trivium_requests_total{{{labels}}} 0.0" in text


def test_the_table_for_operators_has_every_outcome() -> None:
    """With its reasons, and whether it is a fault."""
    text = (Path(__file__).parents[2] / "docs/operations.md").read_text(encoding="utf-8")
    section = text.partition("\n### Outcomes\n")[2].partition("\n### ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if "| `" in line]
    table = {
        (kind.strip("`"), reason.strip("` ")): fault == "yes"
        for kind, reasons, _, fault in rows
        for reason in reasons.split(",")
    }
    assert table == {outcome.value: outcome.is_fault for outcome in Outcome}


def test_outcomes_are_pairs_of_words() -> None:
    assert len({each.value for each in Outcome}) == len(Outcome)
    assert {each.kind for each in Outcome if each.reason} == {"refused", "model_unavailable"}
