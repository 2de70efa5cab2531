"""The messages between the API process and the engine process, in addition to those of every child process."""

from msgspec import Struct, msgpack

from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.outputs import StepOutput, TokenOutput
from service.engine.protocol.request import Request
from service.processes.messages import Abort, Failed, Heartbeat, Ready, Stop, Submit


class Rejected(Struct, frozen=True, array_like=True, tag="rejected"):
    """Event: the engine refused a request. The output ends it with an error."""

    output: TokenOutput


EngineEvent = StepOutput | Rejected

decode_command = msgpack.Decoder(Submit[Request] | Abort | Stop).decode
decode_event = msgpack.Decoder(Ready[EngineInfo] | Failed | Heartbeat | EngineEvent).decode
