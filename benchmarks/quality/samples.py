"""Questions and sentences from a directory that the caller names. The project contains none of them.

Equal numbers give equal samples, on every machine.
"""

import json
import random
import re
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.report.statistics import evenly_spaced

QUESTIONS = {"en": "xquad.en.json", "zh": "xquad.zh.json"}
PAIRS = (("en", "zh"), ("zh", "en"), ("en", "fr"))
ALL_PAIRS = (*PAIRS, ("fr", "en"))
_TATOEBA_ZH = {"en": "tatoeba.cmn-eng.eng", "zh": "tatoeba.cmn-eng.cmn"}
_TATOEBA_FR = {"en": "tatoeba.fra-eng.eng", "fr": "tatoeba.fra-eng.fra"}
_NTREX = {"en": "ntrex.src.eng.txt", "zh": "ntrex.ref.zho-CN.txt", "fr": "ntrex.ref.fra.txt"}
# By corpus and pair of languages: two files. Each line of one is the translation of the same line of the other.
PARALLEL = {
    "NTREX": {pair: (_NTREX[pair[0]], _NTREX[pair[1]]) for pair in ALL_PAIRS},
    "Tatoeba": {
        pair: (files[pair[0]], files[pair[1]])
        for pair, files in zip(ALL_PAIRS, (_TATOEBA_ZH, _TATOEBA_ZH, _TATOEBA_FR, _TATOEBA_FR), strict=True)
    },
}
# XQuAD was translated with marks around the answers, which left white space beside most of them in Chinese: of 180
# answers 137 have it before them. Where a Chinese character stands beside white space, no writer puts any.
_CHINESE = r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef“”]"
_SPACE_BESIDE_CHINESE = re.compile(f"(?<={_CHINESE}) +| +(?={_CHINESE})")
_SHORT = 5  # of the lines of news, one in so many is a short one


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a context. ``answers`` are the right ones; there are none if the context has no answer."""

    id: str
    question: str
    context: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextPair:
    """A text and its translation by a human."""

    source: str
    reference: str


def answerable_questions(data: Path, language: str, count: int) -> list[Question]:
    """Questions with an answer in their context, taken evenly from all articles."""
    return [question for _, question in evenly_spaced(_load_questions(data, language), count)]


def unanswerable_questions(data: Path, language: str, count: int) -> list[Question]:
    """The same questions, each with a paragraph of another article that has none of its answers."""
    questions = _load_questions(data, language)
    paragraphs = list(dict.fromkeys((article, question.context) for article, question in questions))
    unanswerable = []
    for article, question in evenly_spaced(questions, count):
        others = [
            context
            for other, context in paragraphs
            if other != article and not any(answer.lower() in context.lower() for answer in question.answers)
        ]
        context = random.Random(f"unanswerable {question.id}").choice(others)
        unanswerable.append(replace(question, context=context, answers=()))
    return unanswerable


def sentences(data: Path, corpus: str, pair: tuple[str, str], count: int) -> list[TextPair]:
    """Sentences of a corpus, taken evenly from all of it."""
    source, reference = _load_lines(data, corpus, pair)
    lines = [TextPair(a.strip(), b.strip()) for a, b in zip(source, reference, strict=True)]
    return evenly_spaced([line for line in lines if line.source and line.reference], count)


def sentence(data: Path, corpus: str, pair: tuple[str, str], line: int) -> TextPair:
    """The sentence in a line of a corpus, counted from 1."""
    source, reference = _load_lines(data, corpus, pair)
    return TextPair(source[line - 1].strip(), reference[line - 1].strip())


def documents(data: Path, pair: tuple[str, str], count: int, lines: int = 12) -> list[TextPair]:
    """Texts of ``lines`` successive lines of news."""
    source, reference = _load_lines(data, "NTREX", pair)
    starts = evenly_spaced(range(0, min(len(source), len(reference)) - lines, lines), count)
    return [
        TextPair("\n".join(source[start : start + lines]), "\n".join(reference[start : start + lines]))
        for start in starts
    ]


def short_lines(data: Path, pair: tuple[str, str], count: int) -> list[tuple[TextPair, tuple[str, str]]]:
    """Short lines of news, taken evenly from all of it, each with the two lines before it."""
    sources, references = _load_lines(data, "NTREX", pair)
    lengths = sorted(map(len, filter(None, sources)))
    longest = lengths[len(lengths) // _SHORT]
    found = [
        (TextPair(source, reference), (sources[i - 2], sources[i - 1]))
        for i, (source, reference) in enumerate(zip(sources, references, strict=False))
        if i >= 2 and 0 < len(source) <= longest
    ]
    return evenly_spaced(found, count)


def _load_lines(data: Path, corpus: str, pair: tuple[str, str]) -> tuple[list[str], list[str]]:
    source, reference = PARALLEL[corpus][pair]
    return (
        (data / source).read_text(encoding="utf-8").split("\n"),
        (data / reference).read_text(encoding="utf-8").split("\n"),
    )


def _load_questions(data: Path, language: str) -> list[tuple[int, Question]]:
    """All questions, each with the number of its article."""
    content = json.loads((data / QUESTIONS[language]).read_text(encoding="utf-8"))
    return [
        (
            number,
            Question(
                qa["id"],
                qa["question"],
                _as_written(paragraph["context"], language),
                tuple(_as_written(answer["text"], language) for answer in qa["answers"]),
            ),
        )
        for number, article in enumerate(content["data"])
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]


def _as_written(text: str, language: str) -> str:
    """The text without the white space that tells where an answer stands."""
    return _SPACE_BESIDE_CHINESE.sub("", text) if language == "zh" else text
