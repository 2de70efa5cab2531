"""What crosses between the API process and the reader process, over the same kind of sockets as the engine's."""

from msgspec import Struct, msgpack

from service.engine.protocol.messages import Abort, Beat, Failed, Stop


class EncodedWindow(Struct, frozen=True, array_like=True):
    """A question and a piece of a text, as the model takes them. ``types`` tells the two apart for models that care."""

    tokens: tuple[int, ...]
    types: tuple[int, ...]


class ReadRequest(Struct, frozen=True, array_like=True, tag="read"):
    """Windows to be scored, but for those whose indices are in ``done``. A lower ``priority`` is served earlier."""

    id: str
    windows: list[EncodedWindow]
    priority: int = 0
    tenant: str = ""
    done: frozenset[int] = frozenset()


class WindowScores(Struct, frozen=True, array_like=True):
    """Of one window, for each token the logit of a span that begins there and of one that ends there: float32."""

    id: str  # of the request
    index: int  # of the window in it
    starts: bytes
    ends: bytes


class BatchStats(Struct, frozen=True, kw_only=True, array_like=True):
    """What one batch did and how many windows wait after it."""

    seconds: float
    windows: int
    tokens: int
    waiting: int


class Scored(Struct, frozen=True, array_like=True, tag="scored"):
    """A batch is done."""

    scores: list[WindowScores]
    stats: BatchStats


class ReaderConfig(Struct, frozen=True, kw_only=True):
    """What the reader process needs to know before it starts. It has no defaults: ``service.settings`` owns them.

    The fields mean what they mean in the engine's configuration.
    """

    model_path: str
    device: str
    dtype: str
    threads: int
    log_level: str
    log_json: bool
    log_prompts: bool


class ReaderInfo(Struct, frozen=True, kw_only=True):
    """What the reader says of itself once it is ready."""

    architecture: str
    device: str
    dtype: str
    vocab_size: int
    max_tokens: int  # of a window with its question and the special tokens
    max_batch_tokens: int
    weights_bytes: int
    startup_seconds: dict[str, float]


class ReaderReady(Struct, frozen=True, array_like=True, tag="ready"):
    info: ReaderInfo


Command = ReadRequest | Abort | Stop
Event = ReaderReady | Failed | Scored | Beat

encode = msgpack.Encoder().encode
decode_command = msgpack.Decoder(Command).decode
decode_event = msgpack.Decoder(Event).decode
