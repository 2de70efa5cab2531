"""The languages of the segments of a file whose language nobody named."""

import asyncio

import pytest

from service.documents.file_plan import FilePlan, plan_file
from service.documents.windows import SegmentResult
from service.tasks.translation import Detector, TranslationOrder
from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.prompting.example_sentences import SENTENCES

ENGLISH = ["The train leaves the station at nine.", "Options", "Where did you put the keys of the house?", "Restaurant"]
FRENCH = "Nous avons marché toute la journée dans la forêt."


@pytest.fixture(scope="module")
def detector() -> Detector:
    detector = Detector()
    asyncio.run(detector.load())
    return detector


def plan(detector: Detector, texts: list[str], target: str, source: str | None = None) -> FilePlan:
    order = TranslationOrder(texts=(), target=target, source=source)
    return plan_file([FileText(text) for text in texts], order, detector.detect, SENTENCES, max_segments=100)


def languages(found: FilePlan) -> dict[str, str | None]:
    segments = [segment for each in found.plans for segment in each.segments]
    return {each.unit.source: None if each.source is None else each.source.code for each in segments}


def test_a_long_segment_may_be_in_another_language_than_the_file(detector: Detector) -> None:
    found = plan(detector, [*ENGLISH, FRENCH], "de")
    assert found.source is not None
    assert found.source.code == "en"
    assert languages(found) == dict.fromkeys(ENGLISH, "en") | {FRENCH: "fr"}


def test_a_window_has_segments_of_one_language(detector: Detector) -> None:
    found = plan(detector, [*ENGLISH[:2], FRENCH, *ENGLISH[2:]], "de")
    windows, start = [], 0
    while numbers := found.next_window({}, start, 32):
        windows.append(numbers)
        start = numbers[-1] + 1
    assert windows == [(0, 1), (2,), (3, 4)]
    assert found.next_window({1: SegmentResult(1, "x")}, 0, 32) == (0,)
    assert found.next_window({}, 3, 1) == (3,)


def test_only_a_long_segment_in_the_target_language_stays(detector: Detector) -> None:
    found = plan(detector, [*ENGLISH, FRENCH], "fr")
    assert languages(found) == dict.fromkeys(ENGLISH, "en")
    done = {number: SegmentResult(number, "x") for number in range(found.segments)}
    assert list(found.texts(done)) == ["x"] * len(ENGLISH) + [FRENCH]


def test_a_named_language_is_that_of_all_segments(detector: Detector) -> None:
    assert set(languages(plan(detector, [*ENGLISH, FRENCH], "de", "en")).values()) == {"en"}


def test_a_file_that_is_one_text_has_the_language_of_each_sentence(detector: Detector) -> None:
    text = "Bonjour à tous. The order has not arrived at our house. Merci."
    assert languages(plan(detector, [text], "de")) == {
        "Bonjour à tous.": "fr",
        "The order has not arrived at our house.": "en",
        "Merci.": "fr",
    }
