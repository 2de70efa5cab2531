"""The probability that the documents hold no answer."""

import math

from model_store.types import NoAnswer


def no_answer_probability(no_answer: float, evidence: float, calibration: NoAnswer) -> float:
    """The probability of no answer, between 0 and 1.

    ``no_answer`` is the log probability of no answer, and ``evidence`` that of an answer. Any scores can be used in
    which a difference of 1 means a factor of e. ``calibration`` shifts and scales their difference.
    """
    log_odds = (evidence - no_answer + calibration.offset) / calibration.temperature
    return 1 / (1 + math.exp(min(log_odds, 700.0)))
