"""Elements of HTML: which are blocks, and which hold no text to translate."""

import re
from collections.abc import Mapping


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


VOID = _names("area base br col embed hr img input link meta param source track wbr")  # elements without an end tag
RAW = _names("iframe noembed noframes script style textarea xmp")  # no tags inside
WORDS = _names("code kbd math pre samp tt var")  # words inside that are not translated
MEDIA = _names("audio canvas object svg template video")
BLOCKS = _names(
    "address article aside blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li link main menu meta "
    "nav noscript ol optgroup option p pre script search section select style summary table tbody td template tfoot th "
    "thead title tr ul"
)


def says_translated(attributes: Mapping[str, str]) -> bool | None:
    """Whether an element says that it is translated; None if it says nothing, so that it is as the one around it."""
    if "notranslate" in attributes.get("class", "").lower().split():
        return False
    return {"no": False, "yes": True, "": True}.get(attributes.get("translate", "none").strip().lower())


def keeps(name: str, attributes: Mapping[str, str]) -> bool | None:
    """Whether an element is kept: nothing in it is translated, unless it says so. None if it is as the one around it.

    No element in a raw one is read.
    """
    says = says_translated(attributes)
    if name in RAW or says is not None:
        return name in RAW or not says
    return True if name in WORDS or name in MEDIA else None


def raw_end(text: str, begin: int, name: str) -> int:
    """The start of the end tag of a raw element, or the end of the text."""
    end_tag = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(text, begin)
    return end_tag.start() if end_tag else len(text)
