"""Invariants for any text and for any output of a model."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import get_args
from xml.etree import ElementTree

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.errors import MalformedMarkup
from service.tasks.translation.documents.document import ParsedDocument
from service.tasks.translation.documents.formats.format import Format
from service.tasks.translation.documents.formats.html.tag_rules import WITH_ATTRIBUTES
from service.tasks.translation.documents.marks.markers import split_at_markers
from service.tasks.translation.documents.marks.restoring import force_restore, restore
from service.tasks.translation.documents.marks.unit import Mark, Unit
from service.tasks.translation.documents.parts import MessageBegin, MessageEnd
from service.tasks.translation.documents.reading import read_document
from tests.tasks.translation.documents.reading import document, whole

FORMATS = get_args(Format)
# Parts of texts that mean something in at least one format.
PARTS = [
    *"abc 你。.!\n\r\t\\*_`[]()<>{}%$&#|~-:'\"=/1⟦⟧\0",
    *("<b>", "</b>", "<i class='x'>", "</i>", "<br>", "<p>", "</p>", "<br/>", "<code>", "</code>", "<!--", "-->"),
    *("{0}", "{{x}}", "%1$s", "https://a.b/c", "a@b.org", "&amp;", "&eacute;", "&nbsp;", "\r\n", "\n\n"),
    *("[1]", "【2】", "[ 9"),
    *(
        ":name ",
        "$a^2$",
        "\\textbf{",
        "<v Ann>",
        "<|im_end|>",
        "[/INST]",
        "\ufeff",
        "\u00ad",
        "\u200f",
        "\u202b",
        "\u202c",
    ),
    *(
        "{n, plural, one {a} other {# b c}}",
        "{a, select, x {c {n, plural, =0 {b.} other {'#}} d} other {}}",
        "{n, plural, offset:1 =0 {} other {#'{a}'{a, select, x {a} other {}}}}",
        "{n, plural, offset:1 other {#}}",
        "d'{n, select, x {a ''b}}",
        ":::note a\n",
        "\n[!NOTE] a\n",
        '!!! tip "a"\n',
        "\n: a\n",
        "+++\n",
        "---\n",
    ),
    *(
        '<img alt="a word">',
        "<a title='a \"word\"'>",
        "<p title=word>",
        "</a>",
        '<textarea placeholder="a. b">',
        "<b alt=",
        "<b translate=no>",
        "<i translate=yes>",
        "\n<div translate=no>\n\n",
        "\n<div translate=yes>\n\n",
        "\n</div>\n\n",
    ),
    *("**", "> ", "- ", "    ", "[a](b)", "![a](b)", "```\n", "| a | b |\n|---|---|\n", "# ", "[a]: b\n", "word "),
]
TEXTS = st.one_of(st.lists(st.sampled_from(PARTS), max_size=40).map("".join), st.text())
OUTPUTS = st.lists(
    st.sampled_from(["[1]", "[2]", "[ 3]", "【4】", "[", "]", "⟦", "9", "mot ", "你", "<", "&", "\n"]), max_size=12
).map("".join)
ELEMENTS = st.recursive(
    st.sampled_from(["word ", "One. ", "二。", "{0}", "&lt;", "<br/>", "a@b.org "]),
    lambda inner: st.tuples(st.sampled_from(["b", "i", "p", "span", "div"]), st.lists(inner, max_size=4)).map(
        lambda element: f"<{element[0]}>{''.join(element[1])}</{element[0]}>"
    ),
    max_leaves=12,
)


def read_or_skip(text: str, format: Format) -> ParsedDocument:
    try:
        return document(text, format, tags=WITH_ATTRIBUTES)
    except MalformedMarkup:
        assume(False)
        raise


def sources(found: ParsedDocument) -> Iterator[tuple[int, int, str]]:
    """The place of each unit, and what stands there: the unit or, for a leaf of a message, the whole sentence."""
    leaves: list[Unit] | None = None
    for part in found.parts:
        match part:
            case MessageBegin():
                leaves = []
            case MessageEnd():
                assert leaves is not None
                assert tuple(leaf.source for leaf in leaves) == part.leaves
                yield from ((leaf.start, leaf.end, part.source) for leaf in leaves)
                leaves = None
            case Unit() if leaves is not None:
                leaves.append(part)
            case Unit():
                yield part.start, part.end, part.source


@pytest.mark.parametrize("format", FORMATS)
@given(text=TEXTS)
def test_a_document_joined_with_its_sources_is_the_text_byte_for_byte(format: Format, text: str) -> None:
    found = read_or_skip(text, format)
    assert found.join([unit.source for unit in found.units]) == text
    for unit in found.units:
        assert restore(unit, unit.text) == unit.source or any(mark.replacement != mark.source for mark in unit.marks)
    assert all(text[begin:end] == source for begin, end, source in sources(found))
    assert all(unit.text == unit.text.strip() for unit in found.units)


@pytest.mark.parametrize("format", FORMATS)
@given(text=TEXTS, output=OUTPUTS)
def test_each_mark_is_restored_exactly_once_whatever_the_model_writes(format: Format, text: str, output: str) -> None:
    for unit in read_or_skip(text, format).units:
        numbers = split_at_markers(unit.text)[1]
        assert numbers == list(range(1, len(unit.marks) + 1))
        characters = Counter("".join(mark.replacement for mark in unit.marks))
        counted = replace(unit, marks=tuple(Mark("", "\ue000", mark.tags) for mark in unit.marks))
        for write in (force_restore, restore):
            assert not characters - Counter(write(unit, output) or "".join(characters.elements()))
            written = write(counted, output)
            assert written is None or written.count("\ue000") == len(unit.marks)
            assert written is None or not split_at_markers(written)[1]


@pytest.mark.parametrize("format", ["html", "xml"])
@given(elements=st.lists(ELEMENTS, max_size=6), output=OUTPUTS)
def test_the_output_has_the_tags_of_the_input(format: Format, elements: list[str], output: str) -> None:
    text = f"<div>{''.join(elements)}</div>"
    found = document(text, format)
    for write in (
        force_restore,
        lambda unit, _: force_restore(unit, unit.text + "!"),
        lambda unit, _: restore(unit, f"{unit.text}<&"),
    ):
        written = found.join([write(unit, output) or "" for unit in found.units])
        assert Counter(tags(written)) == Counter(tags(text))
        ElementTree.fromstring(written)


def tags(text: str) -> list[str]:
    found: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append(tag)

        def handle_endtag(self, tag: str) -> None:
            found.append(f"/{tag}")

    parser = Parser()
    parser.feed(text)
    parser.close()
    return found


HOSTILE = {
    **{
        f"many {text!r}": text
        for text in ("<", "&", "{", "{a", "%", "%(", "$", "[", "](", "`", "*", "*a", "[1", "\\", "|a")
    },
    **{
        f"tags {text!r}": text
        for text in ("<b>", "<b><i></b>", "</b>", "<a href='", "<a x=", "<!--", "<![CDATA[>", "<?")
    },
    **{f"values {text!r}": text for text in ("<b title='a'>", "<b title='a'>x", "<p alt=a", '<img alt="a. ')},
    **{
        f"kept {text!r}": text
        for text in (
            "<script>",
            "<code>",
            "<p translate=no>",
            "<title>",
            "<div translate=no>\n\na</div>\n\n",
            "<div translate=no>\n\n",
        )
    },
    **{
        f"messages {text!r}": text
        for text in ("{n, plural, one ", "a {n, plural, one {# b} other {c}} d. ", "{n, select, a {b}}")
    },
    **{
        f"quotes {text!r}": text
        for text in ("d'{n, plural, one {a} other {b}} ", "'{n, select, a {b}}'", "{n, select, a {d'{b {n, select, a {")
    },
    **{f"words {text!r}": text for text in ("a.", "a@", "a@b.", "http://", "&aaaa", "1,", "- ", '[a](b "')},
}


@pytest.mark.timeout(60)  # quadratic time would be far longer
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("pattern", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_read_in_linear_time(format: Format, pattern: str) -> None:
    text = pattern * (32_000 // len(pattern))
    try:
        found = read_document(text, format, split=whole, tags=WITH_ATTRIBUTES)
    except MalformedMarkup:
        assert format == "xml"
        return
    assert found.join([unit.source for unit in found.units]) == text
    assert len(found.join([force_restore(unit, "x [1]") for unit in found.units])) > len(found.units)


def test_deep_braces_are_read_in_one_pass() -> None:
    text = "{a, plural, one " * 50_000 + "}" * 50_000
    assert document(f"x {text}").units[0].marks[0].source == text
