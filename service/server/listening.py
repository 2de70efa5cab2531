"""The listening sockets. They are bound before anything is loaded, so that a port in use is told at once.

A socket that is bound refuses connections until ``listen``: clients must not wait for a model to be fetched.
"""

import errno
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from service.errors import ListenError

_BACKLOG = 2048  # connections that wait to be accepted
_LACKING = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)  # localhost is 127.0.0.1 and ::1, also on machines without IPv6
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_FIRST_FREE_PORT = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


def bind(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of ``host``; an empty one is every interface. Port 0 is a free one, the same for all.

    Raises ListenError, whose message is one line that names address and port, and says what to do.
    """
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ListenError(
            f"cannot listen on {_joined(host, port)}: {host!r} has no address ({_reason(error)})"
        ) from None
    sockets: list[socket.socket] = []
    lacking: ListenError | None = None
    for family, kind, protocol, _, address in dict.fromkeys(found):
        try:
            sockets.append(_bind(family, kind, protocol, (address[0], port, *address[2:])))
        except OSError as error:
            refused = ListenError(f"cannot listen on {_joined(str(address[0]), port)}: {_advice(error, port)}")
            if error.errno not in _LACKING:
                close(sockets)
                raise refused from None
            lacking = lacking or refused
        else:
            port = sockets[-1].getsockname()[1]
    if not sockets:
        raise lacking or ListenError(f"cannot listen on {_joined(host, port)}: {host!r} has no address")
    return sockets


def listen(sockets: Sequence[socket.socket]) -> None:
    """Let clients connect. Raises ListenError if another process was faster."""
    for each in sockets:
        try:
            each.listen(_BACKLOG)
        except OSError as error:
            raise ListenError(f"cannot listen on {text(each)}: {_advice(error, each.getsockname()[1])}") from None


def close(sockets: Sequence[socket.socket]) -> None:
    """Close the sockets. Idempotent."""
    for each in sockets:
        each.close()


def text(bound: socket.socket) -> str:
    """The address of a bound socket as in URLs, such as ``127.0.0.1:8000`` or ``[::1]:8000``."""
    host, port = socket.getnameinfo(bound.getsockname(), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    return _joined(host, int(port))


def local_url(bound: socket.socket) -> str:
    """The URL by which a client on this machine reaches a bound socket, also one that is bound to every interface."""
    host, port = socket.getnameinfo(bound.getsockname(), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    return f"http://{_joined(_LOOPBACK.get(host, host), int(port))}"


def _bind(family: int, kind: int, protocol: int, address: tuple[str | int, ...]) -> socket.socket:
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of an earlier service may still end
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _advice(error: OSError, port: int) -> str:
    """The reason of the error in words, with advice where there is any."""
    if error.errno == errno.EADDRINUSE:
        return "another process uses the port; stop that process, or choose another port with --port"
    if error.errno == errno.EACCES:
        first = 1024
        with suppress(OSError, ValueError):
            first = int(_FIRST_FREE_PORT.read_text())
        if port < first:
            return f"ports below {first} are for privileged users; choose another port with --port"
    if error.errno in _LACKING:
        return (
            "this machine has no such address; --host 127.0.0.1 listens for this machine, --host 0.0.0.0 for all others"
        )
    return _reason(error)


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__
