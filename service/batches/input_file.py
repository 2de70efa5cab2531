"""The input of a batch: lines of JSON, each with a request."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw, Struct

from service.batches.limits import BatchLimits
from service.batches.records import LineProblem

MOST_PROBLEMS = 100  # that are reported
_MOST_ID = 512  # characters


class InputLine(Struct, frozen=True):
    """A line that is as it should be. ``number`` counts from 1."""

    number: int
    custom_id: str
    body: bytes


class _Line(Struct):
    custom_id: Any = None
    method: Any = None
    url: Any = None
    body: Raw = Raw(b"null")


class _Body(Struct):
    model: Any = None


class CheckedInput(Struct, frozen=True):
    """What a check has found. ``model`` is the one that all lines name, if they do."""

    lines: int
    model: str | None
    problems: tuple[LineProblem, ...]


def check_input(path: Path, endpoint: str, limits: BatchLimits) -> CheckedInput:
    """Read the whole file. It blocks. Raises OSError."""
    problems: list[LineProblem] = []
    seen: set[str] = set()
    models: set[str | None] = set()
    count = 0
    for number, text in _texts(path, limits.line_bytes):
        count += 1
        if count > limits.lines:
            problems.append(_problem("too_many_lines", f"The file has more than {limits.lines} lines", None))
        elif len(text) > limits.line_bytes:
            problems.append(_problem("line_too_long", f"The line has more than {limits.line_bytes} bytes", number))
        elif isinstance(line := _read(number, text, endpoint), LineProblem):
            problems.append(line)
        elif line.custom_id in seen:
            problems.append(_problem("duplicate_custom_id", "An earlier line has this custom_id", number, "custom_id"))
        else:
            seen.add(line.custom_id)
            models.add(_model(line.body))
        if count > limits.lines or len(problems) >= MOST_PROBLEMS:
            break
    if not count:
        problems.append(_problem("empty_file", "The file has no line", None))
    return CheckedInput(count, next(iter(models)) if len(models) == 1 else None, tuple(problems))


def input_lines(path: Path, endpoint: str, limits: BatchLimits) -> Iterator[InputLine]:
    """The lines of a file that has been checked. It blocks. Raises OSError."""
    for number, text in _texts(path, limits.line_bytes):
        if isinstance(line := _read(number, text, endpoint), InputLine):
            yield line


def _texts(path: Path, most: int) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers. A line with more than ``most`` bytes is cut behind them."""
    number = 0
    with path.open("rb") as file:
        while text := file.readline(most + 2):
            number += 1
            cut = text
            while cut and not cut.endswith(b"\n"):
                cut = file.readline(1 << 16)
            if stripped := text.strip():
                yield number, stripped


def _read(number: int, text: bytes, endpoint: str) -> InputLine | LineProblem:
    try:
        line = msgspec.json.decode(text.removeprefix(b"\xef\xbb\xbf"), type=_Line)
    except msgspec.ValidationError:
        return _problem("invalid_line", "The line is not a JSON object", number)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _problem("invalid_json_line", "The line is not valid JSON", number)
    if not isinstance(line.custom_id, str) or not 0 < len(line.custom_id) <= _MOST_ID:
        message = f"custom_id: should be a text of at most {_MOST_ID} characters"
        return _problem("invalid_custom_id", message, number, "custom_id")
    if line.method != "POST":
        return _problem("invalid_method", "method: should be POST", number, "method")
    if line.url != endpoint:
        return _problem("mismatched_endpoint", f"url: should be the batch's endpoint, {endpoint}", number, "url")
    if not (body := bytes(line.body)).startswith(b"{"):
        return _problem("invalid_body", "body: should be an object", number, "body")
    return InputLine(number, line.custom_id, body)


def _model(body: bytes) -> str | None:
    try:
        model = msgspec.json.decode(body, type=_Body).model
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # the line gets the error of such a request
    return model if isinstance(model, str) else None


def _problem(code: str, message: str, line: int | None, param: str | None = None) -> LineProblem:
    return LineProblem(code=code, message=message, param=param, line=line)
