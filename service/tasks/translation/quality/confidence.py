"""Confidence: how likely a translation is usable, judged without understanding its languages.

A logistic regression on what is there anyway. It was fitted to 240 translations of qwen2.5-coder-0.5b-instruct, half of
them news (NTREX-128) and half everyday sentences (Tatoeba), between English and French and English and Chinese, both
ways. Usable is what comes near a human's translation: chrF from 35 on, or from 12 on into Chinese.
``python -m benchmarks fit-confidence`` fits it again. ``benchmarks/README.md`` has figures of other translations.
"""

import math
from collections.abc import Iterable

from service.tasks.translation.language.scripts import weigh
from service.tasks.translation.quality.flags import Flag, severity

# The change of the log odds of being unusable, by feature; see ``features``.
COEFFICIENTS = (2.12, 1.05, 0.57, 0.18, -0.82)
INTERCEPT = -1.44

_MOST_SURPRISE, _MOST_TOKENS, _MOST_SEVERITY, _LONGEST = 3.0, 1.0, 4, 200
_TOLERANCE = 5  # letters that are added to both lengths, because short texts differ more
_SEVERE, _CONFIDENCE_OF_SEVERE = 3, 0.4  # from this severity on, 17 of 28 translations were unusable


def features(
    source: str, translation: str, *, score: float, num_tokens: int, flags: Iterable[Flag]
) -> tuple[float, ...]:
    """What the confidence is computed from, each bounded.

    The mean surprise of the tokens; tokens per letter, because words that do not exist are cut into many; the distance
    of the lengths; the severity of the flags; the length of the source, in hundreds of letters. ``score`` is the mean
    log probability of the tokens.
    """
    source_weight, weight = weigh(source), weigh(translation)
    return (
        min(-score, _MOST_SURPRISE),
        min(num_tokens / (weight + 1), _MOST_TOKENS),
        abs(math.log((weight + _TOLERANCE) / (source_weight + _TOLERANCE))),
        float(min(severity(flags), _MOST_SEVERITY)),
        min(source_weight, _LONGEST) / 100,
    )


def confidence(source: str, translation: str, *, score: float, num_tokens: int, flags: Iterable[Flag]) -> float:
    """The probability, from 0 to 1, that the translation is usable. Below 0.5 it is doubtful, as with a severe flag."""
    flags = tuple(flags)
    values = features(source, translation, score=score, num_tokens=num_tokens, flags=flags)
    log_odds = INTERCEPT + sum(factor * value for factor, value in zip(COEFFICIENTS, values, strict=True))
    usable = 1 / (1 + math.exp(log_odds))
    return min(usable, _CONFIDENCE_OF_SEVERE) if severity(flags) >= _SEVERE else usable
