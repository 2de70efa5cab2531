"""Admission: the limits on sequences and tokens, and a time to retry that follows the measured throughput."""

from contextlib import ExitStack, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.errors import ApiError
from service.api.limits.admission import Admission
from service.engine.protocol.sampling_params import SamplingParams
from service.tasks.generation.cost import Cost
from service.tasks.generation.options import Options
from service.tasks.generation.request import GenerationRequest
from tests.api.raw_http import connection, post_bytes, read_until
from tests.api.scripted import scripted_service
from tests.fakes.clock import Clock
from tests.fakes.engine import INFO, ScriptedEngine


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("service.api.limits.admission.time", clock)
    return clock


def refused(admission: Admission, cost: Cost) -> ApiError:
    with pytest.raises(ApiError) as refusal, admission.admit(cost):
        pass
    return refusal.value


def test_a_request_costs_the_most_that_its_choices_may_need() -> None:
    requests = [
        GenerationRequest(prompt=(1, 2, 3), options=Options(params=SamplingParams(max_tokens=10), n=2)),
        GenerationRequest(prompt=(1,), options=Options(params=SamplingParams(max_tokens=0))),
    ]
    assert Cost.from_requests(requests) == Cost(sequences=3, tokens=27)


def test_the_time_to_retry_follows_the_measured_throughput(clock: Clock) -> None:
    admission = Admission(100, 1000)
    for _ in range(4):
        with admission.admit(Cost(1, 500)):
            clock.now += 10  # 50 tokens a second
    with admission.admit(Cost(1, 900)):
        assert refused(admission, Cost(1, 600)).headers["retry-after"] == "10"
        assert refused(admission, Cost(1, 1000)).headers["retry-after"] == "18"
        assert admission.active == 1
        with admission.admit(Cost(1, 100)):
            assert refused(admission, Cost(1, 1)).headers["retry-after"] == "1"


def test_old_measurements_decay(clock: Clock) -> None:
    admission = Admission(100, 1000)
    with admission.admit(Cost(1, 1000)):
        clock.now += 1
    clock.now += 3600  # an idle hour does not count as slow
    with admission.admit(Cost(1, 1000)):
        assert refused(admission, Cost(1, 1000)).headers["retry-after"] == "1"
        clock.now += 600
        assert refused(admission, Cost(1, 1000)).headers["retry-after"] == "120"


def test_a_request_above_the_token_limit_is_admitted_alone() -> None:
    admission = Admission(100, 1000)
    with admission.admit(Cost(1, 5000)):
        assert refused(admission, Cost(1, 1)).status == 429
    with admission.admit(Cost(1, 1)):
        assert refused(admission, Cost(1, 5000)).status == 429


def test_without_a_setting_the_token_limit_follows_the_engine() -> None:
    admission = Admission(10**6)
    admission.fit(INFO)
    most = max(64 * INFO.max_model_len, 16 * INFO.kv_tokens)
    with admission.admit(Cost(1, most)):
        assert refused(admission, Cost(1, 1)).status == 429
    limited = Admission(10**6, 5)
    limited.fit(INFO)
    with limited.admit(Cost(1, 5)):
        assert refused(limited, Cost(1, 1)).status == 429


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 300), st.booleans())))
def test_places_are_released_and_never_exceed_the_limits(steps: list[tuple[int, int, bool]]) -> None:
    admission = Admission(10, 400)
    held: list[tuple[ExitStack, Cost]] = []
    for sequences, tokens, leave in steps:
        cost = Cost(sequences, tokens)
        if leave and held:
            held.pop(0)[0].close()
        stack = ExitStack()
        with suppress(ApiError):
            stack.enter_context(admission.admit(cost))
            held.append((stack, cost))
        assert admission.active == sum(cost.sequences for _, cost in held) <= 10
        assert sum(cost.tokens for _, cost in held) <= 400
        if not held or held[-1][1] is not cost:
            assert 1 <= int(refused(admission, cost).headers["retry-after"]) <= 120
    for stack, _ in held:
        stack.close()
    with admission.admit(Cost(10, 400)):
        assert admission.active == 10


def test_every_kind_of_route_refuses_tokens_above_the_limit_while_admitted_work_continues() -> None:
    engine = ScriptedEngine(holds_at=1)
    with scripted_service(engine, max_queued_tokens=100) as service, connection(service.address) as first:
        first.sendall(post_bytes("/v1/generate", b'{"prompt": "abcd", "max_tokens": 90}'))
        assert engine.holding.wait(20)
        small = {"prompt": "ab", "max_tokens": 4}
        for path, body in (
            ("/v1/generate", {"prompt": "ab", "max_tokens": 5}),
            ("/v1/generate", {"prompt": "ab", "max_tokens": 5, "stream": True}),
            ("/v1/completions", {"prompt": "ab", "max_tokens": 2, "n": 2}),
            ("/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}]}),
            ("/v1/translate", {"text": "Good day.", "target_lang": "de"}),
            ("/v1/answer", {"question": "Who?", "max_tokens": 5}),
            ("/translate", {"q": "Good day.", "source": "en", "target": "de"}),
        ):
            busy = service.http.post(path, json=body)
            assert (busy.status_code, "94 of 100 tokens are taken" in busy.text) == (429, True), path
            assert 1 <= int(busy.headers["retry-after"]) <= 120
        with connection(service.address) as second:
            second.sendall(post_bytes("/v1/generate", b'{"prompt": "ab", "max_tokens": 4}'))
            engine.release()
            read_until(first, b"timings")
            read_until(second, b"timings")
        assert service.http.post("/v1/generate", json=small).status_code == 200
