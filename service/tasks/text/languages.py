"""Finds languages by the names and codes that people use: "English", "en", "zh-CN", "中文", "eng_Latn"."""

from dataclasses import dataclass
from functools import lru_cache

import langcodes

from service.errors import UnknownLanguage

_LONGEST_NAME = 100  # characters; a longer name is refused without a search
# Common names that langcodes does not know, because its CLDR data does not list them.
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
_NO_LANGUAGE = {"und", "mul", "zxx", "mis"}  # codes for undetermined, multiple, none and uncoded


@dataclass(frozen=True, slots=True)
class Language:
    """A language, possibly with a script or a region."""

    code: str  # canonical BCP-47 tag, such as "zh-CN"
    name: str  # in English, as models know it, such as "Simplified Chinese"
    base: str  # the code without script and region, such as "zh"


def find_language(name: str, *, param: str | None = None) -> Language:
    """The language with this name, in any language and any case, or with this code.

    Raises UnknownLanguage, which names the field ``param``.
    """
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
        except (LookupError, UnicodeError, SystemError):  # SystemError: its index cannot handle a NUL in a name
            return None
    if not tag.is_valid() or not tag.language or tag.language in _NO_LANGUAGE:
        return None
    tag = langcodes.Language.get(langcodes.standardize_tag(tag.to_tag(), macro=True))
    return Language(tag.to_tag(), _english_name(tag), tag.language)


def _english_name(tag: langcodes.Language) -> str:
    """The name for prompts. Regions of Chinese are named by their script, because models know these names."""
    if tag.language == "zh" and (tag.script or tag.territory):
        return "Traditional Chinese" if tag.maximize().script == "Hant" else "Simplified Chinese"
    return str(tag.display_name("en"))
