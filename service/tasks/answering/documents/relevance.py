"""Relevance: the share of a question's words in a text.

It decides which of several places of a span is meant, and how much a span's sentence speaks for it.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from service.tasks.answering.documents.sentences import END_OF_SENTENCE
from service.tasks.answering.documents.terms import content_stems, index_terms, stems
from service.tasks.answering.documents.windows import Window

_SAMPLE = 2000  # characters that show a text's script


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
        question_terms = set(index_terms(question))
        counts = Counter(term for text in texts for term in question_terms.intersection(index_terms(text)))
        self._question_stems = set(stems(question))
        self._question_content = content_stems(question)
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
        return sum(self._weights.get(term, 0.0) for term in set(index_terms(text))) / self._total

    def weight(self, term: str) -> float:
        """The term's part of the score of a text that has all terms."""
        return self._weights.get(term, 0.0) / self._total

    def coverage(self, text: str) -> float:
        """The share of the question's content that the text has, each stem counted alike."""
        question = self._question_content
        return len(question.intersection(stems(text))) / len(question) if question else 0.0

    def echo(self, text: str) -> float:
        """The share of the text's stems that the question has too."""
        found = set(stems(text))
        return len(found & self._question_stems) / len(found) if found else 0.0
