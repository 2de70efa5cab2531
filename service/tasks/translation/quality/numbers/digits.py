"""Numbers in digits, with every value that their separators and the scale behind them allow."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

_MOST_DIGITS = 18  # a longer run of digits is a code: it is compared as a whole

# White space and marks that separate thousands, in any language; the last mark may also separate decimals.
_NUMBER = re.compile(r"\d+(?:[.,'’\u00a0\u202f ]\d{3}(?!\d))*(?:[.,]\d+)?")
_SEPARATOR = re.compile(r"[.,'’\u00a0\u202f ]")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+")

# A scale behind the digits, as English, French and Chinese write it.
_SCALE = re.compile(
    r"[\s-]{0,2}(?:(cents?\b)|(k\b)|(mn?\b)|(bn?\b|mds?\b)|(tn\b)"
    r"|(hundred)|(thousand|mille\b|milliers?)|(millions?)|(billions?|milliards?)|(trillions?)"
    r"|[多余餘几幾来來]?([十百千万萬亿億兆]{1,4}))",
    re.IGNORECASE,
)
_SCALES = (100, 1000, 10**6, 10**9, 10**12)
_AMBIGUOUS = 5  # the first groups may also be cents, metres and other units
_HAN_SCALES = {
    "十": 10, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "兆": 10**12,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written: the values that it may have, and the numbers that its parts may be."""

    values: frozenset[Decimal]
    parts: tuple[Decimal, ...] = ()

    @property
    def readings(self) -> frozenset[Decimal]:
        """All that it may say: its values, its parts and, if it may be a year, its century."""
        centuries = {value // 100 + 1 for value in self.values if 1000 <= value <= 2100}
        return self.values.union(self.parts, centuries)

    def is_among(self, values: set[Decimal]) -> bool:
        """Whether one of its values, or each of its parts, is among the values."""
        return not self.values.isdisjoint(values) or (bool(self.parts) and all(part in values for part in self.parts))


def numbers_in_digits(text: str) -> Iterator[Number]:
    """Yields the numbers that are written in digits, in order."""
    for match in _NUMBER.finditer(text):
        written = match[0]
        if len(written) > _MOST_DIGITS:
            yield Number(frozenset({Decimal(_SEPARATOR.sub("", written))}))
            continue
        values = set(_values(written))
        scale, is_ambiguous = _scale_at(text, match.end())
        scaled = {value * scale for value in values}
        values = values | scaled if is_ambiguous else scaled
        parts = tuple(Decimal(part) for part in _SEPARATOR.split(written))
        if len(parts) == 1 and scale == 1:
            values |= _other_clocks_and_decades(parts[0])
        yield Number(frozenset(values), parts if len(parts) > 1 and scale == 1 else ())


def _values(written: str) -> Iterator[Decimal]:
    separators = _SEPARATOR.findall(written)
    plain = _SEPARATOR.sub("", written)
    if not separators or _THOUSANDS.fullmatch(written):
        yield Decimal(plain)
    if separators and separators[-1] in ".,":
        fraction = _SEPARATOR.split(written)[-1]
        yield Decimal(plain).scaleb(-len(fraction)).normalize()


def _scale_at(text: str, position: int) -> tuple[int, bool]:
    """The scale behind a number, or 1, and whether it may also be a unit."""
    match = _SCALE.match(text, position)
    if match is None or match.lastindex is None:
        return 1, False
    if match.lastindex > 2 * len(_SCALES):
        return math.prod(_HAN_SCALES[char] for char in match[match.lastindex]), False
    return _SCALES[(match.lastindex - 1) % len(_SCALES)], match.lastindex <= _AMBIGUOUS


def _other_clocks_and_decades(value: Decimal) -> set[Decimal]:
    """Values that say the same: 5 o'clock is 17 hours, and the eighties are the 1980s."""
    if 1 <= value <= 12:
        return {value + 12}
    if 13 <= value <= 24:
        return {value - 12}
    if 1000 <= value <= 2100 and value % 10 == 0:
        return {value % 100}
    return set()
