"""Scores of placeholders."""

import pytest

from benchmarks.quality.client import Replies, Reply
from benchmarks.quality.marked_texts import MarkedText
from benchmarks.quality.placeholders import score_service


def test_a_lost_placeholder_is_silent_without_its_flag() -> None:
    texts = [MarkedText("format", "text", f"See {{{i}}}.", (f"{{{i}}}",)) for i in range(3)]
    found = [{"text": "{0}", "flags": []}, {"text": "?", "flags": ["placeholder"]}, {"text": "?", "flags": ["length"]}]
    score = score_service("fr", texts, Replies([Reply({"translations": [each]}) for each in found], 3.0))
    assert score.figures == pytest.approx(
        {"each once %": 100 / 3, "same tags %": None, "flagged %": 100 / 3, "silent losses": 1.0}
    )
    found = [{"text": each["text"]} for each in found]
    score = score_service("fr", texts, Replies([Reply({"translations": [each]}) for each in found], 3.0))
    assert (score.figures["flagged %"], score.figures["silent losses"]) == (None, 2.0)
