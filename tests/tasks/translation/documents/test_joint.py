"""White space between sentences, by the script of the translation."""

import pytest

from service.tasks.translation.documents.formats.format import Format
from service.tasks.translation.documents.joint import Joiner, Joint
from service.tasks.translation.documents.marks.unit import Mark, Unit
from tests.tasks.translation.documents.reading import document

CHINESE = "我是老师。她是学生。"
ENGLISH = "I teach. She learns."


def translated(text: str, target: str, format: Format = "text") -> str:
    """The text with a sentence in the script of ``target`` for each of its sentences."""
    found = document(text, format)
    sentence = {"zh": "一。", "ja": "あ。", "ko": "가.", "th": "ก", "en": "One."}[target]
    return found.join([sentence] * len(found.units), target)


@pytest.mark.parametrize(
    ("text", "target", "format", "expected"),
    [
        (CHINESE, "en", "text", "One. One."),
        (CHINESE, "ko", "text", "가. 가."),
        (CHINESE, "th", "text", "ก ก"),
        (CHINESE, "ja", "text", "あ。あ。"),
        ("我是老师。　她是学生。", "en", "text", "One. One."),
        ("我是老师。\n她是学生。", "en", "text", "One.\nOne."),
        (ENGLISH, "zh", "text", "一。一。"),
        (ENGLISH, "ja", "text", "あ。あ。"),
        (ENGLISH, "th", "text", "ก ก"),
        ("I teach.  She learns.\tYes.", "zh", "text", "一。一。\t一。"),
        (f"<p>{CHINESE}</p>", "en", "html", "<p>One. One.</p>"),
        ("<b>我是老师。</b><i>她是学生。</i>", "en", "html", "<b>One.</b> <i>One.</i>"),
        ("<b>我是老师。她是学生。</b>", "en", "html", "<b>One. One.</b>"),
        ("我是老师。<br>她是学生。", "en", "html", "One.<br>One."),
        ("<b>I teach.</b> <i>She learns.</i>", "zh", "html", "<b>一。</b><i>一。</i>"),
        ("<b>I teach. </b><i>She learns.</i>", "zh", "html", "<b>一。</b><i>一。</i>"),
        ("<p>I teach.\n  She learns.</p>", "zh", "html", "<p>一。\n  一。</p>"),
        ("<x><p>我是老师。她是学生。</p><p>好。</p></x>", "en", "xml", "<x><p>One. One.</p><p>One.</p></x>"),
        (f"# {CHINESE}\n\n- {CHINESE}", "en", "markdown", "# One. One.\n\n- One. One."),
        ("*我是老师*。她是学生。", "en", "markdown", "One. One."),
        ("> 我是老师。\n> 她是学生。", "en", "markdown", "> One.\n> One."),
        ("I teach.\nShe learns.", "zh", "markdown", "一。\n一。"),
        ("我。`x = 1`。她。", "en", "markdown", "One. `x = 1`。 One."),
        ("第一。42。她是学生。", "en", "text", "One. 42。 One."),
        ("好。……。她是学生。", "en", "text", "One.……。 One."),
    ],
)
def test_sentences_are_joined_as_the_target_does(text: str, target: str, format: Format, expected: str) -> None:
    assert translated(text, target, format) == expected


@pytest.mark.parametrize("format", ["text", "markdown", "html", "xml"])
@pytest.mark.parametrize("target", ["en", "zh", "th", None])
@pytest.mark.parametrize("text", [CHINESE, ENGLISH])
def test_sentences_that_are_left_in_their_language_keep_their_white_space(
    text: str, target: str, format: Format
) -> None:
    found = document(text, format)
    assert found.join([unit.source for unit in found.units], target) == text


@pytest.mark.parametrize(
    ("text", "is_wide"),
    [("一。", True), ("“一。”", True), ("一<b>二</b>", True), ("One.", False), ("一 (A)", False), ("”", False)],
)
def test_the_end_of_a_sentence_is_found_behind_tags_and_quotation_marks(text: str, is_wide: bool) -> None:
    unit = Unit("x", "x", (Mark("<b>", "<b>", (1,)), Mark("</b>", "</b>", (-1,))), 0, 1)
    joiner = Joiner("zh")
    joiner.follow(unit, text)
    assert joiner.write(Joint(" ")) == ("" if is_wide else " ")
