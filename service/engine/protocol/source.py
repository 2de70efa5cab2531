"""The source of a request: what the encoder of an encoder-decoder reads. It is text or, for speech, features."""

import hashlib
from functools import cached_property

from msgspec import Struct


class Features(Struct, frozen=True, dict=True):
    """A source that is no text, as the numbers that the encoder reads."""

    data: bytes
    """float32 in the machine's byte order, [frames, channels]. The encoder reads two frames for each position."""

    channels: int
    positions: int  # of the encoder's last hidden states

    @cached_property
    def digest(self) -> bytes:
        """Stands for the numbers among the prefixes of the KV cache: SHA-256."""
        return hashlib.sha256(self.data).digest()


Source = tuple[int, ...] | Features


def num_positions(source: Source) -> int:
    """The positions that the encoder makes of ``source``: one for each token."""
    return source.positions if isinstance(source, Features) else len(source)
