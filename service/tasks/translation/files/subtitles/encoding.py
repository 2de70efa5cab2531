"""The encoding of subtitles: UTF-8 if they can be in it, or that of a region, which their characters tell."""

import re

from charset_normalizer import from_bytes

from service.errors import MalformedFile
from service.tasks.translation.files.encoding import DecodedText, decode

# Of the encodings that share most characters, the one of Windows stands for all.
_CANDIDATES = [
    *(f"cp{number}" for number in (1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258, 874, 932, 949)),
    *("gb18030", "big5", "euc_jp", "koi8_r"),
]
_MOST_BYTES = 16_384  # of the lines that are looked at
# The letters beside a to z of French, Italian, German, Spanish, Portuguese, the languages of Scandinavia, and Dutch.
# charset-normalizer takes a few lines of them for Polish or Vietnamese.
_WESTERN = [
    frozenset(letters)
    for letters in ("àâæçéèêëîïôœùûüÿ", "àèéìòù", "äöüßé", "áéíñóúü¿¡ºª", "áâãàçéêíóôõúü", "åäöæøéó", "ëïéèöüó")
]
_MARKS = re.compile(r"[\x00-\x7f\xa0‘’“”«»„–—…°€£§•©®™]")
_LINE = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")


def decode_subtitles(data: bytes, encoding: str | None = None) -> DecodedText:
    """The text of subtitles. ``encoding`` is the one that the client names, None: it is found out.

    A byte order mark counts more than either. Raises MalformedFile if the file is in no encoding that was tried.
    """
    if encoding is not None:
        return decode(data, encoding, errors="utf-8")
    try:
        return decode(data)
    except MalformedFile as malformed:
        sample = b"\n".join(match[0] for match in _LINE.finditer(data[: 8 * _MOST_BYTES]))[:_MOST_BYTES]
        for found in filter(None, (_western(sample), _region(sample))):
            try:
                return decode(data, found, errors="utf-8")
            except MalformedFile:
                continue
        raise malformed from None


def _western(sample: bytes) -> str | None:
    letters = set(_MARKS.sub("", sample.decode("cp1252", "replace")).lower())
    return "cp1252" if any(letters <= alphabet for alphabet in _WESTERN) else None


def _region(sample: bytes) -> str | None:
    best = from_bytes(sample, cp_isolation=_CANDIDATES).best()
    return None if best is None else best.encoding
