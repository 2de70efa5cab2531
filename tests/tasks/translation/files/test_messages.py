"""Messages in ICU's format in catalogues: whole sentences in their branches, in the escapes of each format."""

import io
import json
import re

import docx
import javaproperties
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.text.paragraph import Paragraph
from ruamel.yaml import YAML

from service.tasks.translation.documents.marks.restoring import restore
from service.tasks.translation.files.file_format import FileText
from tests.tasks.translation.documents.reading import document
from tests.tasks.translation.files.translating import translated

VOTES = 'You have {count, plural, one {# vote} other {# votes}} left, "{name}".'
WRITTEN = '{count, plural, one {D\'ici # vote là, "{name}".} other {D\'ici # votes là, "{name}".}}'


def in_french(text: FileText) -> str:
    found = document(text.text, text.format)
    french = [unit.text.replace("You have", "D'ici").replace("left", "là") for unit in found.units]
    return found.join([restore(unit, each) or "" for unit, each in zip(found.units, french, strict=True)])


def test_json() -> None:
    written = translated("a.json", json.dumps({"votes": VOTES}, indent=1).encode(), in_french)
    assert json.loads(written) == {"votes": WRITTEN}


def test_yaml() -> None:
    data = b"fr:\n  votes: >-\n    You have {count, plural,\n    one {# vote} other {# votes}} left.\n"
    assert YAML(typ="safe").load(translated("a.yaml", data, in_french)) == {
        "fr": {"votes": "{count, plural, one {D'ici # vote là.} other {D'ici # votes là.}}"}
    }


@pytest.mark.parametrize(("number", "quote"), [("0", "''"), ("count", "'")])
def test_properties(number: str, quote: str) -> None:
    text = f"You have what''s {{{number}, plural, one {{# vote}} other {{# votes}}}}"
    written = translated("a.properties", f"votes={text}\n".encode(), in_french)
    branches = f"one {{D{quote}ici what''s # vote}} other {{D{quote}ici what''s # votes}}"
    assert javaproperties.loads(written) == {"votes": f"{{{number}, plural, {branches}}}"}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("You have C#, that''s {0, plural, other {#}}", "{0, plural, other {D''ici C'#', that''s #}}"),
        ("''You have {0, plural, other {#}}''", "{0, plural, other {''D''ici #’}}"),
        ("You have ''{0}'' or {1, plural, other {#}}", "{1, plural, other {D''ici ''{0}'' or #}}"),
        ("You have ''#'' or {0, plural, other {#}}", "{0, plural, other {D'ici '''#''' or #}}"),
    ],
)
def test_quotes_in_patterns_of_java(text: str, written: str) -> None:
    data = f"votes={text}\n".encode()
    assert javaproperties.loads(translated("a.properties", data, in_french)) == {"votes": written}


def test_android() -> None:
    data = (
        '<resources>\n<string name="a">You have {n, plural, one {# vote} other {# votes}} left</string>\n'
        '<string name="b"><b>You have</b> {n, plural, one {# vote} other {# votes}} left</string>\n</resources>\n'
    )
    assert translated("strings.xml", data.encode(), in_french).decode() == data.replace(
        "You have {n, plural, one {# vote} other {# votes}} left",
        "{n, plural, one {D\\'ici # vote là} other {D\\'ici # votes là}}",
    ).replace(
        "<b>You have</b> {n, plural, one {# vote} other {# votes}} left",
        "{n, plural, one {<b>D\\'ici</b> # vote là} other {<b>D\\'ici</b> # votes là}}",
    )


MESSAGE = "{n, plural, one {# vote} other {# votes}}"


def test_no_element_of_xliff_1_is_copied_into_branches() -> None:
    data = f"""<xliff version="1.2"><file source-language="en" datatype="x" original="x"><body>
<trans-unit id="1"><source>You have {MESSAGE} left</source></trans-unit>
<trans-unit id="2"><source>You have <x id="1"/> {MESSAGE} left</source></trans-unit>
<trans-unit id="3"><source>{{n, plural, =0 {{left}} other {{You have <x id="N"/> left}}}}</source></trans-unit>
<trans-unit id="4"><source>Now: <x id="1"/> <g id="2">You have {MESSAGE} left</g>. <x id="3"/></source></trans-unit>
</body></file></xliff>"""
    written = translated("a.xliff", data.encode(), in_french).decode()
    assert re.findall("<target.*?>(.*?)</target>", written) == [
        "{n, plural, one {D'ici # vote là} other {D'ici # votes là}}",
        f'D\'ici <x id="1"/> {MESSAGE} là',  # one element with this id, so no copy in the branches
        '{n, plural, =0 {là} other {D\'ici <x id="N"/> là}}',
        f'Now: <x id="1"/> <g id="2">D\'ici {MESSAGE} là</g>. <x id="3"/>',
    ]


XLIFF_2 = """<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en"><file id="f">
<unit id="-copy"><segment><source>You have {}</source></segment></unit></file></xliff>"""


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (
            f'<pc id="1">{MESSAGE}</pc> <ph id="x&quot;" dataRef="d"/> left',
            '{n, plural, one {D\'ici <pc id="1"># vote </pc> <ph id="x&quot;" dataRef="d"/> là} other {D\'ici '
            '<pc id="1-copy-1" copyOf="1"># votes </pc> <ph id="x&quot;-copy-1" dataRef="d"/> là}}',
        ),
        (
            f'<ph id="x&quot;" equiv="a>"></ph><cp hex="1"/> {MESSAGE}',
            '{n, plural, one {D\'ici <ph id="x&quot;" equiv="a>"></ph><cp hex="1"/> # vote} other {D\'ici '
            '<ph id="x&quot;-copy-1" equiv="a>" copyOf="x&quot;"></ph><cp hex="1"/> # votes}}',
        ),
        (f'<ph id="1" canCopy="no"/> {MESSAGE}', f'D\'ici <ph id="1" canCopy="no"/> {MESSAGE}'),
        (f'<ph id="1" subFlows="u"/> {MESSAGE}', f'D\'ici <ph id="1" subFlows="u"/> {MESSAGE}'),
        (f'<sc id="1"/>a<ec startRef="1"/> {MESSAGE}', f'D\'ici <sc id="1"/>a<ec startRef="1"/> {MESSAGE}'),
        (f'<mrk id="1">a</mrk> {MESSAGE}', f'D\'ici <mrk id="1">a</mrk> {MESSAGE}'),
    ],
)
def test_copies_of_elements_in_branches_have_ids_of_their_own_in_xliff_2(text: str, target: str) -> None:
    written = translated("a.xlf", XLIFF_2.format(text).encode(), in_french).decode()
    [found] = re.findall("<target>(.*)</target>", written)
    assert found == target
    ids = re.findall(r' id="([^"]*)"', found)
    assert len(ids) == len(set(ids))


def in_word(*runs: tuple[str, bool], bookmark: bool = False) -> Paragraph:
    """The translation of a paragraph of runs, some of them bold. A bookmark stands behind the first one."""
    document, stream = docx.Document(), io.BytesIO()
    paragraph = document.add_paragraph()
    for number, (text, bold) in enumerate(runs):
        paragraph.add_run(text).bold = bold or None
        if bookmark and number == 0:
            paragraph._p.append(parse_xml(f"<w:bookmarkStart {nsdecls('w')} w:id='7' w:name='a'/>"))
    document.save(stream)
    return docx.Document(io.BytesIO(translated("a.docx", stream.getvalue(), in_french))).paragraphs[0]


def test_the_formatting_of_words_around_a_message_is_in_each_branch_of_a_document() -> None:
    after = in_word(("Here ", False), ("and", True), (f" now: You have {MESSAGE} left", False))
    assert [(run.text, bool(run.bold)) for run in after.runs] == [
        ("{n, plural, one {Here ", False),
        ("and", True),
        (" now: D'ici # vote là} other {Here ", False),
        ("and", True),
        (" now: D'ici # votes là}}", False),
    ]


def test_what_is_no_formatting_is_not_copied_into_branches_of_a_document() -> None:
    after = in_word(("You have ", False), (f" {MESSAGE} left", False), bookmark=True)
    assert after.text == f"D'ici  {MESSAGE} là"
    assert len(after._p.xpath(".//w:bookmarkStart")) == 1


def test_formatting_in_branches_of_a_document_stays_there() -> None:
    after = in_word(("You have {n, plural, one {", False), ("# vote", True), ("} other {# votes}} left, in all", False))
    assert [(run.text, bool(run.bold)) for run in after.runs] == [
        ("D'ici {n, plural, one {", False),
        ("# vote", True),
        ("} other {# votes}} là, in all", False),
    ]
