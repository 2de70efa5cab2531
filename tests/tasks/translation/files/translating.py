"""Files as tests translate them: every letter of their texts in upper case, and the codes in them as they are."""

import re
from collections.abc import Callable

from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.files.formats import find_file_format

_MARKUP = re.compile(r"<[^<>]*>|&#?\w+;")


def shout(text: FileText) -> str:
    """The text in upper case, with a character that most formats must escape in some way."""
    if text.format == "text":
        return text.text.upper()
    parts, position = [], 0
    for match in _MARKUP.finditer(text.text):
        parts += [text.text[position : match.start()].upper(), match[0]]
        position = match.end()
    return "".join([*parts, text.text[position:].upper()])


def texts_of(name: str, data: bytes) -> list[str]:
    """The texts of a file. The file written with them is the file, byte for byte."""
    parsed = find_file_format(name).read(data)
    texts = [each.text for each in parsed.texts]
    assert parsed.write(texts, target="fr") == data
    return texts


def translated(name: str, data: bytes, translate: Callable[[FileText], str] = shout, target: str = "fr") -> bytes:
    """The file with its texts translated. Untranslated it is the file, byte for byte."""
    parsed = find_file_format(name).read(data)
    assert parsed.write([each.text for each in parsed.texts], target=target) == data
    return parsed.write([translate(each) for each in parsed.texts], target=target)
