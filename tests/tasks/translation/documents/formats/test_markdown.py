"""Markdown: the text of its blocks is translated; its inline markup and its layout are kept."""

import pytest
from markdown_it import MarkdownIt

from service.tasks.translation.documents.marks.restoring import restore
from tests.tasks.translation.documents.reading import document, seen, source_of


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("# Title #\n\nText\n===\n", ["# ", "Title", " #\n\n", "Text", "\n===\n"]),
        ("- one\n  - [x] two\n\n1) three", ["- ", "one", "\n  - [x] ", "two", "\n\n1) ", "three"]),
        ("> one\n> two\n>> three", ["> ", "one\n> two", "\n>> ", "three"]),
        (
            "| a | b |\n|---|:-:|\n| c \\| d | `e` |\n",
            ["| ", "a", " | ", "b", " |\n|---|:-:|\n| ", "c \\| d", " | `e` |\n"],
        ),
        ("```py\nx = 1\n```\n\n    y = 2\n\ntext", ["```py\nx = 1\n```\n\n    y = 2\n\n", "text"]),
        ("---\ntitle: x\n---\ntext", ["---\ntitle: x\n---\n", "text"]),
        ("one  \ntwo\\\nthree", ["one", "  \n", "two", "\\\n", "three"]),
        ("<div>\nhello\n</div>\n\ntext\r\n", ["<div>\n", "hello", "\n</div>\n\n", "text", "\r\n"]),
        ("![a picture](a.png)\n\n[b]: http://c 'd'\n", ["![", "a picture", "](a.png)\n\n[b]: http://c 'd'\n"]),
    ],
)
def test_layout_stays_outside_of_units(text: str, parts: list[str]) -> None:
    found = document(text, "markdown")
    assert [source_of(part) for part in found.parts] == parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A **bold *word*** and _it_", "A [1]bold [2]word[3] and [4]it[5]"),
        ('A [link *x*](http://a_b_c/(d) "t") and `co*de*`', "A [1]link [2]x[3] and [4]"),
        ("snake_case, 2 * 3 * 4 and \\*no\\*", "snake_case, 2 * 3 * 4 and *no*"),
        ("See <http://a.b> and <b>this</b><br>now", "See [1] and [2]this[3]now"),
        ("A note[^1] and ~~gone~~ [not a link]", "A note[1] and [2]gone[3] [not a link]"),
        ("``a ` b`` is code, `this is not", "[1] is code, `this is not"),
    ],
)
def test_inline_markup_becomes_marks(text: str, expected: str) -> None:
    assert seen(text, "markdown") == [expected]


def test_a_link_that_is_looked_up_by_its_text_keeps_its_target() -> None:
    found = document("See [the guide] now\n\n[the guide]: http://a", "markdown")
    [unit] = found.units
    restored = restore(unit, "看[1]指南[2]")
    assert restored == "看[指南][the guide]"
    assert 'href="http://a"' in MarkdownIt("commonmark").render(found.join([restored]))


@pytest.mark.parametrize(
    ("source", "output", "html"),
    [
        ("A **b** c", "你好[1] 注意：[2]世界", "<p>你好 <strong>注意：</strong> 世界</p>\n"),
        ("A _b_ c", "你[1]好[2]吗", "<p>你 <em>好</em> 吗</p>\n"),
        ("A b", "# *x* `y` [z](u) <b> &amp; \\a\n- c", "<p># *x* `y` [z](u) &lt;b&gt; &amp;amp; \\a - c</p>\n"),
        ("A b", "1. x", "<p>1. x</p>\n"),
        ("A b", "- x", "<p>- x</p>\n"),
    ],
)
def test_a_translation_is_escaped_around_its_marks(source: str, output: str, html: str) -> None:
    found = document(source, "markdown")
    [unit] = found.units
    restored = restore(unit, output)
    assert restored is not None
    assert MarkdownIt("commonmark").render(found.join([restored])) == html


def test_a_bar_cannot_end_a_cell() -> None:
    found = document("| a |\n|---|\n| b |", "markdown")
    assert found.join([restore(unit, "x | y") or "" for unit in found.units]) == "| x \\| y |\n|---|\n| x \\| y |"
