"""The encoding of a file of text: its byte order mark decides, and without one it is UTF-8 or what the format says."""

import codecs
from dataclasses import dataclass

from service.errors import MalformedFile

# UTF-32 stands first, since its mark in little-endian order begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Codecs of Python that no file is in; some take time quadratic in its size.
_NOT_OF_FILES = frozenset(["idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"])


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The text of a file, the byte order mark before it, and the name of its codec.

    ``errors`` is how characters that the codec does not have are written, by the names of Python, or ``utf-8``: then
    the whole text is in UTF-8 with a byte order mark.
    """

    text: str
    mark: bytes
    codec: str
    errors: str = "replace"

    def encode(self, text: str) -> bytes:
        if self.errors != "utf-8":
            return self.mark + text.encode(self.codec, self.errors)
        try:
            return self.mark + text.encode(self.codec)
        except UnicodeEncodeError:
            return codecs.BOM_UTF8 + text.encode()


def is_recoded(before: bytes, after: bytes) -> bool:
    """Whether a file could not be written in its encoding, and is in UTF-8 now."""
    return after.startswith(codecs.BOM_UTF8) and not before.startswith(codecs.BOM_UTF8)


def find_codec(name: str) -> str:
    """The codec with this name, such as a file declares. Raises MalformedFile if there is none."""
    try:
        codec = codecs.lookup(name)
    except LookupError:
        raise MalformedFile(f"its encoding {name} is not known") from None
    if not codec._is_text_encoding or codec.name in _NOT_OF_FILES:
        raise MalformedFile(f"its encoding {name} is not one of texts")
    return codec.name


def decode(data: bytes, *codecs_without_mark: str, errors: str = "replace") -> DecodedText:
    """The text in ``data``. Raises MalformedFile if no codec gives one that has the same bytes.

    ``codecs_without_mark`` are tried in order; there is only UTF-8 by default.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _decode(data, mark, codec, errors)
    *others, last = codecs_without_mark or ("utf-8",)
    for codec in others:
        try:
            return _decode(data, b"", codec, errors)
        except MalformedFile:
            continue
    return _decode(data, b"", last, errors)


def _decode(data: bytes, mark: bytes, codec: str, errors: str) -> DecodedText:
    try:
        decoded = DecodedText(data[len(mark) :].decode(codec), mark, codec, errors)
    except UnicodeDecodeError as error:
        raise MalformedFile(f"it is not {codec.upper()} at byte {error.start + len(mark)}") from None
    except ValueError:
        raise MalformedFile(f"it is not {codec.upper()}") from None
    if decoded.encode(decoded.text) != data:
        raise MalformedFile(f"it is not {codec.upper()} in its usual form")
    return decoded
