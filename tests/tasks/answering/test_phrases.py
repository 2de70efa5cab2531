"""The solved questions in the prompts are right, in both languages."""

import pytest

from service.tasks.answering.phrases import Phrases, phrases_for

ENGLISH, CHINESE = phrases_for("Who came?"), phrases_for("谁来了？")
BOTH = pytest.mark.parametrize("phrases", [ENGLISH, CHINESE], ids=["English", "Chinese"])


@BOTH
def test_answers_and_quotes_are_copied_from_the_text(phrases: Phrases) -> None:
    for example in phrases.examples:
        assert example.quote in example.text
        assert example.answer in example.quote
        assert bool(example.answer) == bool(example.quote)


def test_answers_about_solved_texts_are_copied_from_them() -> None:
    assert CHINESE.texts
    for solved in CHINESE.texts:
        assert all(answer in solved.text for _, answer in solved.questions)
        assert {bool(answer) for _, answer in solved.questions} == {True, False}


@BOTH
def test_there_are_examples_with_and_without_an_answer(phrases: Phrases) -> None:
    assert {bool(example.answer) for example in phrases.examples} == {True, False}
    assert all(question and answer for question, answer in phrases.questions)


def test_the_text_stands_above_the_question() -> None:
    assert ENGLISH.question_about("Ada came.", "Who came?") == "Context: Ada came.\n\nQuestion: Who came?"
    assert CHINESE.question_about("李娜来了。", "谁来了？") == "上下文：李娜来了。\n\n问题：谁来了？"
