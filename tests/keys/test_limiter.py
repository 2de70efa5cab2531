"""What a key may have in a minute: never more than its burst and what has come since."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.keys import limiter
from service.keys.limiter import Bucket, Limiter
from tests.keys.making import Clock, key


@contextmanager
def stopped() -> Iterator[Clock]:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(limiter, "time", clock)
        yield clock


_SECONDS = st.floats(0, 200, allow_subnormal=False)


@given(per_minute=st.integers(1, 500), asked=st.lists(st.tuples(_SECONDS, st.integers(1, 600)), max_size=30))
def test_never_more_than_the_burst_and_what_has_come_since(per_minute: int, asked: list[tuple[float, int]]) -> None:
    with stopped() as clock:
        bucket = Bucket(per_minute)
        taken: list[tuple[float, int]] = []
        for seconds, count in asked:
            clock.now += seconds
            if not bucket.take(count):
                taken.append((clock.now, count))
        for first, (start, _) in enumerate(taken):  # in every stretch of time
            total = 0
            for at, count in taken[first:]:
                total += count
                assert total <= per_minute * (1 + (at - start) / 60) + 1e-6


@given(per_minute=st.integers(1, 500), first=st.integers(1, 500), count=st.integers(1, 500))
def test_who_waits_as_long_as_was_said_gets_it(per_minute: int, first: int, count: int) -> None:
    with stopped() as clock:
        bucket = Bucket(per_minute)
        bucket.take(min(first, per_minute))
        wait = bucket.take(count)
        if count > per_minute:
            assert wait == float("inf")
        elif wait:
            clock.now += wait * 0.99
            assert bucket.take(count) > 0
            clock.now += wait * 0.01 + 1e-6
            assert bucket.take(count) == 0


def test_what_was_not_used_comes_back_and_what_was_used_beside_is_owed() -> None:
    with stopped() as clock:
        bucket = Bucket(60)
        assert bucket.take(50) == 0
        assert (bucket.remaining, bucket.full_seconds) == (10, 50)
        bucket.give_back(45)
        assert bucket.remaining == 55
        bucket.give_back(1000)
        assert bucket.remaining == 60
        bucket.give_back(-90)
        assert (bucket.remaining, bucket.full_seconds) == (0, 90)
        assert bucket.take(1) == pytest.approx(31)
        clock.now += 31
        assert bucket.take(1) == 0


def test_state_is_kept_for_keys_that_are_there_and_for_no_others() -> None:
    keys = [key(f"k{i}", f"s{i}", requests_per_minute=2) for i in range(5)]
    limits = Limiter()
    buckets = [limits.of(each).requests for each in keys]
    assert [limits.of(each).requests for each in keys] == buckets
    assert len(limits) == 5
    limits.keep(keys[:2])
    assert len(limits) == 2
    assert limits.of(keys[0]).requests is buckets[0]
    assert limits.of(key("free", "s")).requests is None
