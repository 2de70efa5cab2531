"""The token rate limit by itself: what a request is charged in advance, and what it is refunded at its end."""

import asyncio
from dataclasses import dataclass

import pytest

from service.api.errors import ApiError, stopping
from service.api.limits.token_rate import TokenRateLimit
from service.api.wire.disconnect import ClientDisconnected
from service.keys import rate_limits
from service.keys.caller import Caller
from service.keys.rate_limits import Bucket, KeyLimits
from service.tasks.generation.cost import Cost
from service.tasks.generation.usage import Usage
from tests.fakes.clock import Clock

LIMIT = 100
COST = Cost(sequences=1, tokens=60)


@dataclass
class Work:
    """Work that has used some tokens."""

    usage: Usage


USED = Work(Usage(prompt_tokens=5, completion_tokens=10, cached_tokens=0))


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "time", Clock())


@pytest.fixture
def bucket() -> Bucket:
    return Bucket(LIMIT)


@pytest.fixture
def caller(bucket: Bucket) -> Caller:
    return Caller(name="key", limits=KeyLimits(tokens=bucket))


def test_the_most_is_charged_in_advance_and_the_unused_part_is_refunded(caller: Caller, bucket: Bucket) -> None:
    with TokenRateLimit(caller, COST) as rate_limit:
        assert bucket.remaining == LIMIT - COST.tokens
        assert rate_limit.meter(USED) is USED
    assert bucket.remaining == LIMIT - USED.usage.total_tokens


def test_usage_above_the_estimate_is_charged_too(caller: Caller, bucket: Bucket) -> None:
    with TokenRateLimit(caller, COST) as rate_limit:
        rate_limit.meter(Work(Usage(prompt_tokens=5, completion_tokens=75, cached_tokens=0)))
    assert bucket.remaining == LIMIT - 80


def test_a_request_that_has_to_wait_gets_429_with_the_seconds(caller: Caller, bucket: Bucket) -> None:
    with TokenRateLimit(caller, COST), pytest.raises(ApiError) as refused, TokenRateLimit(caller, COST):
        pass
    assert (refused.value.status, refused.value.code) == (429, "rate_limit_exceeded")
    assert refused.value.headers["retry-after"] == "12"  # 20 of 100 tokens a minute are missing
    assert bucket.remaining == LIMIT  # the refused request was not charged


def test_a_request_above_the_limit_gets_400(caller: Caller, bucket: Bucket) -> None:
    with pytest.raises(ApiError) as refused, TokenRateLimit(caller, Cost(sequences=1, tokens=LIMIT + 1)):
        pass
    assert (refused.value.status, refused.value.code) == (400, "too_many_tokens")
    assert bucket.remaining == LIMIT


@pytest.mark.parametrize(
    ("error", "charged"),
    [
        (ClientDisconnected(), True),
        (ApiError(504, "late"), True),
        (ApiError(400, "refused"), True),
        (stopping(), False),
        (ApiError(500, "failed"), False),
        (RuntimeError("failed"), False),
        (asyncio.CancelledError(), False),
    ],
    ids=repr,
)
def test_only_a_failure_of_the_service_is_refunded_in_full(
    caller: Caller, bucket: Bucket, error: BaseException, charged: bool
) -> None:
    def fail() -> None:
        with TokenRateLimit(caller, COST) as rate_limit:
            rate_limit.meter(USED)
            raise error

    with pytest.raises(type(error)):
        fail()
    assert bucket.remaining == LIMIT - charged * USED.usage.total_tokens


def test_work_that_never_started_is_not_charged(caller: Caller, bucket: Bucket) -> None:
    with pytest.raises(ApiError), TokenRateLimit(caller, COST):
        raise ApiError(400, "refused before it started")
    assert bucket.remaining == LIMIT


def test_a_caller_without_a_limit_is_never_refused() -> None:
    with TokenRateLimit(Caller(), Cost(sequences=1, tokens=10**12)) as rate_limit:
        rate_limit.meter(USED)
