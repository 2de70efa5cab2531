"""HTML: blocks are paragraphs, inline elements are marks, everything else is kept byte for byte."""

import pytest

from service.tasks.translation.documents.marks.restoring import restore
from tests.tasks.translation.documents.reading import document, seen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>One<p>Two<ul><li>Three<li>Four</ul>", ["One", "Two", "Three", "Four"]),
        ("<p>The <b>bold <i>one</i></b> is <a href='/x?a=1>2'>here</a></p>", ["The [1]bold [2]one[3] is [4]here[5]"]),
        ("<p><b>All of it</b></p>", ["All of it"]),
        ("<p>A<br>B<img alt='x'></p>", ["A[1]B"]),
        ("<h1>One</h1>\n  text\n  <td>Two", ["One", "text", "Two"]),
        ("Run <code>x < y</code> now", ["Run [1] now"]),
        ("one\n\t two &lt;3 &eacute;", ["one two <3 é"]),
        ("a <b and c", ["a"]),
        ("I <3 you & me", ["I <3 you & me"]),
        ("<P>Text</P><BR>more", ["Text", "more"]),
        ("<svg><text>no</text></svg>yes", ["yes"]),
        ("<title>A &amp; <b></title>", ["A & [1]"]),
    ],
)
def test_the_model_sees_text_and_markers(text: str, expected: list[str]) -> None:
    assert seen(text, "html") == expected


@pytest.mark.parametrize(
    "kept",
    [
        *(
            "<script>if (a < b) { say('<p>hi</p>') }</script>",
            "<style>a > b { color: red }</style>",
            "<!-- a <b> c -->",
        ),
        *("<pre>some\n <b>code</b></pre>", "<textarea>a <b> c</textarea>", "<!DOCTYPE html>", "<![CDATA[ a > b ]]>"),
        *('<div translate="no">a <div>b</div> c</div>', "<p class='x notranslate'>a b</p>", "<?php echo 'x' ?>"),
        *("<SPAN TRANSLATE=NO>a<SPAN>b</SPAN></SPAN>", "<script>never ends", "<!-- never ends", "<a href='never ends"),
    ],
)
def test_markup_that_is_not_language_is_kept(kept: str) -> None:
    assert seen(f"<p>Text</p>{kept}", "html") == ["Text"]
    assert document(f"<p>Text</p>{kept}", "html").join(["文"]) == f"<p>文</p>{kept}"


def test_a_translation_is_escaped() -> None:
    [unit] = document("<p>A <b>b</b> c</p>", "html").units
    assert restore(unit, "<i>x</i> & [1]é[2] \0\x1b") == "&lt;i&gt;x&lt;/i&gt; &amp; <b>é</b> "


def test_a_pair_that_spans_sentences_stays_a_pair() -> None:
    one, two = document("<p>Start <b>here. And end</b> there.</p>", "html").units
    assert (one.text, two.text) == ("Start [1]here.", "And end[1] there.")
    assert restore(one, "这里[1]开始。") == "这里<b>开始。"


def test_an_element_that_ends_with_its_sentence_belongs_to_it() -> None:
    assert seen("<p>Hello <b>world.</b> Next one.</p>", "html") == ["Hello [1]world.[2]", "Next one."]


@pytest.mark.parametrize("tag", ["<b><i>x</b></i> y", "</b> x <b> y", "<b>x <p>y</b> z"])
def test_tags_that_do_not_nest_are_kept(tag: str) -> None:
    found = document(tag, "html")
    assert found.join([unit.source for unit in found.units]) == tag
