"""The messages between the API process and every child process: MessagePack, one message to a frame.

Two sockets lie in a directory that belongs to the user alone. Commands go to the child process, events come back. Each
kind of child process adds its own events, and decodes the union of these and those.
"""

from typing import Generic, TypeVar

import zmq
from msgspec import Struct, msgpack


class ProcessInfo(Struct, frozen=True, kw_only=True):
    """The facts that every child process reports when it is ready."""

    startup_seconds: dict[str, float]  # phase -> seconds, in order


Request = TypeVar("Request")
Info = TypeVar("Info", bound=ProcessInfo)


class Submit(Struct, Generic[Request], frozen=True, array_like=True, tag="submit"):
    """Command: compute these requests."""

    requests: list[Request]


class Abort(Struct, frozen=True, array_like=True, tag="abort"):
    """Command: drop these requests. Unknown ids are ignored."""

    ids: list[str]


class Stop(Struct, frozen=True, array_like=True, tag="stop"):
    """Command: end the process."""


class Ready(Struct, Generic[Info], frozen=True, array_like=True, tag="ready"):
    """Event: the model is loaded, and requests can be submitted."""

    info: Info


class Failed(Struct, frozen=True, array_like=True, tag="failed"):
    """Event: the process cannot start. The message is for people."""

    message: str


class Heartbeat(Struct, frozen=True, array_like=True, tag="heartbeat"):
    """Event, sent twice a second from a thread of its own: the process runs."""

    cpu_seconds: float  # processor time that the process has used


encode = msgpack.Encoder().encode
_READABLE = int(zmq.POLLIN)  # as a plain number: operators of flags are slow


def has_messages(socket: "zmq.Socket[bytes]") -> bool:
    """Whether a message has arrived. Asking takes half as long as to be told so by an exception of ``recv``."""
    return bool(int(socket.get(zmq.EVENTS)) & _READABLE)


def commands_address(directory: str) -> str:
    """The address of the socket for commands."""
    return f"ipc://{directory}/commands"


def events_address(directory: str) -> str:
    """The address of the socket for events."""
    return f"ipc://{directory}/events"
