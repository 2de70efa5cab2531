"""Office documents: the library of each format reads the translations with their formatting, and all else as it was."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from random import Random

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.text.paragraph import Paragraph
from openpyxl.comments import Comment
from openpyxl.worksheet.table import Table

from service.errors import MalformedFile
from service.tasks.translation.files.formats import find_file_format
from tests.tasks.translation.files.translating import texts_of, translated

FIELD = """<w:p {}><w:r><w:t xml:space="preserve">See </w:t></w:r>
<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "http://a.b" </w:instrText></w:r>
<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:rPr><w:u w:val="single"/></w:rPr><w:t>the site</w:t></w:r>
<w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t xml:space="preserve"> on page </w:t></w:r>
<w:r><w:fldChar w:fldCharType="begin"/><w:instrText>PAGEREF x</w:instrText><w:fldChar w:fldCharType="separate"/>
<w:t>seven</w:t><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t>, please</w:t></w:r></w:p>"""
BOX = """<w:p {}><w:r><w:t>Around a box</w:t></w:r><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml">
<v:textbox><w:txbxContent><w:p><w:r><w:t>Inside the box</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape>
</w:pict></w:r><w:hyperlink w:anchor="x"><w:r><w:t xml:space="preserve"> and a link</w:t></w:r></w:hyperlink>
<w:sdt><w:sdtPr><w:id w:val="1"/></w:sdtPr><w:sdtContent><w:r><w:t>, bound</w:t></w:r></w:sdtContent></w:sdt>
<w:del w:id="1"><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:t>.</w:t></w:r></w:p>"""


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


def _document() -> bytes:
    document = docx.Document()
    paragraph = document.add_paragraph("Hello ")
    for text, bold in (("bo", True), ("ld", True), (" and plain wor", None), ("ds.", None)):
        paragraph.add_run(text).bold = bold
    paragraph.runs[-1]._r.addprevious(parse_xml(f"<w:proofErr {nsdecls('w')} w:type='spellStart'/>"))
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "A cell", "42"
    document.sections[0].header.paragraphs[0].text = "The header"
    document.add_comment(paragraph.runs[0], text="A comment")
    for markup in (FIELD, BOX):
        document.element.body.insert(-1, parse_xml(markup.format(nsdecls("w"))))
    return _saved(document.save)


def test_a_paragraph_of_a_document_is_one_text_and_its_formatting_stays_with_its_words() -> None:
    data = _document()
    assert texts_of("a.docx", data) == [
        'Hello <wbr id="1"/><wbr id="2"/><span n="3">bold</span> and plain words.',
        "A cell",
        'See <span id="1"><span n="2">the site</span></span> on page <wbr id="7"/>, please',
        'Around a box<wbr id="1"/><span id="2"> and a link</span><span id="5">, bound</span><wbr id="8"/>.',
        "Inside the box",
        "The header",
        "A comment",
    ]
    after = docx.Document(io.BytesIO(translated("a.docx", data)))
    first, field, box = after.paragraphs
    assert [(run.text, run.bold) for run in first.runs if run.text] == [
        ("HELLO ", None),
        ("BOLD", True),
        (" AND PLAIN WORDS.", None),
    ]
    assert field.text == "SEE THE SITE ON PAGE seven, PLEASE"
    assert [run.text for run in field.runs if run.underline] == ["THE SITE"]
    assert len(field._p.xpath(".//w:fldChar")) == 6
    assert box.text == "AROUND A BOX AND A LINK."
    assert box._p.xpath("string(.//w:sdtContent)") == ", BOUND"
    assert box._p.xpath("string(.//w:txbxContent)").strip() == "INSIDE THE BOX"
    assert box._p.xpath("string(.//w:delText)") == "gone"
    assert [cell.text for cell in after.tables[0].rows[0].cells] == ["A CELL", "42"]
    assert after.sections[0].header.paragraphs[0].text == "THE HEADER"
    assert [comment.text for comment in after.comments] == ["A COMMENT"]


def test_every_letter_keeps_its_formatting() -> None:
    random = Random(14)
    document = docx.Document()
    for _ in range(60):
        paragraph = document.add_paragraph()
        for _ in range(random.randrange(7)):
            run = paragraph.add_run("".join(random.choices("ab Z&<é你😀", k=random.randrange(6))))
            run.bold, run.italic = random.choice([None, True]), random.choice([None, True])
    data = _saved(document.save)
    after = docx.Document(io.BytesIO(translated("a.docx", data))).paragraphs
    assert [_letters(each) for each in after] == [_letters(each, str.upper) for each in document.paragraphs]


def _letters(paragraph: Paragraph, change: Callable[[str], str] = str) -> list[object]:
    """Every character but white space with its formatting."""
    return [(char, run.bold, run.italic) for run in paragraph.runs for char in change(run.text) if not char.isspace()]


def test_slides_with_tables_and_notes() -> None:
    presentation = pptx.Presentation()
    for number in range(11):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = f"Title {number}"
    slide.placeholders[1].text = "One\nTwo"
    slide.placeholders[1].text_frame.paragraphs[0].add_run().text = " more"
    slide.shapes.add_table(1, 1, 0, 0, 9, 9).table.cell(0, 0).text = "A cell"
    slide.notes_slide.notes_text_frame.text = "The notes"
    data = _saved(presentation.save)
    assert texts_of("a.pptx", data)[:3] == ["Title 0", "Title 1", "Title 2"]
    after = pptx.Presentation(io.BytesIO(translated("a.pptx", data))).slides[10]
    assert after.shapes.title.text == "TITLE 10"
    assert [each.text for each in after.placeholders[1].text_frame.paragraphs] == ["ONE MORE", "TWO"]
    assert after.shapes[-1].table.cell(0, 0).text == "A CELL"
    assert after.notes_slide.notes_text_frame.text == "THE NOTES"


def test_cells_with_words_are_translated_and_formulas_and_column_names_are_not() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (("Name", "Size"), ("Two words", 42), ("Lines\nof it", "=A2&B2")):
        sheet.append(row)
    sheet["A2"].comment = Comment("A comment", "x")
    sheet["D1"] = "Name"
    sheet.add_table(Table(displayName="T", ref="A1:B3"))
    data = _saved(workbook.save)
    assert texts_of("a.xlsx", data) == ["Two words", "Lines\nof it", "A comment"]
    after = openpyxl.load_workbook(io.BytesIO(translated("a.xlsx", data))).active
    assert after is not None
    assert [[cell.value for cell in row] for row in after.rows] == [
        ["Name", "Size", None, "Name"],
        ["TWO WORDS", 42, None, None],
        ["LINES\nOF IT", "=A2&B2", None, None],
    ]
    assert after["A2"].comment.text == "A COMMENT"


def test_members_without_texts_are_copied_as_they_are() -> None:
    data = _document()
    before, after = (zipfile.ZipFile(io.BytesIO(each)) for each in (data, translated("a.docx", data)))
    assert after.testzip() is None
    assert before.namelist() == after.namelist()
    changed = []
    for old, new in zip(before.infolist(), after.infolist(), strict=True):
        assert (old.compress_type, old.date_time, old.extra) == (new.compress_type, new.date_time, new.extra)
        if old.CRC != new.CRC:
            changed.append(old.filename)
        else:
            assert old.compress_size == new.compress_size
    assert changed == ["word/document.xml", "word/header1.xml", "word/comments.xml"]


def _archive(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _with_flag(data: bytes) -> bytes:
    position = data.index(b"PK\1\2")
    return data[: position + 8] + struct.pack("<H", 1) + data[position + 10 :]


TYPES = b"""<Types xmlns="x"><Override PartName="/d.xml" ContentType="a/document.main+xml"/></Types>"""
BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><p>&b;</p>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\3\4", "not a ZIP archive"),
        (b"\xd0\xcf\x11\xe0", "protected by a password, or in the old"),
        (_with_flag(_archive(a=b"b")), "protected by a password"),
        (_archive(a=b"b"), "Content_Types].xml is missing"),
        (_archive(**{"[Content_Types].xml": b"<Types/>"}), "ZIP archive of something else"),
        (_archive(**{"../a": b"b"}), "leads out of it"),
        (_archive(**{"a": bytes(2 << 20)}), "compressed far more than text is"),
        (_archive(**{"[Content_Types].xml": TYPES, "d.xml": BOMB}), "declares entities"),
        (_archive(**{"[Content_Types].xml": TYPES, "d.xml": b"<a>" * 600}), "nested more than 500"),
    ],
)
def test_dangerous_archives_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedFile, match=reason):
        find_file_format("a.docx").read(data)


def test_a_member_is_read_only_as_far_as_it_says() -> None:
    data = bytearray(_archive(**{"[Content_Types].xml": TYPES + b" " * 1000}))
    position = data.index(b"PK\1\2")
    data[position + 24 : position + 28] = struct.pack("<L", 10)
    data[position + 16 : position + 20] = struct.pack("<L", zlib.crc32(TYPES[:10]))
    with pytest.raises(MalformedFile, match="not well-formed"):
        find_file_format("a.docx").read(bytes(data))
