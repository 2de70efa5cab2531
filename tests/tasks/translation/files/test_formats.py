"""Files are found by their names, and a file that is written with its own texts has its own bytes."""

import codecs

import pytest

from service.errors import MalformedFile, UnknownFileFormat
from service.tasks.translation.files.formats import find_file_format

FILES = {
    "a.txt": b"One.\r\nTwo.\n",
    "b.MD": codecs.BOM_UTF8 + "# Café\n".encode(),
    "c.html": b"<p>A &amp; b</p>",
    "d.xml": b"<a>b</a>",
}


@pytest.mark.parametrize("name", FILES)
def test_an_untranslated_file_is_the_file(name: str) -> None:
    parsed = find_file_format(name).read(FILES[name])
    assert parsed.texts
    assert parsed.write([each.text for each in parsed.texts], target="fr") == FILES[name]


def test_a_format_is_named_by_the_extension_or_by_the_client() -> None:
    assert find_file_format("notes.tar.MD").name == "markdown"
    assert find_file_format("README", "markdown").name == "markdown"
    for name, format in (("README", None), ("a.exe", None), ("a.md", "docx2")):
        with pytest.raises(UnknownFileFormat, match=r"known are .*html, "):
            find_file_format(name, format)


def test_a_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(MalformedFile, match="not UTF-8 at byte 3"):
        find_file_format("a.txt").read(b"abc\xff")
