"""Translation memories in requests."""

import re

from service.api.native.translate.request import Memory
from service.api.requests.options import check_limit
from service.tasks.translation import MemoryPair, read_tmx

_XML_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]*>")  # its encoding is that of a file, and this is a text


def memory_pairs(memory: Memory, source: str, target: str, most: int) -> tuple[MemoryPair, ...]:
    """The pairs of a memory. A long one takes a while. Raises TaskError, and ApiError for more than ``most`` pairs."""
    if isinstance(memory, str):
        data = _XML_DECLARATION.sub("", memory).encode()
        return tuple(read_tmx(data, source, target, most=most, param="memory"))
    check_limit("memory", len(memory), most, "pairs")
    return tuple(MemoryPair(pair.source, pair.target) for pair in memory)
