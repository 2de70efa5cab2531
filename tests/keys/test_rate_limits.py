"""The token buckets of a key: never more than a full bucket and the refill since."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.keys import rate_limits
from service.keys.rate_limits import Bucket, RateLimiter
from tests.fakes.clock import Clock
from tests.keys.making import key


@contextmanager
def stopped() -> Iterator[Clock]:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(rate_limits, "time", clock)
        yield clock


_SECONDS = st.floats(0, 200, allow_subnormal=False)


@given(per_minute=st.integers(1, 500), asked=st.lists(st.tuples(_SECONDS, st.integers(1, 600)), max_size=30))
def test_never_more_is_consumed_than_a_full_bucket_and_the_refill(
    per_minute: int, asked: list[tuple[float, int]]
) -> None:
    with stopped() as clock:
        bucket = Bucket(per_minute)
        taken: list[tuple[float, int]] = []
        for seconds, count in asked:
            clock.now += seconds
            if not bucket.try_consume(count):
                taken.append((clock.now, count))
        for first, (start, _) in enumerate(taken):  # in every interval
            total = 0
            for at, count in taken[first:]:
                total += count
                assert total <= per_minute * (1 + (at - start) / 60) + 1e-6


@given(per_minute=st.integers(1, 500), first=st.integers(1, 500), count=st.integers(1, 500))
def test_waiting_for_the_returned_seconds_is_enough(per_minute: int, first: int, count: int) -> None:
    with stopped() as clock:
        bucket = Bucket(per_minute)
        bucket.try_consume(min(first, per_minute))
        wait = bucket.try_consume(count)
        if count > per_minute:
            assert wait == float("inf")
        elif wait:
            clock.now += wait * 0.99
            assert bucket.try_consume(count) > 0
            clock.now += wait * 0.01 + 1e-6
            assert bucket.try_consume(count) == 0


def test_unused_units_are_refunded_and_additional_units_are_charged() -> None:
    with stopped() as clock:
        bucket = Bucket(60)
        assert bucket.try_consume(50) == 0
        assert (bucket.remaining, bucket.seconds_until_full) == (10, 50)
        bucket.refund(45)
        assert bucket.remaining == 55
        bucket.refund(1000)
        assert bucket.remaining == 60
        bucket.refund(-90)
        assert (bucket.remaining, bucket.seconds_until_full) == (0, 90)
        assert bucket.try_consume(1) == pytest.approx(31)
        clock.now += 31
        assert bucket.try_consume(1) == 0


def test_buckets_are_kept_for_existing_keys_only() -> None:
    keys = [key(f"k{i}", f"s{i}", requests_per_minute=2) for i in range(5)]
    limiter = RateLimiter()
    buckets = [limiter.limits_of(each).requests for each in keys]
    assert [limiter.limits_of(each).requests for each in keys] == buckets
    assert len(limiter) == 5
    limiter.retain(keys[:2])
    assert len(limiter) == 2
    assert limiter.limits_of(keys[0]).requests is buckets[0]
    assert limiter.limits_of(key("free", "s")).requests is None
