"""Scores of translations: figures that the replies lack are unknown, and losses are counted."""

from typing import Any

import pytest

from benchmarks.quality.client import Replies, Reply
from benchmarks.quality.samples import TextPair
from benchmarks.quality.scores import Score
from benchmarks.quality.translations import lines_lost, score_service, silently_lost


def test_a_segment_is_silently_lost_if_it_is_missing_without_a_flag() -> None:
    source = "One. Two."

    def segment(start: int, end: int, text: str, *flags: str) -> dict:
        return {"source": source[start:end], "text": text, "start": start, "end": end, "flags": list(flags)}

    whole = [segment(0, 4, "Un."), segment(5, 9, "Deux.")]
    assert silently_lost(source, "Un. Deux.", whole) == 0
    assert silently_lost(source, "Un.", whole) == 1  # not in the text
    assert silently_lost(source, "Deux. Un.", whole) == 1  # not in order
    assert silently_lost(source, "Un.", whole[:1]) == 1  # not covered
    assert silently_lost(source, "Deux.", whole[1:]) == 1
    assert silently_lost(source, "Un.", [whole[0], segment(5, 9, " ")]) == 1
    assert silently_lost(source, "Un.", [whole[0], segment(5, 9, "", "empty")]) == 0
    assert lines_lost("a\n\nb\nc", "A\nB") == 1
    assert lines_lost("a", "A\nB") == 0


def test_a_figure_that_the_reply_lacks_is_unknown_and_not_zero() -> None:
    pairs = [TextPair("One two three four.", "Un deux trois quatre."), TextPair("Five.", "Cinq.")]

    def score(*texts: dict[str, Any]) -> Score:
        return score_service(
            "x", "service", "fr", pairs, Replies([Reply({"translations": [text]}) for text in texts], 4.0)
        )

    bare = score({"text": pairs[0].reference}, {"text": pairs[1].reference})
    assert (bare.figures["chrF2++"], bare.figures["BLEU"]) == pytest.approx((100, 100))
    assert bare.figures["flagged %"] is bare.figures["silently lost"] is bare.figures["segments"] is None
    segment = {"start": 0, "end": 19, "text": "Un deux", "flags": ["length", "retried"]}
    scored = score(
        {"text": "Un deux", "segments": [segment]},
        {"text": "Cinq.", "segments": [{"start": 0, "end": 5, "text": "Cinq.", "flags": ["retried"]}]},
    )
    assert (scored.figures["flagged %"], scored.figures["retried %"], scored.figures["silently lost"]) == (
        50,
        100,
        0,
    )
    assert scored.flags == {"retried": 2, "length": 1}
    figure = scored.figures["chrF2++"]
    assert figure is not None
    assert 0 < figure < 100
