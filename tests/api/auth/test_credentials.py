"""The parts of a request that may contain its key."""

import pytest
from starlette.datastructures import Headers

from service.api.auth.credentials import secrets_in_body, secrets_in_headers

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=y"


@pytest.mark.parametrize(
    ("headers", "secrets"),
    [
        ([], []),
        ([("authorization", "Bearer a")], ["a"]),
        ([("authorization", "DeepL-Auth-Key a")], ["a"]),
        ([("authorization", "bearer  a ")], ["a"]),
        ([("authorization", "Basic a")], []),
        ([("authorization", "Bearer ")], []),
        ([("x-api-key", "a"), ("x-api-key", " "), ("authorization", "Bearer b")], ["b", "a"]),
    ],
)
def test_keys_in_headers(headers: list[tuple[str, str]], secrets: list[str]) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    assert list(secrets_in_headers(Headers(raw=raw))) == secrets


@pytest.mark.parametrize(
    ("kind", "body", "secrets"),
    [
        (JSON, b'{"api_key": "a", "q": 1}', ["a"]),
        (JSON, b'{"api_key": ""}', []),
        (JSON, b'{"api_key": null}', []),
        (JSON, b'{"api_key": 1}', []),
        (JSON, b"{", []),
        (FORM, b"api_key=a&q=x", ["a"]),
        (FORM, b"api_key=a&api_key=b", ["a", "b"]),
        (FORM, b"q=x", []),
        ("text/plain", b'{"api_key": "a"}', []),
        (MULTIPART, b'--y\r\ncontent-disposition: form-data; name="api_key"\r\n\r\na\r\n--y--', ["a"]),
        (MULTIPART, b"--y", []),
    ],
)
def test_keys_in_bodies(kind: str, body: bytes, secrets: list[str]) -> None:
    assert list(secrets_in_body(Headers({"content-type": kind}), body)) == secrets
