"""The task of flags."""

from pathlib import Path

from benchmarks.quality.client import QualityClient
from benchmarks.quality.doubts import measure_scores
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine


def test_unusable_translations_are_counted_with_their_doubts(data: Path) -> None:
    with scripted_service(ScriptedEngine(text="red 99"), strict_params=True) as service:
        scores = list(measure_scores(QualityClient(service.url, 4), data, 2))
    assert [score.data for score in scores][-1] == "all"
    assert sum(score.count for score in scores[:-1]) == scores[-1].count == 16
    assert scores[-1].figures["unusable %"] == 100
    assert scores[-1].figures["unusable: flagged %"] == 100  # the numbers differ
