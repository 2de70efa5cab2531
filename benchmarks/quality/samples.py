"""Questions and sentences of a directory that the caller names; none of them is in this project.

Equal numbers give equal samples, on every machine.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

QUESTIONS = {"en": "xquad.en.json", "zh": "xquad.zh.json"}
PAIRS = (("en", "zh"), ("zh", "en"), ("en", "fr"))
_TATOEBA_ZH = {"en": "tatoeba.cmn-eng.eng", "zh": "tatoeba.cmn-eng.cmn"}
_TATOEBA_FR = {"en": "tatoeba.fra-eng.eng", "fr": "tatoeba.fra-eng.fra"}
_NTREX = {"en": "ntrex.src.eng.txt", "zh": "ntrex.ref.zho-CN.txt", "fr": "ntrex.ref.fra.txt"}
# Of each pair, files whose lines translate one another.
PARALLEL = {
    "NTREX": {pair: (_NTREX[pair[0]], _NTREX[pair[1]]) for pair in PAIRS},
    "Tatoeba": {
        pair: (files[pair[0]], files[pair[1]])
        for pair, files in zip(PAIRS, (_TATOEBA_ZH, _TATOEBA_ZH, _TATOEBA_FR), strict=True)
    },
}


@dataclass(frozen=True, slots=True)
class Question:
    """``answers`` are the right ones; there are none where the context does not answer."""

    id: str
    question: str
    context: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A text and its translation by a human."""

    source: str
    reference: str


def answerable(data: Path, language: str, count: int) -> list[Question]:
    """Taken evenly from all articles."""
    return [question for _, question in spread(_questions(data, language), count)]


def unanswerable(data: Path, language: str, count: int) -> list[Question]:
    """The same questions, each with a paragraph of another article that has none of its answers in it."""
    questions = _questions(data, language)
    paragraphs = list(dict.fromkeys((article, question.context) for article, question in questions))
    made = []
    for article, question in spread(questions, count):
        others = [
            context
            for other, context in paragraphs
            if other != article and not any(answer.lower() in context.lower() for answer in question.answers)
        ]
        context = random.Random(f"unanswerable {question.id}").choice(others)
        made.append(replace(question, context=context, answers=()))
    return made


def sentences(data: Path, name: str, pair: tuple[str, str], count: int) -> list[Pair]:
    """Taken evenly from the whole of a parallel text."""
    source, reference = ((data / file).read_text(encoding="utf-8").split("\n") for file in PARALLEL[name][pair])
    lines = [Pair(a.strip(), b.strip()) for a, b in zip(source, reference, strict=True)]
    return spread([line for line in lines if line.source and line.reference], count)


def documents(data: Path, pair: tuple[str, str], count: int, lines: int = 12) -> list[Pair]:
    """``count`` texts of so many lines of news each."""
    source, reference = ((data / file).read_text(encoding="utf-8").split("\n") for file in PARALLEL["NTREX"][pair])
    starts = spread(range(0, min(len(source), len(reference)) - lines, lines), count)
    return [Pair("\n".join(source[at : at + lines]), "\n".join(reference[at : at + lines])) for at in starts]


def spread(items: Sequence[T], count: int) -> list[T]:
    """``count`` of them at equal distances; all if there are fewer."""
    count = min(count, len(items))
    return [items[number * len(items) // count] for number in range(count)]


def _questions(data: Path, language: str) -> list[tuple[int, Question]]:
    """Each with the number of its article."""
    content = json.loads((data / QUESTIONS[language]).read_text(encoding="utf-8"))
    return [
        (number, Question(qa["id"], qa["question"], paragraph["context"], tuple(a["text"] for a in qa["answers"])))
        for number, article in enumerate(content["data"])
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]
