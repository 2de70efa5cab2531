"""Questions and exclamations that are lost or made."""

import pytest

from service.tasks.translation.quality.checks.sentence_marks import changes_question, loses_exclamation


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("你叫什么名字？", "My name is John."),
        ("Are you a robot?", "Oui, je suis un robot."),
        ("Where is it?", "它在那里。"),
        ("« Qui est là ? »", "“It is me.”"),
        ("It is here.", "Où est-ce ?"),
    ],
)
def test_a_question_that_became_a_statement_or_the_other_way_round(source: str, translation: str) -> None:
    assert changes_question(source, translation)


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("Are you a robot?", "Êtes-vous un robot ?"),
        ("Have you eaten?", "你吃过饭了吗。"),
        ("Where is it?", "それはどこですか。"),
        ("Where is it?", "أين هو؟"),
        ("Where is it?", "Πού είναι;"),
        ("Where is it?", "อยู่ที่ไหน"),
        ("你吃过饭了吗", "Have you eaten?"),
        ("It is here.", "C'est ici."),
        ("Is it? I know.", "Est-ce vrai ? Je sais."),
    ],
)
def test_a_question_stays_one(source: str, translation: str) -> None:
    assert not changes_question(source, translation)


def test_exclamations() -> None:
    assert loses_exclamation("Don't worry!", "你不要着急。")
    assert not loses_exclamation("Don't worry!", "你不要着急！")
    assert not loses_exclamation("Don't worry.", "Ne t'inquiète pas.")
    assert loses_exclamation('"Stop!"', "« Arrête. »")
