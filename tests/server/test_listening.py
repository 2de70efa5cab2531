"""Listening sockets: bound at once, open to clients later, and refused in one line that says what to do."""

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.errors import ListenError
from service.server import listening


def has_ipv6() -> bool:
    try:
        listening.close(listening.bind("::1", 0))
    except ListenError:
        return False
    return True


ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@contextmanager
def bound(host: str, port: int = 0) -> Iterator[list[socket.socket]]:
    sockets = listening.bind(host, port)
    try:
        yield sockets
    finally:
        listening.close(sockets)


def can_connect(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=10).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "0.0.0.0", "", *(pytest.param(each, marks=ipv6) for each in ("::1", "::"))]
)
def test_clients_can_connect_only_after_the_service_listens(host: str) -> None:
    client = "::1" if ":" in host else "127.0.0.1"
    with bound(host) as sockets:
        port = sockets[0].getsockname()[1]
        assert not can_connect(client, port)
        listening.listen(sockets)
        assert can_connect(client, port)


def test_addresses_are_written_as_in_urls() -> None:
    with bound("127.0.0.1") as (one,):
        assert listening.text(one) == f"127.0.0.1:{one.getsockname()[1]}"


@ipv6
def test_an_address_of_ipv6_has_brackets() -> None:
    with bound("::1") as (one,):
        assert listening.text(one) == f"[::1]:{one.getsockname()[1]}"


def test_a_name_is_all_of_its_addresses_with_one_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [tcp("127.0.0.1"), tcp("127.0.0.1"), tcp("127.0.0.2")])
    with bound("name") as sockets:
        first, second = (each.getsockname() for each in sockets)
        assert (first[0], second) == ("127.0.0.1", ("127.0.0.2", first[1]))


def test_an_address_that_the_machine_lacks_is_left_out_if_there_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [tcp("192.0.2.1"), tcp("127.0.0.1")])
    with bound("localhost") as sockets:
        assert [each.getsockname()[0] for each in sockets] == ["127.0.0.1"]


def test_a_port_in_use_is_named_with_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ListenError, match=rf"^cannot listen on 127\.0\.0\.1:{port}: another .* with --port$"):
            listening.bind("127.0.0.1", port)
        with pytest.raises(ListenError, match=rf"^cannot listen on 0\.0\.0\.0:{port}: another process uses the port"):
            listening.bind("0.0.0.0", port)
    with bound("127.0.0.1", port):
        pass  # the port is free again


def test_the_faster_of_two_services_has_the_port() -> None:
    with bound("127.0.0.1") as first, bound("127.0.0.1", first[0].getsockname()[1]) as second:
        listening.listen(second)
        with pytest.raises(ListenError, match="another process uses the port"):
            listening.listen(first)


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(ListenError, match=r"^cannot listen on 192\.0\.2\.1:8000: this machine has no such address; "):
        listening.bind("192.0.2.1", 8000)


def test_a_name_without_an_address_is_named() -> None:
    with pytest.raises(ListenError, match=r"^cannot listen on no-such-host.invalid:8000: .* has no address"):
        listening.bind("no-such-host.invalid", 8000)


@pytest.mark.parametrize(
    ("number", "port", "message"),
    [
        (errno.EACCES, 80, "cannot listen on 127.0.0.1:80: ports below 1024 are for privileged users; choose another "),
        (errno.EACCES, 8000, "cannot listen on 127.0.0.1:8000: Permission denied"),
        (errno.EADDRNOTAVAIL, 8000, "cannot listen on 127.0.0.1:8000: this machine has no such address; "),
        (errno.ENOBUFS, 8000, "cannot listen on 127.0.0.1:8000: No buffer space available"),
    ],
)
def test_every_refusal_is_one_line(number: int, port: int, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(listening, "_FIRST_FREE_PORT", Path("/does/not/exist"))
    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(ListenError) as caught:
        listening.bind("127.0.0.1", port)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become a user without privileges")
def test_a_user_without_privileges_is_told_which_ports_are_free() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text(encoding="ascii"))
    if first < 2:
        pytest.skip("every port of this machine is free for all users")
    code = f"""
import encodings.idna, os  # another user may not read the files of Python
from service.errors import ListenError
from service.server import listening

os.setuid(65534)
try:
    listening.bind("127.0.0.1", {first - 1})
except ListenError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == (
        f"cannot listen on 127.0.0.1:{first - 1}: ports below {first} are for privileged users; "
        "choose another port with --port\n"
    )


def tcp(host: str) -> tuple[object, ...]:
    return socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)
