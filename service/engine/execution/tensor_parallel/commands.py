"""What rank 0 tells the other ranks: frames of MessagePack, each behind its length."""

import struct
from typing import BinaryIO

import msgspec
import numpy as np
import torch
from msgspec import Struct

from service.engine.attention.batch import Batch
from service.engine.attention.kv_cache import KVCache
from service.engine.protocol.config import EngineConfig
from service.models.contracts.step_view import Ints

_LENGTH = struct.Struct("<Q")


class Join(Struct, frozen=True, tag="join"):
    """The first command: load the model as this rank. ``store`` is the file at which all ranks meet."""

    config: EngineConfig
    rank: int
    store: str


class MakeCache(Struct, frozen=True, tag="cache"):
    """Make a KV cache of these sizes."""

    num_blocks: int
    block_size: int


class Compute(Struct, frozen=True, tag="compute"):
    """Compute the hidden states of a batch. The fields are those of ``Batch``, as bytes of int64."""

    num_singles: int
    input_ids: bytes
    offsets: bytes
    contexts: bytes
    blocks: bytes

    @classmethod
    def from_batch(cls, batch: Batch) -> "Compute":
        """The command for this batch, which has no adapters."""
        return cls(
            num_singles=batch.num_singles,
            input_ids=batch.input_ids.tobytes(),
            offsets=batch.offsets.tobytes(),
            contexts=batch.contexts.tobytes(),
            blocks=batch.blocks.tobytes(),
        )

    def batch(self, cache: KVCache, device: torch.device) -> Batch:
        """The batch without its chunks, which only rank 0 samples from."""
        return Batch(
            chunks=[],
            order=[],
            num_singles=self.num_singles,
            input_ids=_array(self.input_ids),
            offsets=_array(self.offsets),
            contexts=_array(self.contexts),
            blocks=_array(self.blocks),
            adapters=None,
            block_size=cache.block_size,
            null_block=cache.null_block,
            device=device,
        )


class Discard(Struct, frozen=True, tag="discard"):
    """Make keys and values in ``slots`` harmless."""

    slots: bytes

    @classmethod
    def from_slots(cls, slots: Ints) -> "Discard":
        return cls(slots.tobytes())

    @property
    def array(self) -> Ints:
        """The slots."""
        return _array(self.slots)


class CopyBlocks(Struct, frozen=True, tag="copy"):
    """Copy keys and values from the first block of each pair to the second."""

    copies: list[tuple[int, int]]


Command = Join | MakeCache | Compute | Discard | CopyBlocks
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Command).decode


def send(stream: BinaryIO, command: Command) -> None:
    """Write a command. Raises OSError if the rank is gone."""
    frame = _encode(command)
    stream.write(_LENGTH.pack(len(frame)) + frame)
    stream.flush()


def receive(stream: BinaryIO) -> Command | None:
    """Read a command; None if rank 0 is gone."""
    length = stream.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        return None
    (size,) = _LENGTH.unpack(length)
    frame = stream.read(size)
    return _decode(frame) if len(frame) == size else None


def _array(data: bytes) -> Ints:
    return np.frombuffer(data, dtype=np.int64).copy()  # tensors over it want memory that can be written
