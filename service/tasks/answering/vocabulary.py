"""A tokenizer's vocabulary by bytes: which tokens continue a text at a place.

A text has one tokenization that the tokenizer would choose and many that spell the same bytes. All of them are offered,
since what a span's tokens are depends on what stands before it: in an answer something else than in the context.
"""

from collections.abc import Iterator

from service.tasks.text.tokenizer import Tokenizer

_LONGEST = 24  # bytes; longer tokens are runs of one character, which others spell too

_NEVER = {0xC0, 0xC1, *range(0xF5, 0x100)}  # bytes that UTF-8 has no use for


class Vocabulary:
    """The tokens below ``size`` that are text. ``stop`` are those that end one; with ``one_line``, line breaks too.

    ``spells_all``: there is a token for every byte, so that every text can be spelled.
    """

    def __init__(self, tokenizer: Tokenizer, size: int, *, one_line: bool = False) -> None:
        stop = {id for id in tokenizer.eos_token_ids if id < size}
        self._ids: dict[bytes, tuple[int, ...]] = {}
        lengths: dict[bytes, set[int]] = {}
        for id in range(min(size, tokenizer.vocab_size)):
            data = tokenizer.token_bytes(id)
            if one_line and data.startswith(b"\n"):
                stop.add(id)
            if not 0 < len(data) <= _LONGEST or tokenizer.is_special(id) or id in stop:
                continue
            self._ids[data] = (*self._ids.get(data, ()), id)
            lengths.setdefault(data[:2], set()).add(len(data))
        self.stop = tuple(sorted(stop))
        self.spells_all = all(bytes([byte]) in self._ids for byte in range(256) if byte not in _NEVER)
        # By the first two bytes: how long a token can be that begins so. Most places have few.
        self._lengths = {head: tuple(sorted(found)) for head, found in lengths.items()}

    def at(self, data: bytes, start: int) -> Iterator[tuple[int, int]]:
        """(token, where it ends) for every token that stands in ``data`` at ``start``."""
        heads = (data[start : start + 1], data[start : start + 2])
        for head in dict.fromkeys(heads):
            for length in self._lengths.get(head, ()):
                if (end := start + length) <= len(data):
                    for id in self._ids.get(data[start:end], ()):
                        yield id, end
