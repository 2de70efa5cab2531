"""Undeclared fields: refused, without effect, or named in a header."""

from typing import Any

import httpx
import pytest

from tests.api.scripted import Scripted, scripted_service

CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": "x"}]}


def post(service: Scripted, **fields: Any) -> httpx.Response:
    return service.http.post("/v1/chat/completions", json=CHAT | fields)


def test_unknown_fields_are_named_with_their_path(hello: Scripted) -> None:
    messages = [{"role": "user", "content": "x", "id": 1}, {"role": "user", "content": "x", "id": 2}]
    response = post(hello, messages=messages, foo=1, stream=True, stream_options={"bar": True})
    assert response.status_code == 200
    assert response.headers["x-ignored-params"] == "foo, stream_options.bar, messages.id"
    assert "x-ignored-params" not in post(hello).headers


def test_the_header_cannot_be_injected_or_flooded(hello: Scripted) -> None:
    names = ["a\r\nset-cookie: x", "名前", "\x00", *(f"field_{i:03}" for i in range(500))]
    response = post(hello, **dict.fromkeys(names, 1))
    assert response.status_code == 200
    header = response.headers["x-ignored-params"]
    assert header.startswith("a??set-cookie??x, ??, ?, field_000")
    assert len(header) <= 1010
    assert "set-cookie" not in response.headers


def test_a_field_with_an_empty_name_is_listed_too(hello: Scripted) -> None:
    assert post(hello, **{"foo": 1, "": 1}).headers["x-ignored-params"] == "foo, ?"


def test_strict_services_refuse_unknown_fields() -> None:
    with scripted_service(strict_params=True) as service:
        response = post(service, foo=1)
        assert response.status_code == 400
        assert response.json()["error"]["param"] == "foo"
        assert post(service, user="me", tools=[]).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tool_choice", "required"),
        ("functions", [{"name": "f"}]),
        ("audio", {"voice": "alloy"}),
        ("modalities", ["text", "audio"]),
        ("web_search_options", {}),
        ("store", True),
        ("reasoning_effort", "high"),
        ("service_tier", "priority"),
        ("length_penalty", 2.0),
        ("verbosity", "low"),
    ],
)
def test_unsupported_fields_are_refused_by_name(hello: Scripted, field: str, value: Any) -> None:
    response = post(hello, **{field: value})
    assert response.status_code == 400
    assert response.json()["error"]["param"] == field


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [], "tool_choice": "none", "functions": None},
        {"response_format": {"type": "text"}, "modalities": ["text"], "store": False},
        {"user": "me", "metadata": {"a": "b"}, "service_tier": "auto", "parallel_tool_calls": True},
        {"service_tier": "default", "prompt_cache_key": "x", "safety_identifier": "y"},
    ],
)
def test_values_that_ask_for_nothing_are_accepted(hello: Scripted, fields: dict[str, Any]) -> None:
    response = post(hello, **fields)
    assert response.status_code == 200
    assert "x-ignored-params" not in response.headers
