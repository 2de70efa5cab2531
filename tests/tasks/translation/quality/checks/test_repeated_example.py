"""Translations of the example in the place of those of other texts."""

import pytest

from service.tasks.translation.quality.checks.repeated_example import repeats_example

REPEATED = [
    ("en", "Did you tell anybody?", "As-tu tué quelqu'un ?", "Did you kill anybody?", "As-tu tué quelqu'un ?"),
    ("en", "Where's everyone going?", "Où sont tous les autres", "Where's everyone else?", "Où sont tous les autres ?"),
    (
        "zh",
        "鱿鱼有几只手？",
        "How many arms does the octopus have?",
        "章鱼有几只手？",
        "How many arms does an octopus have?",
    ),
    ("zh", "我跟你一樣高。", "I'm as tall as my father.", "我跟我父親一樣高。", "I'm as tall as my father."),
    (
        "en",
        "The red house is new.",
        "La maison rouge est vieille.",
        "The red house is old.",
        "La maison rouge est vieille.",
    ),
    ("en", "Room 12 is free.", "Le salle 21 est libre.", "Room 21 is free.", "La salle 21 est libre."),
    ("en", "Delete [1] now.", "Jetzt [1] öffnen.", "Open [1] now.", "Jetzt [1] öffnen."),
    ("en", "I do not care.", "Cela m'importe.", "I do care.", "Cela m'importe."),
    ("en", "He sold a boat.", "彼はコートを売った", "He sold a coat.", "彼はコートを売った。"),
    (None, "Das ist ein Boot.", "It is a coat.", "Das ist ein Mantel.", "It is a coat."),
]
RIGHT = [
    # Another translation than the example's.
    ("en", "Did you tell anybody?", "L'as-tu dit à quelqu'un ?", "Did you kill anybody?", "As-tu tué quelqu'un ?"),
    (
        "en",
        "I bought a hat here.",
        "J'ai acheté un chapeau ici.",
        "I bought a coat here.",
        "J'ai acheté un manteau ici.",
    ),
    # Texts that mean the same, or nearly.
    ("en", "It's a cat.", "C'est un chat.", "It is a cat!", "C'est un chat."),
    ("en", "It's a cat.", "C'est un chat.", "This is a cat.", "C'est un chat."),
    ("en", "Is everyone here?", "Tout le monde est là ?", "Is everybody here?", "Tout le monde est là ?"),
    ("en", "Close the doors, please.", "Ferme la porte.", "CLOSE THE DOOR", "Ferme la porte."),
    ("en", "What colours do you like?", "你喜欢什么颜色？", "What color do you like?", "你喜欢什么颜色？"),
    ("en", "I like apples.", "我喜欢苹果。", "I like an apple.", "我喜欢苹果。"),
    ("zh", "你们饿了吗？", "Are you hungry?", "您饿吗？", "Are you hungry?"),
    ("fr", "Vous avez faim.", "You are hungry.", "Tu as faim.", "You are hungry."),
    ("de", "Das ist der Hund.", "It is the dog.", "Das ist ein Hund.", "It is a dog."),
    (None, "Es ist kalt.", "It is cold.", "Es ist kalt!", "It is cold."),
]


@pytest.mark.parametrize(("language", "source", "translation", "example_source", "example_target"), REPEATED)
def test_repeated_examples(
    language: str | None, source: str, translation: str, example_source: str, example_target: str
) -> None:
    assert repeats_example(source, translation, example_source, example_target, language)


@pytest.mark.parametrize(("language", "source", "translation", "example_source", "example_target"), RIGHT)
def test_right_translations(
    language: str | None, source: str, translation: str, example_source: str, example_target: str
) -> None:
    assert not repeats_example(source, translation, example_source, example_target, language)
