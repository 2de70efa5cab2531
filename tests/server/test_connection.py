"""Clients that send or read too slowly, and heads that try to inject other headers."""

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator

import pytest

from tests.api.raw_http import connection, post_bytes, read_until
from tests.api.scripted import Scripted, scripted_service

HEAD = b"POST /v1/generate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
TIMEOUT = 0.15


@pytest.fixture(scope="module")
def impatient() -> Iterator[Scripted]:
    with scripted_service(header_timeout=TIMEOUT, body_timeout=TIMEOUT) as service:
        yield service


@pytest.fixture(scope="module")
def patient() -> Iterator[Scripted]:
    with scripted_service() as service:
        yield service


def drip(sock: socket.socket, data: bytes) -> bytes:
    """The answer to bytes that are sent one by one, until the connection is closed."""
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
    raise AssertionError(f"the connection was never cut: {answer!r}")


def test_a_slow_head_is_cut(impatient: Scripted) -> None:
    begin = time.monotonic()  # the time limit of the first head begins with the connection
    with connection(impatient.address) as sock:
        assert drip(sock, b"GET /health HTTP/1.1\r\nx: " + b"a" * 10_000).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - begin >= TIMEOUT


def test_a_slow_head_of_a_later_request_is_cut_too(impatient: Scripted) -> None:
    with connection(impatient.address) as sock:
        sock.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\nGET /hea")
        read_until(sock, b'"reason":""}')
        assert drip(sock, b"a" * 10_000).startswith(b"HTTP/1.1 408 ")


def test_a_slow_body_is_cut(impatient: Scripted) -> None:
    with connection(impatient.address) as sock:
        sock.sendall(HEAD + b"content-length: 10000\r\n\r\n")
        answer = drip(sock, b" " * 10_000)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["type"] == "timeout_error"


def test_a_slow_body_that_is_answered_already_is_cut(impatient: Scripted) -> None:
    with connection(impatient.address) as sock:
        sock.sendall(b"POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 10000\r\n\r\n")
        assert drip(sock, b" " * 10_000).startswith(b"HTTP/1.1 404 ")


def test_a_client_that_sends_nothing_is_cut_without_an_answer(impatient: Scripted) -> None:
    with connection(impatient.address) as sock, contextlib.suppress(ConnectionResetError):
        assert sock.recv(100) == b""


def test_a_pause_between_two_requests_may_be_longer(impatient: Scripted) -> None:
    with connection(impatient.address) as sock:
        for _ in range(2):
            sock.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
            read_until(sock, b'"reason":""}')
            sock.settimeout(1.5 * TIMEOUT)
            with pytest.raises(TimeoutError):
                sock.recv(1)
            sock.settimeout(20)


def test_a_client_that_reads_nothing_of_a_response_is_cut() -> None:
    body = post_bytes("/tokenize", json.dumps({"prompt": "a" * 1_000_000, "return_token_strs": True}).encode())
    with scripted_service(send_timeout=0.1, header_timeout=0.8) as service, connection(service.address) as sock:
        sock.sendall(body)
        head = read_until(sock, b"\r\n\r\n").partition(b"\r\n\r\n")[0]
        length = re.search(rb"content-length: (\d+)", head)
        assert length is not None
        size = int(length[1])
        with connection(service.address) as clock:  # a silent client is cut long after the other one
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
def test_a_client_cannot_inject_headers(patient: Scripted, head: bytes) -> None:
    """No part of a request becomes a header of the answer, and an invalid request id is replaced."""
    with connection(patient.address) as sock:
        sock.sendall(head)
        answer = read_until(sock, b"\r\n\r\n").partition(b"\r\n\r\n")[0].decode("latin-1")
    status, *fields = answer.split("\r\n")
    assert status.startswith("HTTP/1.1 ")
    assert not [field for field in fields if field.lower().startswith("set-cookie")]
    ids = [field.partition(": ")[2] for field in fields if field.lower().startswith("x-request-id")]
    assert all(re.fullmatch(r"req-[0-9a-f]{32}", id) for id in ids)
