"""Clients that are slow to say what they want, and heads that are meant to be more than one."""

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator

import pytest

from tests.api.scripted import Scripted, scripted_service
from tests.api.wire import connection, post_bytes, read_until

HEAD = b"POST /v1/generate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
PATIENCE = 0.15


@pytest.fixture(scope="module")
def impatient() -> Iterator[Scripted]:
    with scripted_service(header_timeout=PATIENCE, body_timeout=PATIENCE) as service:
        yield service


def drip(sock: socket.socket, data: bytes) -> bytes:
    """What is answered to bytes that come one by one, until the connection is closed."""
    sock.settimeout(0.02)
    answer = b""
    for byte in data:
        with contextlib.suppress(TimeoutError):
            try:
                sock.sendall(bytes([byte]))
                chunk = sock.recv(65536)
            except (ConnectionResetError, BrokenPipeError):
                return answer
            if not chunk:
                return answer
            answer += chunk
    raise AssertionError(f"it was never cut: {answer!r}")


def test_a_head_that_drips_is_cut(impatient: Scripted) -> None:
    begin = time.monotonic()  # the time limit of the first head begins with the connection
    with connection(impatient.address) as sock:
        assert drip(sock, b"GET /health HTTP/1.1\r\nx: " + b"a" * 10_000).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - begin >= PATIENCE


def test_a_later_head_that_drips_is_cut_too(impatient: Scripted) -> None:
    with connection(impatient.address) as sock:
        sock.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\nGET /hea")
        read_until(sock, b'"reason":""}')
        assert drip(sock, b"a" * 10_000).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_drips_is_cut(impatient: Scripted) -> None:
    with connection(impatient.address) as sock:
        sock.sendall(HEAD + b"content-length: 10000\r\n\r\n")
        answer = drip(sock, b" " * 10_000)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["type"] == "timeout_error"


def test_a_body_that_drips_after_its_answer_is_cut(impatient: Scripted) -> None:
    with connection(impatient.address) as sock:
        sock.sendall(b"POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 10000\r\n\r\n")
        assert drip(sock, b" " * 10_000).startswith(b"HTTP/1.1 404 ")


def test_who_says_nothing_is_cut_without_an_answer(impatient: Scripted) -> None:
    with connection(impatient.address) as sock, contextlib.suppress(ConnectionResetError):
        assert sock.recv(100) == b""


def test_who_waits_between_two_requests_is_not_cut_before_the_server_would(impatient: Scripted) -> None:
    with connection(impatient.address) as sock:
        for _ in range(2):
            sock.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
            read_until(sock, b'"reason":""}')
            sock.settimeout(1.5 * PATIENCE)
            with pytest.raises(TimeoutError):
                sock.recv(1)
            sock.settimeout(20)


def test_who_takes_nothing_of_a_whole_answer_is_cut() -> None:
    body = post_bytes("/tokenize", json.dumps({"prompt": "a" * 1_000_000, "return_token_strs": True}).encode())
    with scripted_service(send_timeout=0.1, header_timeout=0.8) as service, connection(service.address) as sock:
        sock.sendall(body)
        head = read_until(sock, b"\r\n\r\n").partition(b"\r\n\r\n")[0]
        size = int(re.search(rb"content-length: (\d+)", head)[1])
        with connection(service.address) as clock:  # who says nothing is cut long after that
            assert clock.recv(1) == b""
        received = 0
        with contextlib.suppress(ConnectionResetError):
            while chunk := sock.recv(1 << 20):
                received += len(chunk)
        assert received < size - (1 << 20)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /version HTTP/1.1\r\nhost: x\r\nx-request-id: a\r\n b\r\n\r\n",
        b"GET /version HTTP/1.1\r\nhost: x\r\nx-request-id: a\rset-cookie: b\r\n\r\n",
        b"GET /version HTTP/1.1\r\nhost: x\r\nx-request-id: a%0d%0aset-cookie:b\r\n\r\n",
        b"GET /version HTTP/1.1\r\nhost: x\r\nx-request-id: " + b"a" * 5000 + b"\r\n\r\n",
        b"GET /version HTTP/1.1\r\nhost: x\r\nx-request-id: " + "é\u2028".encode() + b"\r\n\r\n",
        b"GET /version HTTP/1.1\r\nhost: x\r\nx-request-id: a\x00b\r\n\r\n",
        b"GET /version%0d%0aset-cookie:%20b HTTP/1.1\r\nhost: x\r\n\r\n",
        post_bytes("/v1/generate", json.dumps({"prompt": "x", "a\r\nset-cookie: b": 1}).encode()),
    ],
)
def test_a_head_is_one_head(hello: Scripted, head: bytes) -> None:
    """Nothing a client sends becomes a header of its own in the answer, and no strange id comes back."""
    with connection(hello.address) as sock:
        sock.sendall(head)
        answer = read_until(sock, b"\r\n\r\n").partition(b"\r\n\r\n")[0].decode("latin-1")
    status, *fields = answer.split("\r\n")
    assert status.startswith("HTTP/1.1 ")
    assert not [field for field in fields if field.lower().startswith("set-cookie")]
    ids = [field.partition(": ")[2] for field in fields if field.lower().startswith("x-request-id")]
    assert all(re.fullmatch(r"req-[0-9a-f]{32}", id) for id in ids)
