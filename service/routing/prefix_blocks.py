"""What a router knows of a prompt: hashes of its beginnings."""

from collections.abc import Iterator
from hashlib import blake2b
from struct import pack

from service.engine.protocol.request import Request

BLOCK_TOKENS = 64  # a multiple of the usual blocks of the prefix cache
_MOST_BLOCKS = 64  # a longer prompt with these in common has enough in common


def prefix_blocks(request: Request) -> tuple[int, ...]:
    """A hash for each whole block of the prompt, which depends on all blocks before it too.

    Prompts with another salt or adapter share nothing in a prefix cache, so their hashes differ.
    """
    return tuple(_hashes(request))


def _hashes(request: Request) -> Iterator[int]:
    digest = blake2b(f"{request.cache_salt}\0{request.adapter}".encode(), digest_size=8)
    for start in range(0, min(len(request.prompt), BLOCK_TOKENS * _MOST_BLOCKS) - BLOCK_TOKENS + 1, BLOCK_TOKENS):
        digest.update(pack(f"{BLOCK_TOKENS}I", *request.prompt[start : start + BLOCK_TOKENS]))
        yield int.from_bytes(digest.digest())
