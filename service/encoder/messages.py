"""The messages between the API process and an encoder process, in addition to those of every child process."""

from enum import StrEnum
from typing import Literal

from msgspec import Struct, msgpack

from service.processes.messages import Abort, Failed, Heartbeat, ProcessInfo, Ready, Stop, Submit

Backend = Literal["native", "torch"]  # what computes an encoder: the compiled kernels, or transformers' modules


class Head(StrEnum):
    """What an encoder computes from the last hidden states of an input."""

    SPAN = "span"  # for each token the logits of a span that begins there and of one that ends there: [2, tokens]
    EMBEDDING = "embedding"  # one vector: [dimensions]
    CLASSIFICATION = "classification"  # one logit for each label: [labels]


class EncoderInput(Struct, frozen=True, array_like=True):
    """A text, or a pair of texts, as the model reads it. Both fields have one number for each token."""

    tokens: tuple[int, ...]
    types: tuple[int, ...]  # mark the texts of a pair as different, for models that have token types


class EncodeRequest(Struct, frozen=True, array_like=True):
    """Inputs to be encoded, without those whose indices are in ``done``. A lower ``priority`` is served earlier."""

    id: str
    inputs: list[EncoderInput]
    priority: int = 0
    tenant: str = ""
    done: frozenset[int] = frozenset()


class EncoderOutput(Struct, frozen=True, array_like=True):
    """The head's numbers for one input: float32 in native byte order. ``Head`` says their shape."""

    id: str  # of the request
    index: int  # of the input in the request
    values: bytes


class BatchStats(Struct, frozen=True, kw_only=True, array_like=True):
    """The size and the time of one batch, and how many inputs wait after it."""

    seconds: float
    inputs: int
    tokens: int
    waiting: int


class BatchEncoded(Struct, frozen=True, array_like=True, tag="encoded"):
    """Event: a batch is computed."""

    outputs: list[EncoderOutput]
    stats: BatchStats


class EncoderConfig(Struct, frozen=True, kw_only=True):
    """The configuration of an encoder process. It has no defaults: ``service.settings`` owns them.

    The fields mean what they mean in the engine's configuration.
    """

    model_path: str
    head: Head
    device: str
    dtype: str
    threads: int
    native_kernels: bool
    log_level: str
    log_json: bool
    log_prompts: bool


class EncoderInfo(ProcessInfo, frozen=True, kw_only=True):
    """The facts about an encoder that is ready."""

    head: Head
    architecture: str
    backend: Backend
    kernels: str = ""  # the build of the compiled kernels; empty: torch computes
    device: str
    dtype: str
    vocab_size: int
    max_tokens: int  # of an input, with its special tokens
    max_batch_tokens: int
    weights_bytes: int
    dimensions: int = 0  # of an embedding; 0 for other heads
    labels: tuple[str, ...] = ()  # the names of the classes; empty for other heads


decode_command = msgpack.Decoder(Submit[EncodeRequest] | Abort | Stop).decode
decode_event = msgpack.Decoder(Ready[EncoderInfo] | Failed | Heartbeat | BatchEncoded).decode
