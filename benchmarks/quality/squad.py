"""Exact match and F1 of short answers, as SQuAD defines them for English and MLQA for Chinese.

Before the comparison, letters become lower case and punctuation is removed. English also loses its articles, and its
words are separated by white space. In Chinese every Han character is a word, and all of Unicode's punctuation is
removed, not only ASCII's. F1 compares the two bags of words; of several right answers the best one counts.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)
_HAN = re.compile(r"([\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])")


def comparable_words(text: str, language: str) -> list[str]:
    """The words of a text that are compared."""
    if language == "zh":
        text = "".join(char for char in text.lower() if not unicodedata.category(char).startswith("P"))
        return _HAN.sub(r" \1 ", text.translate(_ASCII_PUNCTUATION)).split()
    return _ARTICLES.sub(" ", text.lower().translate(_ASCII_PUNCTUATION)).split()


def exact_match(given: str, answers: Iterable[str], language: str) -> float:
    """1 if the given answer equals a right one, else 0."""
    words = comparable_words(given, language)
    return float(any(words == comparable_words(answer, language) for answer in answers))


def f1(given: str, answers: Iterable[str], language: str) -> float:
    """The best F1 of the given answer with a right one, between 0 and 1."""
    words = comparable_words(given, language)
    return max(_f1(words, comparable_words(answer, language)) for answer in answers)


def _f1(given: list[str], expected: list[str]) -> float:
    if not given or not expected:
        return float(given == expected)
    common = sum((Counter(given) & Counter(expected)).values())
    return 2 * common / (len(given) + len(expected))
