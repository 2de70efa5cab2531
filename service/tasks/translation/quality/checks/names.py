"""Names that a translation lost."""

import re

from service.tasks.translation.language.scripts import scripts_of

# A word with a capital that begins no sentence.
_NAME = re.compile(r"(?<=[a-zß-öø-ÿ,;] )[A-ZÀ-Þ][a-zß-öø-ÿ'’-]*[a-zß-öø-ÿ]")
# A product's name: capitals inside, or digits behind letters.
_PRODUCT = re.compile(
    r"(?<![A-Za-z0-9_-])(?:[A-Za-z]*[a-z][A-Z][A-Za-z0-9]*|[A-Za-z]{2,}[0-9]+)(?![A-Za-z0-9_’']|-[a-z])"
)
_WORD = re.compile(r"\w+")


_FEWEST = 3  # names that must all be lost: one or two may have a translation, such as "London" and "Londres"


def loses_names(source: str, translation: str, language: str | None, target: str) -> bool:
    """Whether a product's name is missing or, between languages with Latin letters, all names are.

    Languages spell names differently, so their first three letters count.
    """
    together = "".join(translation.casefold().split())
    if any(name.casefold() not in together for name in _PRODUCT.findall(source)):
        return True
    if language is None or "Latn" not in scripts_of(language) or "Latn" not in scripts_of(target):
        return False
    names = {name[:3].casefold() for name in _NAME.findall(source)}
    return len(names) >= _FEWEST and names.isdisjoint(word[:3].casefold() for word in _WORD.findall(translation))
