"""Where texts are cut, in which language they are, and which terms stand in them."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.tasks.translation.language.detection import Detector
from service.tasks.translation.language.segmentation import LONGEST, split
from service.tasks.translation.prompting.glossary import Term, find_missing, find_terms, translations_by_spelling


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "en",
            ["Mr. Smith went to Washington.", "He arrived at 5 p.m. on Jan. 5th, 2009.", '"Is it true?" she asked.'],
        ),
        ("en", ["Version 3.14 is at www.example.com/a.b?c=d today.", "Get it!"]),
        ("zh", ["今天天气很好。", "我们去公园吧！", "他说：“好。”", "然后走了。"]),
        ("fr", ["M. Dupont est arrivé à 15 h.", "Il a dit : « Bonjour ! »", "Est-ce vrai ?"]),
        ("ja", ["今日は良い天気です。", "公園に行きましょう！"]),
        ("xx", ["Hi George.", "Roy, got to talk to you."]),
    ],
)
def test_sentences(language: str, sentences: list[str]) -> None:
    for space in ("" if language in ("zh", "ja") else " ", "\n", " \r\n\t"):
        text = space.join(sentences)
        assert [text[start:end] for start, end in split(text, language=language)] == sentences


def test_lines_and_wholes() -> None:
    text = " One. Two.\nThree. \n"
    assert [text[start:end] for start, end in split(text, language="en", splitting="none")] == ["One. Two.\nThree."]


def test_what_goes_on_for_too_long_is_cut_at_clauses_or_words() -> None:
    for text in ("one two three, " * 500, "four five " * 500, "然而，" * 2000):
        pieces = [text[start:end] for start, end in split(text, language="en")]
        assert max(map(len, pieces)) <= LONGEST
        assert "".join("".join(pieces).split()) == "".join(text.split())
    assert len(split("x" * 5000, language="en")) == 1


def test_a_line_of_many_sentences_takes_time_in_proportion() -> None:
    text = "好。" * 100_000
    started = time.process_time()
    assert len(split(text, language="zh")) == 100_000
    assert time.process_time() - started < 20


@given(st.text("ab.。!?\n \r\t\u3000[1]，,😀", max_size=200), st.sampled_from(["en", "zh", "fr", "xx"]))
def test_nothing_but_white_space_stands_between(text: str, language: str) -> None:
    position = 0
    for start, end in split(text, language=language):
        assert not text[position:start].strip()
        assert text[start:end].strip() == text[start:end] != ""
        position = end
    assert not text[position:].strip()


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
async def test_languages_are_detected(text: str, code: str) -> None:
    detector = Detector()
    await detector.load()
    [best, *rest] = detector.detect(text)
    assert best.language.code == code
    assert 1 >= best.confidence >= max((other.confidence for other in rest), default=0) >= 0


@settings(deadline=None)  # the first example loads the model
@given(st.text())
async def test_any_text_has_languages_or_none(text: str) -> None:
    detector = Detector()
    await detector.load()
    for detection in detector.detect(text):
        assert 0 <= detection.confidence <= 1


async def test_what_has_no_letters_has_no_language() -> None:
    detector = Detector()
    await detector.load()
    assert [detector.detect(text) for text in ("", " 12 ", "😀", "[1]")] == [[]] * 4


def test_terms_stand_as_words_in_any_case() -> None:
    chat, hub, apple = Term("chat", "Plausch"), Term("GitHub", "GitHub"), Term("苹果", "Apple")
    terms = (chat, hub, apple)
    assert find_terms(terms, "The Chat on github is not a chateau.") == (chat, hub)
    assert find_terms(terms, "用GitHub看苹果树") == (hub, apple)
    assert find_terms(terms, "chats") == ()
    assert translations_by_spelling(terms, "Chat, chat, CHAT!") == {
        "Chat": "Plausch",
        "chat": "Plausch",
        "CHAT": "Plausch",
    }
    assert find_missing(terms, "Die plausche bei Github") == (apple,)
