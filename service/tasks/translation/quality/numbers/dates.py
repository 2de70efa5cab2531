"""Months and days of the week in English, French and Chinese."""

import re
from functools import cache

_MONTHS = {
    "en": "january february march april may june july august september october november december",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
_DAYS = {
    "en": "monday tuesday wednesday thursday friday saturday sunday",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
}
_SHORT = re.compile(r"\b(jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?", re.IGNORECASE)
_SHORT_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HAN_DAY = re.compile(r"(?:周|週|星期|礼拜|禮拜)([一二三四五六日天末])")
_HAN_DAYS = "一二三四五六日"


def months(text: str, language: str) -> set[int]:
    """The months that the text names in words; "May" and "March" may also be something else."""
    found = {int(number) + 1 for number in _indices(text, _MONTHS.get(language, ""))}
    if language == "en":
        found |= {_SHORT_MONTHS.index(match[1].lower()[:3]) + 1 for match in _SHORT.finditer(text)}
    return found


def week_days(text: str, language: str) -> set[int]:
    """The days of the week that the text names; 0 is Monday."""
    if language == "zh":
        return {_HAN_DAYS.index(match[1].replace("天", "日")) for match in _HAN_DAY.finditer(text) if match[1] != "末"}
    return _indices(text, _DAYS.get(language, ""))


def _indices(text: str, words: str) -> set[int]:
    if not words:
        return set()
    return {words.split().index(match[1].lower()) for match in _pattern(words).finditer(text)}


@cache
def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(words.split())})s?\b", re.IGNORECASE)
