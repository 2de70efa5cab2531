"""English sentences with placeholders and tags in them, made from templates: the same ones in every run."""

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
_FORMATS = {"code": "markdown"}
_VOID = {"br", "img", "hr", "input", "wbr"}

Attributes = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """A text, and the ``pieces`` of it that its translation must have, each once. HTML has its tags instead."""

    kind: str
    format: str
    text: str
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Element:
    """A tag and what is in it."""

    tag: str
    attributes: Attributes
    inner: list["Element"] = field(default_factory=list)

    def sorted(self) -> "Element":
        """The same element with all that is in it in an order that depends on nothing else."""
        return Element(self.tag, self.attributes, sorted((each.sorted() for each in self.inner), key=repr))


def marked_texts(count: int) -> list[Marked]:
    """So many of all that can be made, each kind as often as its templates allow."""
    made = []
    for (kind, pieces), template in product(_PLACEHOLDERS.items(), _WITH_PLACEHOLDERS):
        used = tuple(piece for name, piece in zip("ab", pieces, strict=True) if f"{{{name}}}" in template)
        made.append(
            Marked(kind, _FORMATS.get(kind, "text"), template.format(**dict(zip("ab", pieces, strict=True))), used)
        )
    for (kind, tags), template in product(_TAGS.items(), _WITH_TAGS):
        made.append(Marked(kind, "html", template.format(**dict(zip("abcd", tags, strict=True)))))
    random.Random("marked").shuffle(made)
    return made[:count]


def survives(marked: Marked, translated: str) -> bool:
    """Whether a translation has each piece once or, of HTML, the same tags in one another."""
    if marked.format == "html":
        return tag_tree(translated) == tag_tree(marked.text)
    return all(translated.count(piece) == 1 for piece in marked.pieces)


def tag_tree(text: str) -> Element | None:
    """The tags in one another, without the text; None if they do not match.

    Languages order their words differently, so that neighbours may change places; what is in what may not.
    """
    parser = _Tags()
    parser.feed(text)
    parser.close()
    return None if parser.broken or len(parser.open) > 1 else parser.open[0].sorted()


class _Tags(HTMLParser):
    """``open`` are the elements around the place that was reached."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", ())]
        self.broken = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in _VOID:
            self.open.append(self.open[-1].inner[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inner.append(Element(tag, tuple(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].tag == tag:
            self.open.pop()
        else:
            self.broken = True
