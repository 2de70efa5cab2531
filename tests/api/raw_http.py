"""Plain HTTP over a socket, for everything that a client library would hide."""

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx


def post_bytes(path: str, body: bytes, *headers: str) -> bytes:
    """A request as bytes."""
    lines = [f"POST {path} HTTP/1.1", "host: test", "content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


@contextlib.contextmanager
def connection(address: tuple[str, int]) -> Iterator[socket.socket]:
    """A TCP connection whose calls raise TimeoutError after 20 seconds."""
    with socket.create_connection(address, timeout=20) as sock:
        yield sock


def read_until(sock: socket.socket, mark: bytes) -> bytes:
    """The bytes that arrive until ``mark``, including it."""
    data = b""
    while mark not in data:
        chunk = sock.recv(65536)
        assert chunk, f"the connection ended without {mark!r}: {data!r}"
        data += chunk
    return data


def events(response: httpx.Response) -> list[dict[str, Any]]:
    """The events of a whole stream, of which the last one must be the end mark."""
    *lines, done, rest = response.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    return [json.loads(line.removeprefix("data: ")) for line in lines if not line.startswith(":")]
