"""Exact match and F1 of short answers, as SQuAD defines them for English and MLQA for Chinese.

Before comparing, letters become small and punctuation goes; English also loses its articles, and its words are what
white space separates. In Chinese every Han character counts as a word by itself, and punctuation is Unicode's, not only
ASCII's. F1 is that of the two bags of words; of several right answers the best counts.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)
_HAN = re.compile(r"([\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])")


def words(text: str, language: str) -> list[str]:
    """What of a text is compared."""
    if language == "zh":
        text = "".join(char for char in text.lower() if not unicodedata.category(char).startswith("P"))
        return _HAN.sub(r" \1 ", text.translate(_ASCII_PUNCTUATION)).split()
    return _ARTICLES.sub(" ", text.lower().translate(_ASCII_PUNCTUATION)).split()


def exact_match(given: str, answers: Iterable[str], language: str) -> float:
    """1 or 0."""
    return float(any(words(given, language) == words(answer, language) for answer in answers))


def f1(given: str, answers: Iterable[str], language: str) -> float:
    """Between 0 and 1."""
    return max(_f1(words(given, language), words(answer, language)) for answer in answers)


def _f1(given: list[str], due: list[str]) -> float:
    if not given or not due:
        return float(given == due)
    common = sum((Counter(given) & Counter(due)).values())
    return 2 * common / (len(given) + len(due))
