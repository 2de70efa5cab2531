"""The task of flags: are unusable translations flagged or of low confidence, and are the others not?

A translation is unusable if its chrF against a human's is low. That is a rough judge: of short sentences, many good
translations share few words with the reference.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sacrebleu.metrics.chrf import CHRF

from benchmarks.quality.calibration import area_under_curve
from benchmarks.quality.client import QualityClient, Replies, Reply
from benchmarks.quality.samples import PARALLEL, TextPair, sentences
from benchmarks.quality.scores import Score, percent
from service.tasks.translation.quality.flags import Flag

FILES = tuple(name for pairs in PARALLEL.values() for files in pairs.values() for name in files)
_LEAST_USABLE = {"zh": 12.0}  # chrF of a translation into this language; Chinese words have few characters
_LEAST_USABLE_ELSEWHERE = 35.0
DOUBTFUL = 0.5  # a lower confidence is a doubt


def measure_scores(client: QualityClient, data: Path, sample: int) -> Iterator[Score]:
    """The scores for ``sample`` sentences of each corpus and pair of languages, and one for all of them."""
    all_items: list[dict[str, Any]] = []
    seconds, failed = 0.0, 0
    for corpus, pairs in PARALLEL.items():
        for source, target in pairs:
            texts = sentences(data, corpus, (source, target), sample)
            asked = client.post(
                "/v1/translate",
                [{"text": each.source, "source_lang": source, "target_lang": target} for each in texts],
            )
            items = [_item(pair, reply, target) for pair, reply in zip(texts, asked.replies, strict=True) if reply.body]
            all_items += items
            seconds, failed = seconds + asked.seconds, failed + asked.num_failed
            yield _score(f"{corpus} {source}-{target}", len(texts), asked, items)
    yield _score("all", len(all_items) + failed, Replies([Reply({})] * failed, seconds), all_items)


def is_unusable(text: str, reference: str, target: str) -> bool:
    """Whether a translation into ``target`` is far from a human's."""
    chrf = CHRF().sentence_score(text, [reference]).score
    return bool(chrf < _LEAST_USABLE.get(target, _LEAST_USABLE_ELSEWHERE))


def _item(pair: TextPair, reply: Reply, target: str) -> dict[str, Any]:
    """A translation with its judgement. ``confidence`` is the least of its segments."""
    translation = reply.body["translations"][0]
    segments = translation["segments"]
    return {
        "source": pair.source,
        "reference": pair.reference,
        "given": translation["text"],
        "segments": segments,
        "unusable": is_unusable(translation["text"], pair.reference, target),
        "flags": sorted({flag for each in segments for flag in each["flags"]} - {Flag.RETRIED}),
        "confidence": min((each["confidence"] for each in segments if each["confidence"] is not None), default=1.0),
    }


def _score(label: str, count: int, asked: Replies, items: list[dict[str, Any]]) -> Score:
    unusable = [item for item in items if item["unusable"]]
    rest = [item for item in items if not item["unusable"]]
    area = area_under_curve([1 - item["confidence"] for item in items], [item["unusable"] for item in items])
    return Score(
        task="flags",
        data=label,
        way="service",
        count=count,
        failed=asked.num_failed,
        errors=asked.errors,
        seconds=asked.seconds / max(count, 1),
        figures={
            "unusable %": percent(item["unusable"] for item in items),
            "unusable: flagged %": percent(bool(item["flags"]) for item in unusable),
            "unusable: doubtful %": percent(_is_doubtful(item) for item in unusable),
            "rest: flagged %": percent(bool(item["flags"]) for item in rest),
            "rest: doubtful %": percent(_is_doubtful(item) for item in rest),
            "AUC %": None if area is None else 100 * area,
        },
        items=items,
    )


def _is_doubtful(item: dict[str, Any]) -> bool:
    """Whether it is flagged or of low confidence."""
    return bool(item["flags"]) or item["confidence"] < DOUBTFUL
