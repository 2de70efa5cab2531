"""Letters of scripts that do not belong into a translation."""

import re

from service.tasks.translation.language.scripts import count_letters, script_of, scripts_of

_RUN = re.compile(r"[^\W\d_]+")
_FIRST_STRANGE = "\u0370"  # before it are the Latin letters, and marks that count as letters
_LETTERLIKE = re.compile(r"[\u1d00-\u1dbf\u2070-\u2bff\ua700-\ua7ff\ufb00-\ufb06\uff21-\uff5a\U0001d400-\U0001d7ff]")


def has_foreign_script(source: str, translation: str, language: str | None, target: str) -> bool:
    """Whether the translation has letters that are neither Latin nor of a script of its language.

    Letters of a third script may be kept as they are in the source. A single Greek letter is a symbol.
    """
    allowed = {"Latn", *scripts_of(target)}
    own = {"Latn", *(scripts_of(language) if language else (script for script, _ in _main_script(source)))}
    for run in _RUN.findall(translation):
        strange = "".join(char for char in run if _is_strange(char, allowed))
        if strange and not (len(strange) == 1 and script_of(strange) == "Grek"):
            kept = strange in source and not any(script_of(char) in own for char in strange)
            if not kept:
                return True
    return False


def _main_script(text: str) -> list[tuple[str, int]]:
    return count_letters(text).most_common(1)


def _is_strange(char: str, allowed: set[str]) -> bool:
    return char >= _FIRST_STRANGE and script_of(char) not in allowed and not _LETTERLIKE.match(char)
