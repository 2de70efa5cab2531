"""What a client says about the tags of its markup, as DeepL's API has it: which are kept, and which end a sentence."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TagRules:
    """Names of tags. In HTML they are in lower case.

    What ``ignored`` elements hold is not translated. ``splitting`` tags always end a sentence, ``joining`` tags never
    do. For all other tags the format decides or, without ``detects_outline``, none of them ends a sentence.
    """

    ignored: frozenset[str] = frozenset()
    splitting: frozenset[str] = frozenset()
    joining: frozenset[str] = frozenset()
    detects_outline: bool = True

    def is_inline(self, name: str, *, by_format: bool) -> bool:
        """Whether a tag may stand within a sentence. ``by_format`` is the answer of the format."""
        if name in self.splitting:
            return False
        return by_format or not self.detects_outline or name in self.joining


BY_FORMAT = TagRules()
