"""Randomness without state: a draw is a function of (seed, position) and of nothing else.

So a sequence draws the same numbers alone, in any batch, after a preemption and in another process.

The function is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): a
counter that advances by the golden ratio, followed by a 64-bit mixer. The seed passes through the same mixer first, so
that neighbouring seeds start far apart.
"""

_GOLDEN_RATIO = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


def uniform(seed: int, position: int) -> float:
    """A number in [0, 1) of 53 random bits, for the token at ``position`` of a sequence with ``seed``.

    Seeds count modulo 2**64, so negative seeds are allowed.
    """
    start = _mix(seed + _GOLDEN_RATIO)
    return (_mix(start + (position + 1) * _GOLDEN_RATIO) >> 11) * 2.0**-53


def _mix(x: int) -> int:
    """The mixer of SplitMix64: a bijection of 64-bit numbers."""
    x &= _MASK
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & _MASK
    return x ^ (x >> 31)
