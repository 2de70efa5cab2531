"""Finds languages by the names and codes that people use: "English", "en", "zh-CN", "中文", "Chinese (Taiwan)".

Codes are those of BCP-47, ISO 639, NLLB ("zho_Hant"), mBART ("pt_XX"), DeepL ("NB") and LibreTranslate ("zt").
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import langcodes

from service.errors import UnknownLanguage

T = TypeVar("T")
_LONGEST_NAME = 100  # characters; a longer name is refused without a search
# Common names that langcodes does not know, because its CLDR data does not list them.
_OTHER_NAMES = {
    "汉语": "zh",
    "漢語": "zh",
    "华语": "zh",
    "華語": "zh",
    "国语": "zh",
    "國語": "zh",
    "正體中文": "zh-Hant",
    "taiwanese mandarin": "zh-TW",
    "廣東話": "yue",
    "zt": "zh-Hant",  # LibreTranslate's own codes
    "pb": "pt-BR",
    "zh-chs": "zh-Hans",  # codes of Windows, and of apps for the Spanish of Latin America
    "zh-cht": "zh-Hant",
    "es-la": "es-419",
}
# Languages that CLDR keeps apart from their macrolanguage. Texts in "no" are in "nb".
_MACROLANGUAGES = {"nb": "no"}
_NO_REGION = re.compile(r"[-_]XX\Z", re.IGNORECASE)  # the end of mBART's codes
# A name with what tells its variants apart: a region, a script or both.
_QUALIFIED = re.compile(r"([^()（）]+)[(（]([^()（）]+)[)）]")
_REGIONS = {"prc": "CN", "mainland": "CN", "mainland china": "CN", "大陆": "CN", "大陸": "CN"}
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


def is_written_traditionally(language: Language) -> bool | None:
    """Whether a language of Chinese characters is written with traditional ones; None if it may be either."""
    if language.code == "zh":
        return None
    return bool(langcodes.Language.get(language.code).maximize().script == "Hant")


def is_same_language(one: Language, other: Language) -> bool:
    """Whether there is nothing to translate between the two.

    Two regions of a language differ in words, and two scripts in every letter. A language without a region may be that
    of any region.
    """
    if one.base != other.base or one.code == other.code:
        return one.code == other.code
    if one.base == "zh":
        return one.name == other.name or {one.name, other.name} == {"Chinese", "Simplified Chinese"}
    tags = [langcodes.Language.get(each.code) for each in (one, other)]
    scripts = {tag.maximize().script for tag in tags}
    regions = {tag.territory for tag in tags if tag.territory}
    return len(scripts) == 1 and len(regions) < 2


@lru_cache(maxsize=1024)
def _find(name: str) -> Language | None:
    tag = _find_qualified(name) or _find_tag(name)
    if tag is None or not tag.is_valid() or not tag.language or tag.language in _NO_LANGUAGE:
        return None
    tag = langcodes.Language.get(langcodes.standardize_tag(tag.to_tag(), macro=True))
    if (macrolanguage := _MACROLANGUAGES.get(tag.language)) is not None:
        tag = tag.update_dict({"language": macrolanguage})
    return Language(tag.to_tag(), _english_name(tag), tag.language)


def _find_tag(name: str) -> langcodes.Language | None:
    try:
        return langcodes.Language.get(_OTHER_NAMES.get(name.lower().replace("_", "-"), _NO_REGION.sub("", name)))
    except ValueError:
        return _lookup(langcodes.find, name)


def _find_qualified(name: str) -> langcodes.Language | None:
    """The language of a name such as "Portuguese (Brazil)"; None if it is not of this form or has an unknown part."""
    if (match := _QUALIFIED.fullmatch(name)) is None or (tag := _find_tag(match[1].strip())) is None:
        return None
    for part in map(str.strip, re.split("[,，;]", match[2])):
        region, script = _REGIONS.get(part.lower()), None
        if region is None:
            region = _lookup(lambda name: langcodes.Language.find_name("territory", name).territory, part)
        if region is None:
            script = _lookup(lambda name: langcodes.Language.find_name("script", name).script, part)
        if region is None and script is None:
            return None
        tag = tag.update_dict({"territory": region} if region else {"script": script})
    return tag


def _lookup(find: Callable[[str], T], name: str) -> T | None:
    try:
        return find(name)
    except (LookupError, UnicodeError, SystemError):  # SystemError: the index cannot handle a NUL in a name
        return None


def _english_name(tag: langcodes.Language) -> str:
    """The name for prompts. Regions of Chinese are named by their script, because models know these names."""
    if tag.language == "zh" and (tag.script or tag.territory):
        return "Traditional Chinese" if tag.maximize().script == "Hant" else "Simplified Chinese"
    return str(tag.display_name("en"))
