"""Texts with placeholders and tags, and what survives a translation."""

import pytest

from benchmarks.quality.marked_texts import MarkedText, make_marked_texts, survives, tag_tree


@pytest.mark.parametrize(
    ("translated", "survived"),
    [
        ('<i>x</i> <b>y <a href="q">z</a></b><br/>', True),  # neighbours in another order
        ('<i>x</i> <b>y</b> <a href="q">z</a><br>', False),  # a link outside of its parent
        ('<i>x</i> <b>y <a href="r">z</a></b><br>', False),
        ('<i>x <b>y <a href="q">z</a></i></b><br>', False),  # crossed
        ('<i>x</i> <b>y <a href="q">z</a><br>', False),  # not closed
        ('&lt;i>x&lt;/i> <b>y <a href="q">z</a></b><br>', False),  # became text
    ],
)
def test_tags_survive_if_their_nesting_is_the_same(translated: str, survived: bool) -> None:
    text = MarkedText("html", "html", '<b>a <a href="q">b</a></b> <i>c</i><br>')
    assert survives(text, text.text)
    assert survives(text, translated) is survived


def test_a_broken_tree_is_none() -> None:
    assert tag_tree("<b>x") is None
    assert all(tag_tree(each.text) is not None for each in make_marked_texts(1000) if each.format == "html")


def test_marked_texts_are_the_same_each_time_and_all_different() -> None:
    texts = make_marked_texts(1000)
    assert texts == make_marked_texts(1000)
    assert len({each.text for each in texts}) == len(texts) > 50
    assert {"text", "markdown", "html"} == {each.format for each in texts}
    assert all(survives(each, each.text) for each in texts)
    for each in texts:
        for placeholder in each.placeholders:
            assert not survives(each, each.text.replace(placeholder, ""))
            assert not survives(each, each.text + placeholder)
