"""Languages by the names and codes that people use: "English", "en", "zh-CN", "中文", "eng_Latn"."""

from dataclasses import dataclass
from functools import lru_cache

import langcodes

from service.errors import UnknownLanguage

_LONGEST_NAME = 100
# Common names that the CLDR data behind langcodes does not list.
_OTHER_NAMES = {
    "汉语": "zh",
    "漢語": "zh",
    "华语": "zh",
    "華語": "zh",
    "国语": "zh",
    "國語": "zh",
    "chinese (simplified)": "zh-Hans",
    "chinese (traditional)": "zh-Hant",
}
_NO_LANGUAGE = {"und", "mul", "zxx", "mis"}


@dataclass(frozen=True, slots=True)
class Language:
    """``code`` is a canonical BCP-47 tag, ``name`` the English name, ``base`` the code without script and region."""

    code: str
    name: str
    base: str


def find_language(name: str, *, param: str | None = None) -> Language:
    """The language that a name (in any language, in any case) or a code stands for. Raises UnknownLanguage."""
    language = _find(name.strip()) if len(name) <= _LONGEST_NAME else None
    if language is None:
        raise UnknownLanguage(name, param=param)
    return language


@lru_cache(maxsize=1024)
def _find(name: str) -> Language | None:
    try:
        tag = langcodes.Language.get(_OTHER_NAMES.get(name.lower(), name))
    except ValueError:
        try:
            tag = langcodes.find(name)
        except (LookupError, UnicodeError, SystemError):  # the last where a name has a NUL: its index trips over it
            return None
    if not tag.is_valid() or not tag.language or tag.language in _NO_LANGUAGE:
        return None
    tag = langcodes.Language.get(langcodes.standardize_tag(tag.to_tag(), macro=True))
    return Language(tag.to_tag(), _english_name(tag), tag.language)


def _english_name(tag: langcodes.Language) -> str:
    """A name that models know: of regions only those that have a name of their own."""
    if tag.language == "zh" and (tag.script or tag.territory):
        return "Traditional Chinese" if tag.maximize().script == "Hant" else "Simplified Chinese"
    return str(tag.display_name("en"))
