"""The outcome of the request that is being answered, and which outcome an error is: one table.

The outcome is in a context variable, because what fails knows nothing of the layer that counts. The last error that was
noted is the outcome.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from service.outcomes import Outcome

# Errors whose status alone does not tell their outcome, by their codes.
_BY_CODE: Mapping[str, Outcome] = {
    "context_length_exceeded": Outcome.TOO_LARGE,
    "too_many_sequences": Outcome.TOO_LARGE,
    "too_many_tokens": Outcome.TOO_LARGE,
    "document_not_done": Outcome.CONFLICT,
    "queue_timeout": Outcome.QUEUE_TIMEOUT,
    "request_timeout": Outcome.REQUEST_TIMEOUT,
    "draining": Outcome.DRAINING,
    "loading": Outcome.LOADING,
    "restarting": Outcome.RESTARTING,
    "unloading": Outcome.UNLOADED,
    "unloaded": Outcome.UNLOADED,
    "no_memory": Outcome.NO_MEMORY,
    "poisonous_request": Outcome.ENGINE_FAULT,
}
_BY_STATUS: Mapping[int, Outcome] = {
    401: Outcome.UNAUTHORIZED,
    403: Outcome.FORBIDDEN,
    404: Outcome.NOT_FOUND,
    405: Outcome.NOT_FOUND,
    408: Outcome.TOO_SLOW,
    409: Outcome.CONFLICT,
    413: Outcome.TOO_LARGE,
    429: Outcome.RATE_LIMIT,
    499: Outcome.CLIENT_GONE,
    503: Outcome.FAILED,
    504: Outcome.REQUEST_TIMEOUT,
}


def outcome_of_answer(status: int, code: str | None = None) -> Outcome:
    """The outcome of a request whose answer has this status, and this code if it is an error."""
    if code is not None and code in _BY_CODE:
        return _BY_CODE[code]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status < 400:
        return Outcome.OK
    return Outcome.INVALID if status < 500 else Outcome.INTERNAL_ERROR


@dataclass(slots=True)
class _Request:
    outcome: Outcome | None = None


_current: ContextVar[_Request | None] = ContextVar("request_outcome", default=None)


def begin_request() -> None:
    """A request begins in this context, and has no outcome yet."""
    _current.set(_Request())


def note_outcome(outcome: Outcome) -> None:
    """Note how the current request ends. Outside of a request nothing happens."""
    if request := _current.get():
        request.outcome = outcome


def noted_outcome() -> Outcome | None:
    """How the current request ends, as far as is known. None: nothing has failed."""
    request = _current.get()
    return None if request is None else request.outcome
