"""The terms of a text: what is compared with a question without asking a model.

Texts are compared after Unicode's compatibility normalization and case folding, and without the accents of European
scripts, so full-width digits equal plain ones, and "CAFE" equals "café".
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+\Z")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
# Scripts that do not separate words: Thai, Lao, Burmese, Khmer, kana and ideographs.
_UNSPACED_LETTERS = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
_UNSPACED = re.compile(f"[{_UNSPACED_LETTERS}]+")
_RUN = re.compile(f"[{_UNSPACED_LETTERS}]+|[^{_UNSPACED_LETTERS}]+")  # of one of the two kinds
_QUESTION_WORDS = (
    "what",
    "which",
    "who",
    "whom",
    "whose",
    "when",
    "where",
    "why",
    "how",
    "do",
    "does",
    "did",
    "done",
    "many",
    "much",
)
_STEM = 5  # the first letters of a word, which identify it whatever its ending is


def stems(text: str) -> list[str]:
    """The first letters of each word, whole numbers and codes, and pairs of characters in unspaced scripts."""
    return [_stem(word) for word in _words(text)]


def index_terms(text: str) -> list[str]:
    """The stems, and after each of them the whole word if it is longer: names that begin alike differ."""
    return [term for word in _words(text) for term in dict.fromkeys((_stem(word), word))]


def placed_terms(text: str) -> Iterator[tuple[str, int, int]]:
    """The index terms with the offsets at which their words begin and end in the text."""
    for word in _WORD.finditer(text):
        for part in _RUN.finditer(text, *word.span()):
            pairs = len(part[0]) > 1 and _UNSPACED.match(part[0])
            for start in range(part.start(), part.end() - 1 if pairs else part.start() + 1):
                end = start + 2 if pairs else part.end()
                for term in index_terms(text[start:end]):
                    yield term, start, end


def content_stems(text: str) -> set[str]:
    """The stems without those of English function words and question words, or all of them if there are no others.

    Any two English texts share words such as "the" and "of"; hardly any two texts share a pair of Chinese characters.
    So the share of the rest means the same in both.
    """
    found = set(stems(text))
    return found - _function_stems() or found


def _words(text: str) -> Iterator[str]:
    """The words of a text; for scripts that do not separate words, all pairs of neighbouring characters."""
    for match in _WORD.finditer(_folded(text)):
        word = match[0]
        if word.isascii():
            yield word
            continue
        for run in _UNSPACED.findall(word):
            yield from (run[i : i + 2] for i in range(max(len(run) - 1, 1)))
        yield from filter(None, _UNSPACED.split(word))


def _folded(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text)))
    return text.casefold()


def _stem(word: str) -> str:
    return word[:_STEM] if _LETTERS.match(word) else word


@cache
def _function_stems() -> frozenset[str]:
    """The stems of English function words and question words."""
    from bm25s.stopwords import STOPWORDS_EN  # it imports SciPy, which a service without questions does not need

    return frozenset(stem for word in (*STOPWORDS_EN, *_QUESTION_WORDS) for stem in stems(word))
