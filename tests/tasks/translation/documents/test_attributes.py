"""Attributes that people see or hear are units of their own, and their translations stand in the tags."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from service.tasks.translation.documents.document import ParsedDocument
from service.tasks.translation.documents.formats.format import Format
from service.tasks.translation.documents.formats.html.tag_rules import WITH_ATTRIBUTES, TagRules
from service.tasks.translation.documents.marks.restoring import restore
from tests.tasks.translation.documents.reading import document


def read(text: str, format: Format = "html", tags: TagRules = WITH_ATTRIBUTES) -> ParsedDocument:
    found = document(text, format, tags=tags)
    assert found.join([unit.source for unit in found.units]) == text
    assert all(text[unit.start : unit.end] == unit.source for unit in found.units)
    return found


def seen(text: str, format: Format = "html", tags: TagRules = WITH_ATTRIBUTES) -> list[str]:
    return [unit.text for unit in read(text, format, tags).units]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<p title="A tip">Text</p>', ["A tip", "Text"]),
        ('See <img alt="A dog. It runs."> now.', ["A dog.", "It runs.", "See [1] now."]),
        ('<p><a title="The guide" href="/x">Read</a></p>', ["The guide", "Read"]),
        ("<img alt=Dog><INPUT PlaceHolder='Your name'>", ["Dog", "Your name"]),
        ('<textarea placeholder="Write here">kept</textarea>', ["Write here"]),
        ('Run <code title="A command">ls</code> now', ["A command", "Run [1] now"]),
        ('<meta name="Description" content="A shop"><meta name="viewport" content="wide">', ["A shop"]),
        ('<meta property="og:title" content="A shop"><meta content="none">', ["A shop"]),
        ('<button aria-label="Close" class="big" data-tip="no">x</button>', ["Close", "x"]),
        ('<option label="One" value="one"><track label="Two"><p label="no">', ["One", "Two"]),
        ('<th abbr="Price">x<td abbr="no">', ["Price", "x"]),
        ('<input type="submit" value="Send"><input type="submit" name="do" value="send">', ["Send"]),
        ('<input type=RESET value="Clear"><input value="no"><input type="hidden" value="no">', ["Clear"]),
        ('<img alt="{name}&#39;s dog" title="12" aria-label="">', ["[1]'s dog"]),
        ('<p translate="no" title="no">no <img alt="no"></p><p class="notranslate" title="no">no</p>', []),
        ('<!-- <img alt="no"> --><script>"<img alt=\'no\'>"</script><svg title="Yes"><a title="no"></svg>', ["Yes"]),
        ('<img alt="no', []),
    ],
)
def test_which_values_are_units(text: str, expected: list[str]) -> None:
    assert seen(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('See [the guide](u "A <good> guide") now.', ["A [1] guide", "See [1]the guide[2] now."]),
        ("[it](<a b> 'A guide') ![](a.png \"A cat\")", ["it", "A guide", "A cat"]),
        ("| a |\n|---|\n| [b](u 'C') [d](u 'De') |", ["a", "De", "[1]b [2]d[3]"]),
        ('[a](u (Not)) and [b](u "an \\" escape"), [c](u "of\ntwo lines")', ["[1]a[2] and [3]b[4], [5]c[6]"]),
        ('[a]\n\n[a]: u "A guide"\n', ["[1]a[2]", "A guide"]),
        ("> [a]: <u>\n>   'A guide'\r\n>\n> See [b][a].\n", ["A guide", "See [1]b[2]."]),
        ('[a]: u "A guide"\n[b]: v "B"\n- [c]: w "Three"\n- it\n', ["A guide", "Three", "it"]),
        ('[a]: u (Not)\n[b]: u "an \\" escape"\n[c]: u "of\n  two lines"\n[d]: "url"\n[e]: u \'\'\n', []),
        ('[a]: u "A guide"\n\n[A]: u "Not, since it is repeated"\n', ["A guide"]),
        ('[a]: u "A guide" x\n', ['[a]: u "A guide" x']),
    ],
)
def test_titles_of_links_in_markdown(text: str, expected: list[str]) -> None:
    assert seen(text, "markdown") == expected
    assert "A guide" not in seen(text, "markdown", TagRules(attributes=frozenset(["alt"])))


@given(translation=st.text(st.sampled_from("ab \n\r\\\"'`*_[]()<>&;|")))
@pytest.mark.parametrize(
    "text",
    [
        '[x](u "A\u00e9 b")',
        "| a |\n|---|\n| [x](u 'A\u00e9 b') |",
        "[x]: u 'A\u00e9 b'\n\n[x]",
        '[x]\n\n- [x]: <u>\n  "A\u00e9 b"',
    ],
)
def test_a_title_of_a_link_or_its_definition_is_what_the_model_wrote(text: str, translation: str) -> None:
    found = read(text, "markdown")
    texts = [translation if unit.text == "A\u00e9 b" else unit.text for unit in found.units]
    written = found.join([restore(unit, each) or "" for unit, each in zip(found.units, texts, strict=True)])
    [block] = [token for token in MarkdownIt().enable("table").parse(written) if token.content.startswith("[")]
    assert block.children is not None
    title = block.children[0].attrs.get("title", "")
    assert str(title).split() == translation.split()


def test_tags_of_markdown_have_attributes_too() -> None:
    text = '# Hi\n\nSee <img alt="A dog"> now.\n\n<div title="A tip">\nText\n</div>\n\n`<img alt="no">`\n'
    assert seen(text, "markdown") == ["Hi", "A dog", "See [1] now.", "A tip", "Text"]
    table = "| A |\n|---|\n| <b title='Two'>b</b> |\n"
    found = read(table, "markdown")
    assert (
        found.join([restore(*each) or "" for each in zip(found.units, ["A", "x|y", "b"], strict=True)])
        == "| A |\n|---|\n| <b title='x&#124;y'>b</b> |\n"
    )


def test_names_may_be_chosen() -> None:
    text = '<img alt="A dog" title="A tip" data-tip="Feed it"><meta name="viewport" content="wide">'
    assert seen(text, tags=TagRules(attributes=frozenset({"alt", "data-tip", "content"}))) == ["A dog", "Feed it"]
    assert seen(text, tags=TagRules()) == []
    ignored = TagRules(ignored=frozenset({"b"}), attributes=frozenset({"title"}))
    assert seen('<b title="no">no</b><i title="Yes">', tags=ignored) == ["Yes"]


@pytest.mark.parametrize(
    ("text", "translations", "expected"),
    [
        ('<img alt="Aa" id=1>', ['d\'or "x" <b> &'], '<img alt="d\'or &quot;x&quot; &lt;b&gt; &amp;" id=1>'),
        ("<img alt='Aa' id=1>", ['d\'or "x"'], "<img alt='d&#39;or \"x\"' id=1>"),
        ("<img alt=Aa id=1>", ['l\'or "x"'], '<img alt="l\'or &quot;x&quot;" id=1>'),
        ("<img alt = Aa>", ["Aa"], "<img alt = Aa>"),
        ('a <i title="Bb">c</i> d', ["e", "f [1]g[2]"], 'f <i title="e">g</i>'),
        (
            'a <i title="Bb">c</i> <i title="Bb">d</i>',
            ["e", "e", "[1]f[2]g[3]"],
            '<i title="e">f</i> <i title="e">g</i>',
        ),
        ('a <i title="Bb"></i><!--<i title="Bb">--> d', ["e", "[1] x"], '<i title="e"></i><!--<i title="Bb">--> x'),
        ('<p title="Bb">c</p><!-- <p title="Bb"> -->', ["e", "f"], '<p title="e">f</p><!-- <p title="Bb"> -->'),
    ],
)
def test_translations_are_written_with_their_quotes(text: str, translations: list[str], expected: str) -> None:
    found = read(text)
    restored = [restore(unit, each) or "" for unit, each in zip(found.units, translations, strict=True)]
    assert found.join(restored) == expected


NAMES = st.sampled_from(["alt", "title", "placeholder", "aria-label", "data-x", "id"])
VALUES = st.text(st.sampled_from("ab .!?<>&|'é你{}0\n;#"), max_size=12)
TAGS = st.tuples(
    st.sampled_from(["img", "b", "p", "input", "code", "textarea"]), st.lists(st.tuples(NAMES, VALUES), max_size=3)
)


@given(
    st.lists(
        st.one_of(TAGS, st.sampled_from(["word. ", "</b>", "</p>", "</code>", "</textarea>", "&amp;", "一。"])),
        max_size=10,
    )
)
def test_whatever_a_value_is_translated_to_no_tag_gets_other_attributes(
    parts: list[str | tuple[str, list[tuple[str, str]]]],
) -> None:
    text = "".join(
        part
        if isinstance(part, str)
        else f"<{part[0]}" + "".join(f' {name}="{value}"' for name, value in part[1]) + ">"
        for part in parts
    )
    found = read(text)
    written = found.join([restore(unit, f"{unit.text}\"'><x y='z'>&") or unit.source for unit in found.units])
    assert attributes(written) == attributes(text)


def attributes(text: str) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, [name for name, _ in attrs]))

    parser = Parser()
    parser.feed(text)
    parser.close()
    return found
