"""Copies that are doubtful, and copies of names, codes and numbers."""

import pytest

from service.tasks.text.languages import find_language
from service.tasks.translation.language.detection import Detector
from service.tasks.translation.quality.checks.copied import is_copied

COPIED = [
    ("en", "fr", "HELLO WORLD", "HELLO WORLD"),
    ("en", "fr", 'tagged " "', 'tagged " "'),
    ("en", "hi", "Hello", "Hello"),
    ("en", "fr", "Hello", "hello!"),
    ("en", "fr", "WARNING", "WARNING"),
    ("en", "de", "Save changes", "Save Changes."),
    ("en", "fr", "Good Morning", "Good Morning"),
    ("en", "zh", "increasingly", "increasingly"),
    ("en", "fr", "increasingly", "increasingly"),
    ("en", "ru", "Add to cart", "Add to cart"),
    ("fr", "en", "Bonjour", "Bonjour"),
    ("fr", "en", "MERCI BEAUCOUP", "Merci beaucoup"),
    ("zh", "en", "谢谢。", "谢谢"),
    ("zh", "ja", "我是一名小学老师。", "我是一名小学老师。"),
    ("ru", "en", "Спасибо", "Спасибо"),
]
KEPT = [
    ("en", "zh", "iPhone 15 Pro Max 256GB"),
    ("en", "fr", "iPhone 15 Pro Max 256GB"),
    ("en", "zh", "谢谢。"),
    ("en", "fr", "Bonjour à tous mes amis."),
    ("en", "zh", "Microsoft Windows"),
    ("en", "fr", "New York"),
    ("en", "fr", "Paris"),
    ("en", "fr", "Restaurant"),
    ("en", "fr", "important"),
    ("en", "zh", "NASA"),
    ("en", "zh", "USB-C"),
    ("en", "fr", "WINDOWS 11 HOME"),
    ("en", "fr", "v2.0.1"),
    ("en", "fr", "https://example.com/a"),
    ("en", "zh", "12:30"),
    ("en", "de", "..."),
    ("zh", "ja", "東京大学"),
]


@pytest.fixture
async def detector() -> Detector:
    detector = Detector()
    await detector.load()
    return detector


@pytest.mark.parametrize(("source", "target", "text", "translation"), COPIED)
def test_words_that_were_copied(detector: Detector, source: str, target: str, text: str, translation: str) -> None:
    assert is_copied(text, translation, find_language(source), find_language(target), detector.detect)


@pytest.mark.parametrize(("source", "target", "text"), KEPT)
def test_names_codes_and_numbers_may_be_copied(detector: Detector, source: str, target: str, text: str) -> None:
    assert not is_copied(text, text, find_language(source), find_language(target), detector.detect)


def test_a_translation_with_other_words_is_no_copy(detector: Detector) -> None:
    english, french = find_language("en"), find_language("fr")
    assert not is_copied("HELLO WORLD", "Bonjour le monde", english, french, detector.detect)
