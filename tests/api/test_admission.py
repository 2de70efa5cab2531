"""The bounded queue: in sequences and in tokens, with a time to try again that follows the pace."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.errors import ApiError
from service.api.limits import admission
from service.api.limits.admission import Admission
from service.engine.protocol.sampling_params import SamplingParams
from service.tasks.generation.cost import Cost
from service.tasks.generation.request import GenerationRequest
from tests.api.scripted import scripted_service
from tests.api.wire import connection, post_bytes, read_until
from tests.fakes.engine import INFO, ScriptedEngine


class Clock:
    """A time that passes when a test says so."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(admission, "time", clock)
    return clock


def refused(queue: Admission, cost: Cost) -> ApiError:
    with pytest.raises(ApiError) as refusal, queue.admit(cost):
        pass
    return refusal.value


def test_the_worst_case_of_every_choice_is_billed() -> None:
    requests = [
        GenerationRequest(prompt=(1, 2, 3), params=SamplingParams(max_tokens=10), n=2),
        GenerationRequest(prompt=(1,), params=SamplingParams(max_tokens=0)),
    ]
    assert Cost.from_requests(requests) == Cost(sequences=3, tokens=27)


def test_the_time_to_try_again_follows_the_measured_pace(clock: Clock) -> None:
    queue = Admission(100, 1000)
    for _ in range(4):
        with queue.admit(Cost(1, 500)):
            clock.now += 10  # 50 tokens a second
    with queue.admit(Cost(1, 900)):
        assert refused(queue, Cost(1, 600)).headers["retry-after"] == "10"
        assert refused(queue, Cost(1, 1000)).headers["retry-after"] == "18"
        assert queue.active == 1
        with queue.admit(Cost(1, 100)):
            assert refused(queue, Cost(1, 1)).headers["retry-after"] == "1"


def test_the_pace_of_long_ago_fades(clock: Clock) -> None:
    queue = Admission(100, 1000)
    with queue.admit(Cost(1, 1000)):
        clock.now += 1
    clock.now += 3600  # nothing to do is no slowness
    with queue.admit(Cost(1, 1000)):
        assert refused(queue, Cost(1, 1000)).headers["retry-after"] == "1"
        clock.now += 600
        assert refused(queue, Cost(1, 1000)).headers["retry-after"] == "120"


def test_a_request_of_more_than_the_bound_is_served_alone() -> None:
    queue = Admission(100, 1000)
    with queue.admit(Cost(1, 5000)):
        assert refused(queue, Cost(1, 1)).status == 429
    with queue.admit(Cost(1, 1)):
        assert refused(queue, Cost(1, 5000)).status == 429


def test_the_bound_follows_the_engine_where_nobody_set_one() -> None:
    queue = Admission(10**6)
    queue.fit_to_engine(INFO)
    most = max(64 * INFO.max_model_len, 16 * INFO.kv_tokens)
    with queue.admit(Cost(1, most)):
        assert refused(queue, Cost(1, 1)).status == 429
    given = Admission(10**6, 5)
    given.fit_to_engine(INFO)
    with given.admit(Cost(1, 5)):
        assert refused(given, Cost(1, 1)).status == 429


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 300), st.booleans())))
def test_what_is_taken_is_given_back_and_never_over_the_bounds(steps: list[tuple[int, int, bool]]) -> None:
    queue = Admission(10, 400)
    held: list[tuple[ExitStack, Cost]] = []
    for sequences, tokens, leave in steps:
        cost = Cost(sequences, tokens)
        if leave and held:
            held.pop(0)[0].close()
        stack = ExitStack()
        with suppress(ApiError):
            stack.enter_context(queue.admit(cost))
            held.append((stack, cost))
        assert queue.active == sum(cost.sequences for _, cost in held) <= 10
        assert sum(cost.tokens for _, cost in held) <= 400
        if not held or held[-1][1] is not cost:
            assert 1 <= int(refused(queue, cost).headers["retry-after"]) <= 120
    for stack, _ in held:
        stack.close()
    with queue.admit(Cost(10, 400)):
        assert queue.active == 10


def test_tokens_over_the_bound_are_refused_by_every_kind_of_route_and_work_that_is_in_goes_on() -> None:
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
