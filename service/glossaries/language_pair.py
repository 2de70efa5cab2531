"""Pairs of languages as glossaries have them: without regions and scripts, which matter to no term."""

from service.errors import InvalidOption, UnsupportedPair
from service.glossaries.records import LanguagePair
from service.tasks.text.languages import find_language
from service.tasks.translation import known_languages


def language_pair(source: str, target: str, *, prefix: str = "") -> LanguagePair:
    """The pair of two languages, by names or codes. ``prefix`` is the path to the fields.

    Raises UnknownLanguage, UnsupportedPair, InvalidOption.
    """
    known = dict.fromkeys(language.base for language in known_languages())
    bases = []
    for name, param in ((source, f"{prefix}source_lang"), (target, f"{prefix}target_lang")):
        language = find_language(name, param=param)
        if language.base not in known:
            raise UnsupportedPair(language.name, known, param=param)
        bases.append(language.base)
    if bases[0] == bases[1]:
        raise InvalidOption("a glossary is from one language to another", param=f"{prefix}target_lang")
    return LanguagePair(*bases)
