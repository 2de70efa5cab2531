"""The messages between the API process and the engine process, in addition to those of every child process."""

from msgspec import Struct, msgpack

from service.engine.protocol.adapter_info import AdapterInfo
from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.outputs import StepOutput, TokenOutput
from service.engine.protocol.request import Request
from service.engine.protocol.snapshot import Snapshot
from service.processes.messages import Abort, Failed, Heartbeat, Ready, Stop, Submit


class Rejected(Struct, frozen=True, array_like=True, tag="rejected"):
    """Event: the engine refused a request. The output ends it with an error."""

    output: TokenOutput


class LoadAdapter(Struct, frozen=True, array_like=True, tag="load_adapter"):
    """Command: load the adapter in the directory ``path``. The answer is ``AdapterLoaded``."""

    name: str
    path: str


class UnloadAdapter(Struct, frozen=True, array_like=True, tag="unload_adapter"):
    """Command: forget an adapter that no request uses. The answer is ``AdapterUnloaded``."""

    name: str


class AdapterLoaded(Struct, frozen=True, array_like=True, tag="adapter_loaded"):
    """Event: an adapter is loaded, or cannot be loaded."""

    adapter: AdapterInfo


class AdapterUnloaded(Struct, frozen=True, array_like=True, tag="adapter_unloaded"):
    """Event: an adapter is no longer loaded."""

    name: str


class TakeSnapshot(Struct, frozen=True, array_like=True, tag="take_snapshot"):
    """Command: describe the sequences and the KV blocks. The answer is a ``Snapshot``."""


EngineCommand = LoadAdapter | UnloadAdapter | TakeSnapshot
EngineEvent = StepOutput | Rejected | AdapterLoaded | AdapterUnloaded | Snapshot

decode_command = msgpack.Decoder(Submit[Request] | Abort | Stop | EngineCommand).decode
decode_event = msgpack.Decoder(Ready[EngineInfo] | Failed | Heartbeat | EngineEvent).decode
