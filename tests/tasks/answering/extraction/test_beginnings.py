"""Which beginnings are continued."""

import pytest

from service.tasks.answering.documents.windows import Window
from service.tasks.answering.extraction.beginnings import Beginning, WindowPrompt, choose_beginnings
from service.tasks.answering.extraction.passage import Passage
from service.tasks.answering.extraction.vocabulary import Vocabulary
from service.tasks.answering.query import ContextDocument
from tests.tasks.text.vocabularies import tokenizer

TOKENIZER = tokenizer("byte_level")
VOCABULARY = Vocabulary(TOKENIZER, TOKENIZER.vocab_size)


def beginnings(name: str, rank: int | None, count: int = 12) -> list[Beginning]:
    """Beginnings of a window, the likeliest last. Those of the windows behind it are likelier."""
    prompt = WindowPrompt(Window(ContextDocument(id=name, text="six"), 0, "six"), (1,), rank)
    passage = Passage("six", VOCABULARY, max_characters=8)
    return [Beginning(prompt, passage, token, (), -100 / (1 + (rank or 0)) + token) for token in range(count)]


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        ([0], [8]),
        ([1, 0], [3, 8]),
        ([4, 2, 0, 1, 3], [1, 2, 8, 3, 1]),
        ([None, None], [4, 4]),
    ],
)
def test_every_window_is_continued_and_the_most_relevant_one_most(ranks: list[int | None], expected: list[int]) -> None:
    windows = [beginnings(str(number), rank) for number, rank in enumerate(ranks)]
    chosen = list(choose_beginnings(windows, 8))
    by_window = [[each for each in chosen if each.prompt.window.document.id == str(n)] for n in range(len(ranks))]
    assert [len(each) for each in by_window] == expected
    assert [window[0].prompt.places(8) for window in windows] == expected
    for found in by_window:
        assert [each.token for each in found] == [11 - number for number in range(len(found))]


def test_a_window_without_beginnings_is_left_out() -> None:
    assert [each.token for each in choose_beginnings([[], beginnings("a", 0, 2)], 8)] == [1, 0]
