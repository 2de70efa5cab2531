"""What a client says about the tags of its markup: which are kept, which end a sentence, and what in them is text."""

from dataclasses import dataclass

from service.tasks.translation.documents.formats.html.attributes import SHOWN_ATTRIBUTES


@dataclass(frozen=True, slots=True)
class TagRules:
    """Names of tags and of attributes. In HTML they are in lower case.

    What ``ignored`` elements hold is not translated. ``splitting`` tags always end a sentence, ``joining`` tags never
    do. For all other tags the format decides or, without ``detects_outline``, none of them ends a sentence: these are
    the words of DeepL's API. The values of the ``attributes`` are translated in HTML, and in tags of Markdown.
    """

    ignored: frozenset[str] = frozenset()
    splitting: frozenset[str] = frozenset()
    joining: frozenset[str] = frozenset()
    detects_outline: bool = True
    attributes: frozenset[str] = frozenset()

    def is_inline(self, name: str, *, by_format: bool) -> bool:
        """Whether a tag may stand within a sentence. ``by_format`` is the answer of the format."""
        if name in self.splitting:
            return False
        return by_format or not self.detects_outline or name in self.joining


BY_FORMAT = TagRules()
WITH_ATTRIBUTES = TagRules(attributes=SHOWN_ATTRIBUTES)
