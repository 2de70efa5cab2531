"""A tokenizer's vocabulary by bytes: the tokens that can continue a text at a given byte.

The same bytes can be spelled by many sequences of tokens, of which the tokenizer would choose one. All of them are
offered, because the tokens of a span depend on what precedes it, and that is different in an answer and in the context.
"""

from collections.abc import Iterator

from service.tasks.text.tokenizer import Tokenizer

_MAX_TOKEN_BYTES = 24  # longer tokens are runs of one character, which shorter tokens can spell

_NOT_IN_UTF8 = {0xC0, 0xC1, *range(0xF5, 0x100)}  # bytes that no UTF-8 text contains


class Vocabulary:
    """The tokens below ``size`` that stand for text.

    ``stop`` are the tokens that end a span: those that end a text and, with ``one_line``, those that begin with a line
    break. ``spells_all`` is true if every byte has a token, so that every text can be spelled.
    """

    def __init__(self, tokenizer: Tokenizer, size: int, *, one_line: bool = False) -> None:
        stop = {id for id in tokenizer.eos_token_ids if id < size}
        self._ids: dict[bytes, tuple[int, ...]] = {}
        lengths: dict[bytes, set[int]] = {}
        for id in range(min(size, tokenizer.vocab_size)):
            data = tokenizer.token_bytes(id)
            if one_line and data.startswith(b"\n"):
                stop.add(id)
            if not 0 < len(data) <= _MAX_TOKEN_BYTES or tokenizer.is_special(id) or id in stop:
                continue
            self._ids[data] = (*self._ids.get(data, ()), id)
            lengths.setdefault(data[:2], set()).add(len(data))
        self.stop = tuple(sorted(stop))
        self.spells_all = all(bytes([byte]) in self._ids for byte in range(256) if byte not in _NOT_IN_UTF8)
        # The lengths of tokens by their first two bytes: at most places only a few lengths are possible.
        self._lengths = {prefix: tuple(sorted(found)) for prefix, found in lengths.items()}

    def tokens_at(self, data: bytes, start: int) -> Iterator[tuple[int, int]]:
        """Every token that ``data`` has at byte ``start``, as (token id, end of the token in ``data``)."""
        prefixes = (data[start : start + 1], data[start : start + 2])
        for prefix in dict.fromkeys(prefixes):
            for length in self._lengths.get(prefix, ()):
                if (end := start + length) <= len(data):
                    for id in self._ids.get(data[start:end], ()):
                        yield id, end
