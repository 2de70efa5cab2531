"""Calls over plain HTTP, for the APIs and routes that have no client here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from tests.matrix.call import Call, Refusal
from tests.matrix.service import Service

# Where the words of an error stand in each API's body. None stands for a body without such words.
Shape = Callable[[Any], str | None]


def openai_shape(body: Any) -> str | None:
    """``{"error": {"message", "type", "param", "code"}}``."""
    error = body.get("error")
    is_whole = isinstance(error, dict) and error.keys() >= {"message", "type", "param", "code"}
    return error["message"] if is_whole else None


def anthropic_shape(body: Any) -> str | None:
    """``{"type": "error", "error": {"type", "message"}}``."""
    error = body.get("error")
    return error.get("message") if body.get("type") == "error" and isinstance(error, dict) else None


def llama_shape(body: Any) -> str | None:
    """``{"error": {"code": 404, "message", "type"}}``."""
    error = body.get("error")
    return error["message"] if isinstance(error, dict) and isinstance(error.get("code"), int) else None


def text_shape(body: Any) -> str | None:
    """``{"error": "..."}``, as TGI, Ollama and LibreTranslate have it."""
    return body["error"] if isinstance(body.get("error"), str) else None


def message_shape(body: Any) -> str | None:
    """``{"message": "..."}``, as Cohere and DeepL have it."""
    return body["message"] if isinstance(body.get("message"), str) else None


class HttpRefusal(Exception):
    """An error answer over plain HTTP."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def request(
    service: Service,
    shape: Shape,
    line: str,
    body: Any = None,
    *,
    headers: Mapping[str, str] | None = None,
    **options: Any,
) -> httpx.Response:
    """Send ``line``, a method and a path. Raises HttpRefusal for an error answer."""
    method, path = line.split(" ", 1)
    if body is not None:
        options["json"] = body
    answer = service.http.request(method, path, headers=headers, **options)
    if answer.is_error:
        raise HttpRefusal(Refusal(answer.status_code, _message(answer, shape)))
    return answer


def calls(
    client: str, shape: Shape, rows: Sequence[tuple[Any, ...]], *, headers: Mapping[str, str] | None = None
) -> list[Call]:
    """A call for each row: method and path, the body or None, and the words of a refusal; without words it works."""
    return [_call(client, shape, *row, headers=headers) for row in rows]


def _call(
    client: str,
    shape: Shape,
    line: str,
    body: Any = None,
    *names: str,
    headers: Mapping[str, str] | None = None,
) -> Call:
    def run(service: Service) -> None:
        request(service, shape, line, body, headers=headers)

    shown = "" if body is None else f" {', '.join(body)}" if isinstance(body, dict) else f" {type(body).__name__}"
    return Call(client, f"{line}{shown}", run, names, must_work=not names)


def _message(answer: httpx.Response, shape: Shape) -> str | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    return shape(body) if isinstance(body, dict) else None
