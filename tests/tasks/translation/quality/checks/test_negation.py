"""Negations that are lost."""

import pytest

from service.tasks.translation.quality.checks.negation import loses_negation


@pytest.mark.parametrize(
    ("language", "target", "source", "translation"),
    [
        ("en", "fr", "I do not like it.", "J'aime cela."),
        ("en", "zh", "I can't swim.", "我会游泳。"),
        ("zh", "en", "我不知道。", "I know."),
        ("fr", "en", "Il n'a jamais mangé.", "He has eaten."),
        ("en", "zh", "She has never been there.", "她去过那里。"),
    ],
)
def test_a_lost_negation(language: str, target: str, source: str, translation: str) -> None:
    assert loses_negation(source, translation, language, target)


@pytest.mark.parametrize(
    ("language", "target", "source", "translation"),
    [
        ("en", "fr", "I do not like it.", "Je ne l'aime pas."),
        ("en", "fr", "He could not come.", "Il a refusé de venir."),
        ("fr", "en", "Il ne peut pas venir.", "He is unable to come."),
        ("zh", "en", "我不喜欢。", "I dislike it."),
        ("en", "de", "I do not like it.", "Ich mag es."),
        (None, "fr", "I do not like it.", "J'aime cela."),
        ("en", "fr", "I like it.", "J'aime cela."),
    ],
)
def test_a_kept_negation_or_one_that_cannot_be_told(
    language: str | None, target: str, source: str, translation: str
) -> None:
    assert not loses_negation(source, translation, language, target)
