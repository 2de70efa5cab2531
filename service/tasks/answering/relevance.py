"""How much of a question's words stand in a text: what to read first, and which of several places is meant."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from service.tasks.answering.windows import Window

_TERM = re.compile(r"[^\W_]+")
_DENSE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]+")
_END_OF_SENTENCE = re.compile(r"[.!?]+\s|[。！？]|\n")
_AROUND = 400  # characters of a sentence on each side of a span, at most
_SAMPLE = 2000  # characters that tell a text's writing
_STEM = 5  # letters that tell a word from others, whatever its ending


def sentence(text: str, start: int, end: int) -> str:
    """The sentence, or the sentences, around a span."""
    begin, finish = sentence_bounds(text, start, end)
    return text[begin:finish]


def sentence_bounds(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the sentence around a span begins and ends, without the white space around it."""
    begin = max(start - _AROUND, 0)
    begin = max((match.end() for match in _END_OF_SENTENCE.finditer(text, begin, start)), default=begin)
    after = _END_OF_SENTENCE.search(text, end, end + _AROUND)
    finish = after.end() if after else min(end + _AROUND, len(text))
    space = len(text[begin:start]) - len(text[begin:start].lstrip())
    return begin + space, end + len(text[end:finish].rstrip())


def terms(text: str) -> set[str]:
    """The beginnings of a text's words; of scripts that set no words apart, all pairs of characters."""
    found: set[str] = set()
    for match in _TERM.finditer(text.lower()):
        for run in _DENSE.findall(match[0]):
            found.update(run[i : i + 2] for i in range(max(len(run) - 1, 1)))
        found.update(word[:_STEM] for word in _DENSE.split(match[0]) if word)
    return found


def is_foreign(question: str, text: str) -> bool:
    """Whether a text is in another writing than the question, so that common words cannot be expected."""
    asked = _scripts(question).most_common(1)
    found = _scripts(text[:_SAMPLE])
    return bool(asked) and bool(found) and found[asked[0][0]] < found.total() / 10


def _scripts(text: str) -> Counter[str]:
    """The text's letters by writing, named as in the names of characters: LATIN, CJK, ARABIC."""
    return Counter(unicodedata.name(char, "").partition(" ")[0] for char in text if char.isalpha())


class Relevance:
    """Tells for any text which share of the question it has; rare words in ``texts`` count for more."""

    def __init__(self, question: str, texts: Sequence[str]) -> None:
        asked = terms(question)
        counts = Counter(term for text in texts for term in terms(text) & asked)
        self._asked = asked
        self._weights = {term: math.log((len(texts) + 1) / (counts[term] + 0.5)) for term in asked if counts[term]}
        self._total = sum(self._weights.values()) or 1.0

    @classmethod
    def among_sentences(cls, question: str, windows: Iterable[Window]) -> "Relevance":
        """By the words of the windows' sentences."""
        return cls(question, [text for window in windows for text in _END_OF_SENTENCE.split(window.text)])

    def of(self, text: str) -> float:
        """Between 0, nothing, and 1, every word that stands in any of the texts."""
        return sum(self._weights.get(term, 0.0) for term in terms(text)) / self._total

    def coverage(self, text: str) -> float:
        """The share of the question's words that stand in a text, each as good as the others."""
        return len(terms(text) & self._asked) / len(self._asked) if self._asked else 0.0

    def echo(self, text: str) -> float:
        """The share of a text's words that are the question's own."""
        found = terms(text)
        return len(found & self._asked) / len(found) if found else 0.0

    def best(self, texts: Sequence[str], count: int) -> list[int]:
        """The indices of the most relevant, in order of the texts; of equals the first."""
        order = sorted(range(len(texts)), key=lambda index: (-self.of(texts[index]), index))
        return sorted(order[:count])
