"""The requests of lines and their results, as lines of JSON."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec
from msgspec import Raw, Struct

from service.batches.records import TokenCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRequest:
    """A line that is to be computed: ``body`` is what a client would send to ``endpoint``."""

    owner: str
    endpoint: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAnswer:
    """What a client would have got. With ``retry_after`` the line is to be sent again after these seconds."""

    status: int
    request_id: str = ""
    body: bytes = b""
    retry_after: float | None = None


Ask = Callable[[LineRequest], Awaitable[LineAnswer]]
"""Computes a line. An answer that says when to retry is no result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineResult:
    """One line of an output or an error file. ``is_answer``: it is for the output file."""

    line: int
    is_answer: bool
    text: bytes
    tokens: TokenCounts = field(default_factory=TokenCounts)


class _Response(Struct):
    status_code: int
    request_id: str
    body: Raw


class _Error(Struct):
    code: str
    message: str


class _Output(Struct):
    id: str
    custom_id: str
    response: _Response | None
    error: _Error | None


class _Details(Struct):
    cached_tokens: int = 0
    reasoning_tokens: int = 0


class _Usage(Struct):
    """The usage of any endpoint: their names of the same numbers differ."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None
    input_tokens_details: _Details | None = None
    output_tokens_details: _Details | None = None

    def counts(self) -> TokenCounts:
        before = self.prompt_tokens_details or self.input_tokens_details or _Details()
        after = self.completion_tokens_details or self.output_tokens_details or _Details()
        return TokenCounts(
            self.prompt_tokens + self.input_tokens,
            before.cached_tokens,
            self.completion_tokens + self.output_tokens,
            after.reasoning_tokens,
        )


class _Body(Struct):
    usage: _Usage | None = None


def answered(line: int, custom_id: str, answer: LineAnswer) -> LineResult:
    """The result of a line that was computed, or refused as a request."""
    response = _Response(answer.status, answer.request_id, Raw(answer.body))
    is_answer = answer.status == 200
    usage = msgspec.json.decode(answer.body, type=_Body).usage if is_answer else None
    return LineResult(
        line=line,
        is_answer=is_answer,
        text=msgspec.json.encode(_Output(_new_id(), custom_id, response, None)),
        tokens=TokenCounts() if usage is None else usage.counts(),
    )


def not_computed(line: int, custom_id: str, code: str, message: str) -> LineResult:
    """The result of a line that was not sent to a model."""
    text = msgspec.json.encode(_Output(_new_id(), custom_id, None, _Error(code, message)))
    return LineResult(line=line, is_answer=False, text=text)


def _new_id() -> str:
    return f"batch_req_{secrets.token_hex(16)}"
