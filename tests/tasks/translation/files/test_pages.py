"""HTML pages, books and OpenDocument texts: their libraries read the translations with the markup in its place."""

import io
import re
import zipfile
from typing import Any

import pytest
from lxml import etree
from lxml import html as lxml_html
from odf import opendocument, teletype
from odf.style import Style, TextProperties
from odf.text import H, LineBreak, Note, NoteBody, NoteCitation, P, Span

from service.errors import MalformedFile
from service.tasks.translation.files.formats import find_file_format
from tests.tasks.translation.files.books import make_epub
from tests.tasks.translation.files.translating import texts_of, translated

PAGE = b"""<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"latin-1\"><title>A title</title>
<meta name="description" content="What it&#39;s about"><meta name="viewport" content="wide"><style>x{}</style></head>
<body><p title='A "tip"'>See <img data-x=" alt='q'" alt="a dog" src=x> now, caf\xe9</p>
<p translate="no" title="no">kept</p><input placeholder="Your name"></body></html>"""


def test_a_page_is_one_text_and_its_language_is_set() -> None:
    assert texts_of("a.html", PAGE) == [PAGE.decode("cp1252")]
    written = translated("a.html", PAGE, lambda text: text.text.replace("now", "€").replace("kept", "<html lang=x>"))
    after = lxml_html.fromstring(written.decode("cp1252"))
    assert after.get("lang") == "fr"
    assert after.xpath("//img/@data-x") == [" alt='q'"]
    assert after.xpath("string(//p)") == "See  €, café"
    assert translated("a.html", b"<html lang=en>a", lambda text: text.text + "b") == b'<html lang="fr">ab'
    assert translated("a.html", b"<html>a", lambda text: text.text + "b") == b"<html>ab"


def test_a_book_is_read_in_order_with_its_contents_and_keeps_its_markup() -> None:
    data = make_epub()
    assert texts_of("a.epub", data) == [
        "One",
        'It is <span id="1">very</span> <span id="5">nice</span><wbr n="8"/>here,<br id="10"/> '
        '<span id="12"></span>see <wbr id="15"/> now. ',
        "a dog",
        "Loose",
        "in p",
        "tail",
        "One",
        "The book",
    ]
    after = zipfile.ZipFile(io.BytesIO(translated("a.epub", data)))
    assert after.testzip() is None
    first = after.infolist()[0]
    assert (first.filename, first.compress_type, first.header_offset) == ("mimetype", zipfile.ZIP_STORED, 0)
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    page: Any = etree.fromstring(after.read("OEBPS/a x.xhtml"), parser)
    assert page.get("{http://www.w3.org/XML/1998/namespace}lang") == "fr"
    tags = [each.tag for each in page.find("{*}body/{*}p") if isinstance(each.tag, str)]
    assert [tag.partition("}")[2] for tag in tags] == ["i", "b", "br", "a", "img", "code"]
    assert "".join(page.find("{*}body/{*}div").itertext()) == "LOOSE IN P TAIL"
    assert page.find(".//{*}img").get("alt") == "A DOG"
    assert page.findtext(".//{*}code") == "x=1"
    package = etree.fromstring(after.read("OEBPS/a.opf"))
    assert [package.findtext(f".//{{*}}{name}") for name in ("title", "creator", "language")] == [
        "THE BOOK",
        "A Name",
        "fr",
    ]
    assert etree.fromstring(after.read("OEBPS/toc.ncx")).findtext(".//{*}text") == "ONE"


def test_elements_of_a_book_say_whether_they_are_translated() -> None:
    page = (
        '<p class="x notranslate" title="no">no</p><p title="A tip"><code translate="yes">Yes</code> on <kbd>no</kbd>'
    )
    data = make_epub(b=f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{page}</p></body></html>')
    texts = texts_of("a.epub", data)
    assert texts[texts.index("tail") + 1 : texts.index("tail") + 3] == ["A tip", '<span id="0">Yes</span> on ']


@pytest.mark.parametrize(
    ("page", "texts"),
    [
        (
            '<p>A <i translate="no">no <b translate="yes">yes <u>it</u></b> no</i> b</p>',
            ["A <wbr/> b", "yes <span>it</span>"],
        ),
        ('<div translate="no">no <p translate="yes" title="A tip">Yes</p><p title="no">no</p></div>', ["A tip", "Yes"]),
        ('<pre>no <b translate="yes">One<p>two</p></b> no</pre>three', ["One", "two", "three"]),
        ('<p translate="no"><b translate="yes">One <i class="notranslate">no</i></b> no</p>', ["One "]),
        ('<b class="notranslate">no<i translate="yes">one<b translate="no">no</b></i></b> end', [" end", "one"]),
        ('<div>One <p translate="no">no</p> two</div>', ["One", "two"]),
        ('Run <code title="A command">ls</code> now', ["Run <wbr/> now", "A command"]),
        ('<script><b translate="yes">no</b></script><textarea placeholder="Write">no</textarea>', ["Write"]),
    ],
)
def test_an_element_of_a_book_that_is_kept_may_have_translated_ones_in_it(page: str, texts: list[str]) -> None:
    data = make_epub(b=f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{page}</body></html>')
    plain = [re.sub(" id=.[0-9]+.", "", each) for each in texts_of("a.epub", data)]
    assert plain[plain.index("tail") + 1 : -2] == texts
    after = zipfile.ZipFile(io.BytesIO(translated("a.epub", data))).read("OEBPS/b.xhtml").decode()
    assert re.sub("<.*?>", "", after.lower()) == re.sub("<.*?>", "", page.lower())
    assert re.findall(r"\bno\b", after) == re.findall(r"\bno\b", page)


def make_odt() -> bytes:
    document = opendocument.OpenDocumentText()
    bold = Style(name="T1", family="text")
    bold.addElement(TextProperties(fontweight="bold"))
    empty = Style(name="T2", family="text")
    for style in (bold, empty):
        document.automaticstyles.addElement(style)
    document.text.addElement(H(outlinelevel=1, text="A heading"))
    paragraph = P(text="Hello ")
    for style, text in ((bold, "bo"), (bold, "ld"), (empty, " wor"), (empty, "ds")):
        paragraph.addElement(Span(stylename=style, text=text))
    paragraph.addElement(LineBreak())
    paragraph.addText("and more")
    note, body = Note(noteclass="footnote"), NoteBody()
    body.addElement(P(text="The note"))
    note.addElement(NoteCitation(text="1"))
    note.addElement(body)
    paragraph.addElement(note)
    paragraph.addText(".")
    document.text.addElement(paragraph)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def test_paragraphs_of_an_opendocument_text_with_notes_and_spans() -> None:
    data = make_odt()
    assert texts_of("a.odt", data) == [
        "A heading",
        'Hello <span id="1">bold</span> words<br id="5"/>and more<wbr id="7"/>.',
        "The note",
    ]
    after = opendocument.load(io.BytesIO(translated("a.odt", data)))
    heading, *_ = after.getElementsByType(H)
    first, second = after.getElementsByType(P)
    assert teletype.extractText(heading) == "A HEADING"
    assert teletype.extractText(second) == "THE NOTE"
    assert teletype.extractText(first).startswith("HELLO BOLD WORDS\nAND MORE")
    assert [teletype.extractText(each) for each in first.getElementsByType(Span)] == ["BOLD"]
    assert len(first.getElementsByType(Note)) == 1


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.html", b"<meta charset=utf-8>caf\xe9", "not UTF-8 at byte 23"),
        ("a.html", b'<meta charset="idna">', "not one of texts"),
        ("a.epub", make_epub(b="<p>a<p>"), "not well-formed XML"),
        ("a.odt", make_epub(), "archive of something else"),
    ],
)
def test_other_bytes_are_refused_with_the_reason(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(MalformedFile, match=reason):
        find_file_format(name).read(data)
