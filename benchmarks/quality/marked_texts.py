"""English sentences with placeholders and tags, made from templates. Every run has the same ones."""

import random
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import product

_PLACEHOLDERS = {
    "mustache": ("{{user_name}}", "{{ order.total }}"),
    "format": ("{0}", "{count}"),
    "printf": ("%1$s", "%2$d"),
    "python": ("%(name)s", "%(total)d"),
    "shell": ("${HOME}", "${file_name}"),
    "link": ("https://example.org/a?b=1&c=2", "support@example.com"),
    "code": ("`pip install x`", "`--dry-run`"),
}
_WITH_PLACEHOLDERS = (
    "Please send {a} to the office before Friday.",
    "Your account {a} was created, and we wrote to {b}.",
    "The value of {a} must not be greater than {b}.",
    "Open {a}, then choose {b} from the menu.",
    "{a} could not be found. Did you mean {b}?",
    "If you have any questions about {a}, please contact us.",
)
_TAGS = {
    "html": ("<b>", "</b>", "<i>", "</i>"),
    "html link": ('<a href="/help?a=1&amp;b=2">', "</a>", '<span class="price">', "</span>"),
    "html nested": ("<strong><em>", "</em></strong>", "<code>", "</code>"),
}
_WITH_TAGS = (
    "Read the {a}terms of use{b} before you {c}continue{d}.",
    "We found {a}three new messages{b} in your inbox.<br>Do you want to read them {c}now{d}?",
    "The {a}train{b} to the airport leaves {c}every twenty minutes{d}.",
    'The museum <img src="map.png" alt="map"> is {a}closed on Mondays{b}, but the {c}garden{d} is open.',
    "<p>Thank you for your {a}order{b}.</p><p>It will arrive {c}tomorrow morning{d}.</p>",
)
_FORMATS = {"code": "markdown"}  # of a kind of placeholders; the others are plain text
_VOID_TAGS = {"br", "img", "hr", "input", "wbr"}  # they have no end tag

Attributes = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text with ``placeholders``, each of which its translation must have once. HTML has tags instead."""

    kind: str
    format: str  # text, markdown or html
    text: str
    placeholders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HtmlElement:
    """A tag and the elements in it."""

    tag: str
    attributes: Attributes
    inner: list["HtmlElement"] = field(default_factory=list)

    def sorted(self) -> "HtmlElement":
        """The element with all inner elements in an order that depends only on what they are."""
        return HtmlElement(self.tag, self.attributes, sorted((each.sorted() for each in self.inner), key=repr))


def make_marked_texts(count: int) -> list[MarkedText]:
    """The first ``count`` of all combinations of marks and templates, in a fixed random order."""
    texts = []
    for (kind, placeholders), template in product(_PLACEHOLDERS.items(), _WITH_PLACEHOLDERS):
        named = dict(zip("ab", placeholders, strict=True))
        used = tuple(placeholder for name, placeholder in named.items() if f"{{{name}}}" in template)
        texts.append(MarkedText(kind, _FORMATS.get(kind, "text"), template.format(**named), used))
    for (kind, tags), template in product(_TAGS.items(), _WITH_TAGS):
        texts.append(MarkedText(kind, "html", template.format(**dict(zip("abcd", tags, strict=True)))))
    random.Random("marked").shuffle(texts)
    return texts[:count]


def survives(marked: MarkedText, translated: str) -> bool:
    """True if a translation has each placeholder once or, for HTML, the same nesting of tags."""
    if marked.format == "html":
        return tag_tree(translated) == tag_tree(marked.text)
    return all(translated.count(placeholder) == 1 for placeholder in marked.placeholders)


def tag_tree(text: str) -> HtmlElement | None:
    """The nesting of the tags in a text, under a root without a name; None if the tags do not match.

    Neighbours are sorted, because languages order their words differently. An element must stay inside of its parent.
    """
    parser = _TagParser()
    parser.feed(text)
    parser.close()
    return None if parser.is_broken or len(parser.open) > 1 else parser.open[0].sorted()


class _TagParser(HTMLParser):
    """``open`` are the elements around the current place, from the root inwards."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [HtmlElement("", ())]
        self.is_broken = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in _VOID_TAGS:
            self.open.append(self.open[-1].inner[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inner.append(HtmlElement(tag, tuple(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].tag == tag:
            self.open.pop()
        else:
            self.is_broken = True
