"""Log probabilities as JSON can hold them."""

LEAST = -9999.0  # instead of minus infinity, which JSON does not have


def finite(logprob: float) -> float:
    """The log probability, or the least that answers have."""
    return max(logprob, LEAST)
