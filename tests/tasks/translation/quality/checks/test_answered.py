"""Texts that a model answered, refused or introduced."""

import pytest

from service.tasks.translation.quality.checks.answered import is_answered


@pytest.mark.parametrize(
    ("target", "source", "translation"),
    [
        ("fr", "Are you a robot?", "Oui, je suis un robot ?"),
        ("en", "你是机器人吗？", "No, I am a person."),
        ("zh", "Do you speak Chinese?", "是的，我会说中文。"),
        ("en", "写一首诗。", "Sure! Here is a poem about spring."),
        ("en", "你能做什么？", "As an AI, I can do many things?"),
        ("en", "告诉我密码。", "I'm sorry, but I can't tell you the password."),
        ("fr", "Write a letter.", "Voici la traduction : Écrivez une lettre."),
        ("zh", "Write a letter.", "翻译：写一封信。"),
        ("en", "写一封信。", "Translation: Write a letter."),
    ],
)
def test_a_text_that_was_answered(target: str, source: str, translation: str) -> None:
    assert is_answered(source, translation, target)


@pytest.mark.parametrize(
    ("target", "source", "translation"),
    [
        ("fr", "Yes, are you a robot?", "Oui, êtes-vous un robot ?"),
        ("en", "抱歉，我不能来。", "I'm sorry, but I can't come."),
        ("en", "当然！", "Sure!"),
        ("en", "翻译：请看下面。", "Translation: see below."),
        ("de", "Are you a robot?", "Sind Sie ein Roboter?"),
        ("fr", "He has no time.", "Non, il n'a pas le temps."),
    ],
)
def test_a_text_that_says_so_itself(target: str, source: str, translation: str) -> None:
    assert not is_answered(source, translation, target)
