"""What a model has admitted, beside its limits."""

from typing import NamedTuple

from service.metrics.series import ModelSeries


class AdmissionLevels(NamedTuple):
    """Sequences and tokens that are admitted, and the most that may be. A limit may be infinite."""

    sequences: int
    sequences_limit: float
    tokens: int
    tokens_limit: float


def set_admission(series: ModelSeries, levels: AdmissionLevels) -> None:
    """Set the gauges of a model that is loaded."""
    for name, text, value in (
        ("sequences", "Sequences of admitted requests, running or waiting.", levels.sequences),
        ("sequences_limit", "The most sequences of admitted requests.", levels.sequences_limit),
        ("tokens", "Tokens that admitted requests may need.", levels.tokens),
        ("tokens_limit", "The most tokens that admitted requests may need.", levels.tokens_limit),
    ):
        series.gauge(f"trivium_admitted_{name}", text).set(value)
