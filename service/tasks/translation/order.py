"""What a client wants translated, and how."""

from dataclasses import dataclass
from typing import Literal

Format = Literal["text", "markdown", "html", "xml"]
Formality = Literal["default", "more", "less", "prefer_more", "prefer_less"]
Splitting = Literal["sentences", "none"]


@dataclass(frozen=True, slots=True)
class Term:
    """An entry of a glossary: where ``source`` stands in a text, ``target`` is to stand in its translation."""

    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """``source`` and ``target`` are names or codes of languages; without ``source`` each text's own is detected.

    ``context`` is read by the model and not translated. ``alternatives`` are further translations of each text.
    ``splitting`` says where a text may be cut beside where its layout and markup do: at sentences, or
    nowhere.
    """

    texts: tuple[str, ...]
    target: str
    source: str | None = None
    format: Format = "text"
    splitting: Splitting = "sentences"
    glossary: tuple[Term, ...] = ()
    do_not_translate: tuple[str, ...] = ()
    context: str = ""
    output_prefix: str = ""
    formality: Formality = "default"
    alternatives: int = 0
