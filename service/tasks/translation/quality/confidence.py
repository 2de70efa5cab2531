"""Confidence: how likely a translation is usable, judged without understanding its languages.

A logistic regression on what is there anyway. It was fitted to 280 translations of qwen2.5-coder-0.5b-instruct that we
read, news (NTREX-128) and everyday sentences (Tatoeba) between English and French and English and Chinese, both ways.
One in ten of the usable ones is below 0.5, and about two in three of the others. ``python -m benchmarks
fit-confidence`` fits it again; ``benchmarks/README.md`` has the figures.
"""

import math
from collections.abc import Iterable

from service.tasks.translation.language.scripts import weigh
from service.tasks.translation.quality.flags import Flag, severity

# The change of the log odds of being unusable, by feature; see ``features``.
COEFFICIENTS = (1.01, 1.72, 1.33, -0.49, 1.37, 1.36)
INTERCEPT = -4.12

_MOST_SURPRISE, _MOST_OF_A_TOKEN, _MOST_TOKENS, _MOST_SEVERITY, _LONGEST = 3.0, 8.0, 1.0, 4, 200
_TOLERANCE = 5  # letters that are added to both lengths, because short texts differ more
_SEVERE, _CONFIDENCE_OF_SEVERE = 3, 0.4  # from this severity on


def features(
    source: str, translation: str, *, score: float, least: float, num_tokens: int, flags: Iterable[Flag]
) -> tuple[float, ...]:
    """What the confidence is computed from, each bounded.

    The mean surprise of the tokens, and the greatest; tokens per letter, because words that do not exist are cut into
    many; the distance of the lengths; the severity of the flags; the length of the source, in hundreds of letters.
    ``score`` and ``least`` are the mean and the least log probability of the tokens.
    """
    source_weight, weight = weigh(source), weigh(translation)
    return (
        min(-score, _MOST_SURPRISE),
        min(-least, _MOST_OF_A_TOKEN),
        min(num_tokens / (weight + 1), _MOST_TOKENS),
        abs(math.log((weight + _TOLERANCE) / (source_weight + _TOLERANCE))),
        float(min(severity(flags), _MOST_SEVERITY)),
        min(source_weight, _LONGEST) / 100,
    )


def confidence(
    source: str, translation: str, *, score: float, least: float, num_tokens: int, flags: Iterable[Flag]
) -> float:
    """From 0 to 1, how likely the translation is usable. Below 0.5 it is doubtful, as with a severe flag."""
    flags = tuple(flags)
    values = features(source, translation, score=score, least=least, num_tokens=num_tokens, flags=flags)
    log_odds = INTERCEPT + sum(factor * value for factor, value in zip(COEFFICIENTS, values, strict=True))
    usable = 1 / (1 + math.exp(log_odds))
    return min(usable, _CONFIDENCE_OF_SEVERE) if severity(flags) >= _SEVERE else usable
