"""What crosses between the API process and the engine process: MessagePack, one message to a frame.

Two sockets in a directory of the user's own: commands go one way, events the other.
"""

from msgspec import Struct, msgpack

from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.outputs import StepOutput, TokenOutput
from service.engine.protocol.request import Request


class Submit(Struct, frozen=True, array_like=True, tag="submit"):
    requests: list[Request]


class Abort(Struct, frozen=True, array_like=True, tag="abort"):
    request_ids: list[str]


class Stop(Struct, frozen=True, array_like=True, tag="stop"):
    pass


class Ready(Struct, frozen=True, array_like=True, tag="ready"):
    info: EngineInfo


class Failed(Struct, frozen=True, array_like=True, tag="failed"):
    """The engine cannot start; the message is for people."""

    message: str


class Rejected(Struct, frozen=True, array_like=True, tag="rejected"):
    """A request that the engine did not take."""

    output: TokenOutput


class Beat(Struct, frozen=True, array_like=True, tag="beat"):
    """A sign of life, whatever the process is doing."""

    cpu_seconds: float  # processor time that it has used


Command = Submit | Abort | Stop
Event = Ready | Failed | Rejected | StepOutput | Beat

encode = msgpack.Encoder().encode
decode_command = msgpack.Decoder(Command).decode
decode_event = msgpack.Decoder(Event).decode


def commands_address(directory: str) -> str:
    return f"ipc://{directory}/commands"


def events_address(directory: str) -> str:
    return f"ipc://{directory}/events"
