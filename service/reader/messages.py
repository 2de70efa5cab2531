"""The messages between the API process and the reader process, in addition to those of every child process."""

from msgspec import Struct, msgpack

from service.processes.messages import Abort, Failed, Heartbeat, ProcessInfo, Ready, Stop, Submit


class EncodedWindow(Struct, frozen=True, array_like=True):
    """A question and a part of a text as the model reads them. Both fields have one number for each token."""

    tokens: tuple[int, ...]
    types: tuple[int, ...]  # mark question and text as different, for models that have token types


class ReadRequest(Struct, frozen=True, array_like=True):
    """Windows to be scored, without those whose indices are in ``done``. A lower ``priority`` is served earlier."""

    id: str
    windows: list[EncodedWindow]
    priority: int = 0
    tenant: str = ""
    done: frozenset[int] = frozenset()


class WindowScores(Struct, frozen=True, array_like=True):
    """The scores of one window: for each token the logits of a span that begins there and of one that ends there.

    ``starts`` and ``ends`` are arrays of float32 in native byte order, with one number for each token.
    """

    id: str  # of the request
    index: int  # of the window in the request
    starts: bytes
    ends: bytes


class BatchStats(Struct, frozen=True, kw_only=True, array_like=True):
    """The size and the time of one batch, and how many windows wait after it."""

    seconds: float
    windows: int
    tokens: int
    waiting: int


class BatchScored(Struct, frozen=True, array_like=True, tag="scored"):
    """Event: a batch is computed."""

    scores: list[WindowScores]
    stats: BatchStats


class ReaderConfig(Struct, frozen=True, kw_only=True):
    """The configuration of the reader process. It has no defaults: ``service.settings`` owns them.

    The fields mean what they mean in the engine's configuration.
    """

    model_path: str
    device: str
    dtype: str
    threads: int
    log_level: str
    log_json: bool
    log_prompts: bool


class ReaderInfo(ProcessInfo, frozen=True, kw_only=True):
    """The facts about a reader that is ready."""

    architecture: str
    device: str
    dtype: str
    vocab_size: int
    max_tokens: int  # of a window, with its question and the special tokens
    max_batch_tokens: int
    weights_bytes: int


decode_command = msgpack.Decoder(Submit[ReadRequest] | Abort | Stop).decode
decode_event = msgpack.Decoder(Ready[ReaderInfo] | Failed | Heartbeat | BatchScored).decode
