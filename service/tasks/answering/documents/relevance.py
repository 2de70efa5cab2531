"""Relevance: the share of a question's words in a text.

It decides which windows are read if there are too many, and which of several places of a span is meant.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from service.tasks.answering.documents.sentences import END_OF_SENTENCE
from service.tasks.answering.documents.windows import Window

_WORD = re.compile(r"[^\W_]+")
# Scripts that do not separate words: Thai, Lao, Burmese, Khmer, kana and ideographs.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]+")
_SAMPLE = 2000  # characters that show a text's script
_STEM = 5  # the first letters of a word, which identify it whatever its ending is


def terms(text: str) -> set[str]:
    """The first letters of each word in lower case; for scripts that do not separate words, all pairs of characters."""
    result: set[str] = set()
    for match in _WORD.finditer(text.lower()):
        for run in _UNSPACED.findall(match[0]):
            result.update(run[i : i + 2] for i in range(max(len(run) - 1, 1)))
        result.update(word[:_STEM] for word in _UNSPACED.split(match[0]) if word)
    return result


def is_in_another_script(question: str, text: str) -> bool:
    """Whether less than a tenth of the text is in the question's script, so that they can have no words in common."""
    main = _scripts(question).most_common(1)
    found = _scripts(text[:_SAMPLE])
    return bool(main) and bool(found) and found[main[0][0]] < found.total() / 10


def _scripts(text: str) -> Counter[str]:
    """The text's letters by script, named as Unicode's character names begin: LATIN, CJK, ARABIC."""
    return Counter(unicodedata.name(char, "").partition(" ")[0] for char in text if char.isalpha())


class Relevance:
    """Scores texts by the question's terms that they have. Terms that are rare in ``texts`` count for more."""

    def __init__(self, question: str, texts: Sequence[str]) -> None:
        question_terms = terms(question)
        counts = Counter(term for text in texts for term in terms(text) & question_terms)
        self._question_terms = question_terms
        self._weights = {
            term: math.log((len(texts) + 1) / (counts[term] + 0.5)) for term in question_terms if counts[term]
        }
        self._total = sum(self._weights.values()) or 1.0

    @classmethod
    def from_windows(cls, question: str, windows: Iterable[Window]) -> "Relevance":
        """Weigh the terms by how many sentences of the windows have them."""
        return cls(question, [text for window in windows for text in END_OF_SENTENCE.split(window.text)])

    def score(self, text: str) -> float:
        """Between 0, for none of the question's terms, and 1, for all of them that any of the texts has."""
        return sum(self._weights.get(term, 0.0) for term in terms(text)) / self._total

    def coverage(self, text: str) -> float:
        """The share of the question's terms that the text has, each counted alike."""
        return len(terms(text) & self._question_terms) / len(self._question_terms) if self._question_terms else 0.0

    def echo(self, text: str) -> float:
        """The share of the text's terms that the question has too."""
        text_terms = terms(text)
        return len(text_terms & self._question_terms) / len(text_terms) if text_terms else 0.0

    def most_relevant(self, texts: Sequence[str], count: int) -> list[int]:
        """The ascending indices of the ``count`` most relevant texts; of equally relevant ones, the first."""
        order = sorted(range(len(texts)), key=lambda index: (-self.score(texts[index]), index))
        return sorted(order[:count])
