"""Letters of other scripts that are left over, and those that belong into a translation."""

import pytest

from service.tasks.translation.quality.checks.foreign_script import has_foreign_script


@pytest.mark.parametrize(
    ("language", "target", "source", "translation"),
    [
        ("zh", "en", "在巴鲁，已有五十多人死亡。", "In巴鲁, more than fifty people died."),
        ("ru", "fr", "Она живёт в Казани.", "Elle habite à Казани."),
        ("ja", "zh", "私は学生です。", "我是学生です。"),
        ("en", "zh", "A robot.", "一个робот。"),
        ("ko", "de", "안녕하세요.", "Hallo 하세요."),
        (None, "en", "谢谢", "Thank 谢 you"),
        ("en", "fr", "A house.", "Une বাড়ি."),
    ],
)
def test_letters_left_over(language: str | None, target: str, source: str, translation: str) -> None:
    assert has_foreign_script(source, translation, language, target)


@pytest.mark.parametrize(
    ("language", "target", "source", "translation"),
    [
        ("zh", "en", "你好，世界。", "Hello, world."),
        ("en", "zh", "Open GitHub.", "打开 GitHub。"),
        ("en", "fr", "The character 好 means good.", "Le caractère 好 veut dire bon."),
        ("en", "fr", "An angle of 30 µm or α.", "Un angle de 30 µm ou α."),
        ("zh", "ja", "我是学生。", "私は学生です。"),
        ("en", "zh", "The 1ª prize, x².", "第１ª名，x²。"),
        ("en", "ru", "The phone of John.", "Телефон John."),
    ],
)
def test_letters_that_belong_there(language: str | None, target: str, source: str, translation: str) -> None:
    assert not has_foreign_script(source, translation, language, target)
