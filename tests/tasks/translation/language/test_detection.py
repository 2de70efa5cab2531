"""Language detection."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tasks.translation.language.detection import Detector


@pytest.fixture
async def detector() -> Detector:
    detector = Detector()
    await detector.load()
    return detector


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Where is the train station?", "en"),
        ("Tente ta chance avec nous !", "fr"),
        ("Wo ist der Bahnhof?", "de"),
        ("按住痛处。", "zh"),
        ("聖誕節快樂！", "zh-Hant"),
        ("使用 Microsoft Windows 的人很多", "zh"),
        ("公園に行きましょう", "ja"),
        ("안녕하세요, 반갑습니다", "ko"),
        ("Где находится вокзал?", "ru"),
    ],
)
def test_the_best_language_comes_first(detector: Detector, text: str, code: str) -> None:
    [best, *rest] = detector.detect(text)
    assert best.language.code == code
    assert 1 >= best.confidence >= max((other.confidence for other in rest), default=0) >= 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Hello.", "en"),
        ("Hi.", "en"),
        ("hi", "en"),
        ("Merci.", "fr"),
        ("Danke!", "de"),
        ("¡Hola!", "es"),
        ("はい。", "ja"),
    ],
)
def test_greetings_have_their_languages(detector: Detector, text: str, code: str) -> None:
    best = detector.detect(text)[0]
    assert best.language.code == code
    assert best.confidence >= 0.5


@pytest.mark.parametrize("text", ["No.", "Foo.", "Xy", "Kta"])
def test_few_letters_prove_nothing(detector: Detector, text: str) -> None:
    assert all(detection.confidence < 0.5 for detection in detector.detect(text))


@given(st.text())
async def test_any_text_can_be_detected(text: str) -> None:
    detector = Detector()
    await detector.load()
    for detection in detector.detect(text):
        assert 0 <= detection.confidence <= 1


@pytest.mark.parametrize("text", ["", " 12 ", "😀", "[1]"])
def test_a_text_without_letters_has_no_language(detector: Detector, text: str) -> None:
    assert detector.detect(text) == []


def test_only_the_beginning_of_a_long_text_is_read(detector: Detector) -> None:
    begin = "Where is the train station? " * 50
    assert detector.detect(begin + "Wo ist der Bahnhof? " * 1000) == detector.detect(begin)
