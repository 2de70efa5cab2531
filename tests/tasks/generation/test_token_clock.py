"""The times of tokens."""

import pytest

from service.engine.protocol.outputs import FinishReason, TokenOutput
from service.tasks.generation import token_clock
from service.tasks.generation.token_clock import TokenClock
from service.tasks.generation.usage import Timings
from tests.fakes.clock import Clock


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    time = Clock()
    monkeypatch.setattr(token_clock, "time", time)
    return time


def test_the_first_token_and_the_largest_gap_of_one_sequence_count(time: Clock) -> None:
    clock = TokenClock(None)
    for now, id in ((1001.0, "a"), (1003.0, "b"), (1003.5, "a"), (1004.0, "b")):
        time.now = now
        clock.record(TokenOutput(id, 5, queue_time=0.5 if now == 1001.0 else 9.0))
    time.now = 1005.0
    assert clock.timings == Timings(0.5, 1.0, 5.0, 2.5)


def test_an_output_without_a_token_is_no_token(time: Clock) -> None:
    clock = TokenClock(None)
    time.now = 1001.0
    clock.record(TokenOutput("a", None, queue_time=0.5, finish=FinishReason.LENGTH))
    assert clock.timings == Timings(0.5, None, 1.0, None)


def test_a_stopped_clock_does_not_change(time: Clock) -> None:
    clock = TokenClock(None)
    time.now = 1002.0
    assert clock.stop()
    time.now = 1005.0
    assert not clock.stop()
    assert clock.timings == Timings(0.0, None, 2.0, None)
