"""One call of a client, and how its outcome is judged."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.matrix.service import Service

# What every path that nothing is known about gets. A call of a known API should get more than that.
_GENERIC = "There is no such route. GET /openapi.json lists what is served"
_FEWEST_CHARACTERS = 15  # of words that say anything


class Outcome(StrEnum):
    """What came of a call. The last three are faults."""

    WORKED = "worked"
    REFUSED = "refused well"
    BARE = "bare 404"
    UNCLEAR = "unclear"
    WRONG = "wrong"


FAULTS = (Outcome.BARE, Outcome.UNCLEAR, Outcome.WRONG)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error answer as the client shows it. ``message`` is None if the client found none in its API's shape."""

    status: int
    message: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """``run`` makes the call with a real client. It raises AssertionError if the answer is not what was asked for.

    ``names`` are words that a refusal must have: the field or what to use instead. ``must_work`` is set for what is
    served; other calls may be refused, if that is done well.
    """

    client: str
    name: str
    run: Callable[[Service], Any]
    names: tuple[str, ...] = ()
    must_work: bool = True

    @property
    def id(self) -> str:
        """The call in one line."""
        return f"{self.client}: {self.name}"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a call, and what the client showed."""

    call: Call
    outcome: Outcome
    detail: str = ""


def judge(call: Call, service: Service, as_refusal: Callable[[Exception], Refusal | None]) -> Result:
    """Make the call. ``as_refusal`` reads an error answer out of a client's exception; None if it is none."""
    try:
        call.run(service)
    except Exception as error:
        refusal = as_refusal(error)
        if refusal is None:
            return Result(call, Outcome.WRONG, f"{type(error).__name__}: {error}")
        return _judge_refusal(call, refusal)
    return Result(call, Outcome.WORKED)


def _judge_refusal(call: Call, refusal: Refusal) -> Result:
    detail = f"{refusal.status}: {refusal.message}"
    if call.must_work or refusal.status >= 500 or refusal.status < 400:
        return Result(call, Outcome.WRONG, detail)
    message = refusal.message or ""
    if refusal.status == 404 and (not message or message.startswith(_GENERIC)):
        return Result(call, Outcome.BARE, detail)
    if len(message) < _FEWEST_CHARACTERS or not all(name in message for name in call.names):
        return Result(call, Outcome.UNCLEAR, detail)
    return Result(call, Outcome.REFUSED, detail)
