"""Any bytes are a file or are refused: no reader raises anything but MalformedFile, or takes time without a bound."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from time import process_time

import docx
import openpyxl
import pptx
import pytest

from service.errors import MalformedFile
from service.tasks.translation.files.file_format import ParsedFile
from service.tasks.translation.files.formats import FILE_FORMATS, find_file_format
from tests.tasks.translation.files.books import make_epub
from tests.tasks.translation.files.test_catalogues import CATALOGUE
from tests.tasks.translation.files.test_pages import PAGE, make_odt
from tests.tasks.translation.files.test_subtitles import SUBRIP, WEBVTT
from tests.tasks.translation.files.test_xml_catalogues import ANDROID, XLIFF_2
from tests.tasks.translation.files.translating import shout


def _office(name: str) -> bytes:
    stream = io.BytesIO()
    match name:
        case "docx":
            document = docx.Document()
            document.add_paragraph("Some words").add_run(" in bold").bold = True
            document.save(stream)
        case "pptx":
            presentation = pptx.Presentation()
            presentation.slides.add_slide(presentation.slide_layouts[0]).shapes.title.text = "A title"
            presentation.save(stream)
        case _:
            workbook = openpyxl.Workbook()
            workbook.worksheets[0].append(["Some words", 1])
            workbook.save(stream)
    return stream.getvalue()


SAMPLES = {
    "subrip": SUBRIP,
    "webvtt": WEBVTT,
    "gettext": CATALOGUE,
    "xliff": XLIFF_2,
    "android": ANDROID,
    "stringsdict": b"<plist><dict><key>one</key><string>%d file &amp; <!-- x --> more</string></dict></plist>",
    "apple_strings": b'/* a */ "b" = "c \\n\\U00e9"; d = e;',
    "properties": b"a=b \\\n  c\\u00e9\n# d\ne: f {0} ''g''",
    "json": b'{"a": ["b\\u00e9", {"c": "d"}], "@e": {"f": "g"}, "h": 1}',
    "yaml": b"a: b\nc: [d, 'e', \"f\"]\ng: |\n  h\n  i\nj: &k l\nm: *k\n",
    "csv": b'a,b\r\n"c ""d""",e f\r\n',
    "html": PAGE,
    "docx": _office("docx"),
    "pptx": _office("pptx"),
    "xlsx": _office("xlsx"),
    "odt": make_odt(),
    "epub": make_epub(),
}
PIECES = [
    b"<",
    b">",
    b"&",
    b'"',
    b"'",
    b"\\",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xfe",
    b"[",
    b"{",
    b"<!--",
    b"]]>",
    b"<![CDATA[",
    b"<!DOCTYPE a [",
    b"\\u",
    b"-->",
    b"\xef\xbb\xbf",
    b" ",
    b"\t",
    b":",
    b"=",
    b'<wbr id="1"/>',
]


def _mutated(data: bytes, random: Random) -> bytes:
    for _ in range(random.randrange(1, 4)):
        begin = random.randrange(len(data) + 1)
        end = min(len(data), begin + random.choice([0, 1, 1, 3, 50]))
        data = data[:begin] + b"".join(random.choices(PIECES, k=random.randrange(3))) + data[end:]
    return data


def _mutations(name: str, random: Random) -> Iterator[bytes]:
    data = SAMPLES[name]
    for _ in range(10):
        yield random.randbytes(random.randrange(60))
        yield _mutated(data, random)
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {each: archive.read(each) for each in archive.namelist()}
        for _ in range(15):
            stream = io.BytesIO()
            changed = random.choice([each for each in members if each.endswith(("xml", "opf", "xhtml"))])
            with zipfile.ZipFile(stream, "w") as archive:
                for member, content in members.items():
                    archive.writestr(member, _mutated(content, random) if member == changed else content)
            yield stream.getvalue()
    else:
        for _ in range(60):
            yield _mutated(data, random)


@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_files_are_refused_or_read_and_written(name: str) -> None:
    random = Random(name)
    read = 0
    for data in _mutations(name, random):
        try:
            parsed: ParsedFile = find_file_format("", name).read(data)
        except MalformedFile:
            continue
        read += 1
        texts = [each.text for each in parsed.texts]
        assert parsed.write(texts, target="fr") == data
        hostile = parsed.write(["x\x00</span>&<]]>\ud800\n" for _ in texts], target="fr")
        written = parsed.write([shout(each) for each in parsed.texts], target="fr")
        assert len(find_file_format("", name).read(hostile).texts) <= len(texts) or name in ("gettext", "html")
        assert len(find_file_format("", name).read(written).texts) <= len(texts) or name in ("gettext", "xliff")
    assert read


def test_every_format_has_a_sample() -> None:
    assert {each.name for each in FILE_FORMATS} - SAMPLES.keys() == {"text", "markdown", "xml"}


@pytest.mark.parametrize(
    "name", ["subrip", "webvtt", "gettext", "json", "yaml", "apple_strings", "properties", "csv", "html"]
)
def test_repeated_signs_take_no_time_that_grows_with_their_square(name: str) -> None:
    head = b"WEBVTT\n\n" if name == "webvtt" else b""
    for piece in (b"<", b'"', b"\\", b"[", b"{", b"- ", b'"a" ', b"<a ", b"\n\n", b"&", b"a:", b"00:00:01,000 --> "):
        begin = process_time()
        with suppress(MalformedFile):
            find_file_format("", name).read(head + piece * (60_000 // len(piece)))
        assert process_time() - begin < 5  # it takes less than one without a square, minutes with it
