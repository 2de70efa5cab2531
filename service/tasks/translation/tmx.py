"""Reads TMX, the format in which translation tools exchange their memories (versions 1.1 to 1.4b, by LISA)."""

from collections.abc import Iterator
from io import BytesIO

from lxml import etree

from service.errors import MalformedFile, UnknownLanguage
from service.tasks.text.languages import Language, find_language
from service.tasks.translation.memory import MemoryPair

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read_tmx(data: bytes, source: str, target: str, *, most: int = 1 << 16, param: str = "file") -> list[MemoryPair]:
    """The pairs of the languages ``source`` and ``target``, which are names or codes; regions need not agree.

    Units without both languages are left out. The text of inline codes is kept: it is the markup of the document that
    the unit comes from. Nothing outside of ``data`` is read, and no entity is expanded.

    Raises MalformedFile, also for declared entities and for more than ``most`` pairs; UnknownLanguage.
    """
    languages = find_language(source, param="source_lang"), find_language(target, param="target_lang")
    pairs: list[MemoryPair] = []
    for unit in _units(data, param):
        texts = [_best(unit, language) for language in languages]
        if texts[0] and texts[1]:
            pairs.append(MemoryPair(texts[0], texts[1]))
            if len(pairs) > most:
                raise MalformedFile(f"it has more than {most} pairs, which is the limit", param=param)
    return pairs


def _units(data: bytes, param: str) -> Iterator[list[tuple[Language, str]]]:
    """The variants of each unit: their languages and texts. Raises MalformedFile."""
    parsing = etree.iterparse(
        BytesIO(data), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        _, root = next(parsing)
        if _name(root) != "tmx":
            raise MalformedFile("it is not TMX", param=param)
        dtd = root.getroottree().docinfo.internalDTD
        if dtd is not None and next(dtd.iterentities(), None) is not None:
            raise MalformedFile("it declares entities", param=param)
        for event, element in parsing:
            if event == "end" and _name(element) == "tu":
                yield [variant for each in element if (variant := _variant(each)) is not None]
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except (etree.XMLSyntaxError, StopIteration):
        raise MalformedFile("it is not well-formed XML", param=param) from None


def _variant(element: "etree._Element") -> tuple[Language, str] | None:
    """The language and the text of a ``tuv``; None of any other element, or if its language is not known."""
    if _name(element) != "tuv":
        return None
    segment = next((each for each in element if _name(each) == "seg"), None)
    try:
        language = find_language(element.get(_LANG) or element.get("lang") or "")
    except UnknownLanguage:
        return None
    return None if segment is None else (language, "".join(map(str, segment.itertext())).strip())


def _best(variants: list[tuple[Language, str]], wanted: Language) -> str | None:
    """The text in the wanted language, rather of the same region or script."""
    of_base = [(language, text) for language, text in variants if language.base == wanted.base]
    return next(
        (text for language, text in of_base if language.code == wanted.code), of_base[0][1] if of_base else None
    )


def _name(element: "etree._Element") -> str:
    """The name without a namespace; empty for comments and the like."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
