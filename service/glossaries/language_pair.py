"""Pairs of languages as glossaries have them: without regions and scripts, which matter to no term."""

from service.errors import InvalidOption
from service.glossaries.records import LanguagePair
from service.tasks.text.languages import find_language


def language_pair(source: str, target: str, *, prefix: str = "") -> LanguagePair:
    """The pair of two languages, by names or codes. ``prefix`` is the path to the fields.

    Raises UnknownLanguage or InvalidOption.
    """
    fields = ((source, f"{prefix}source_lang"), (target, f"{prefix}target_lang"))
    bases = [find_language(name, param=param).base for name, param in fields]
    if bases[0] == bases[1]:
        raise InvalidOption("a glossary is from one language to another", param=f"{prefix}target_lang")
    return LanguagePair(*bases)
