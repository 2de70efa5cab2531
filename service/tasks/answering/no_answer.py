"""The probability that the documents hold no answer."""

import math

from model_store.types import NoAnswer


def no_answer_probability(none: float, evidence: float, calibration: NoAnswer) -> float:
    """The probability of no answer, between 0 and 1.

    ``none`` is the log probability of no answer and ``evidence`` that of an answer; any scores will do in which a
    difference of 1 stands for a factor of e. ``calibration`` shifts and scales their difference.
    """
    against = (evidence - none + calibration.offset) / calibration.temperature
    return 1 / (1 + math.exp(min(against, 700.0)))
