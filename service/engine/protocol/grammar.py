"""A grammar: a set of texts that can be generated, described in llguidance's own notation."""

from msgspec import Struct


class Grammar(Struct, frozen=True, tag="grammar"):
    """``source`` is JSON with a list of grammars, or a Lark grammar, as ``llguidance.LLMatcher`` reads it.

    The API process makes it with ``service.tasks.structure`` and has checked it with the limits below.
    """

    source: str
