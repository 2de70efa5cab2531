"""Names that are missing."""

import pytest

from service.tasks.translation.quality.checks.names import loses_names


@pytest.mark.parametrize(
    ("language", "target", "source", "translation", "lost"),
    [
        ("en", "zh", "Open GitHub now.", "现在打开。", True),
        ("en", "zh", "Open GitHub now.", "现在打开 GitHub。", False),
        ("en", "zh", "HER2 drives cancer.", "它促进癌症。", True),
        ("zh", "en", "用iPhone拍照。", "Take a picture.", True),
        ("en", "fr", "We met Tom, Maria and Peter.", "Nous avons rencontré des amis.", True),
        ("en", "fr", "We met Tom, Maria and Peter.", "Nous avons rencontré Tom, Marie et Pierre.", False),
        ("en", "fr", "We went to London.", "Nous sommes allés à Londres.", False),
        ("en", "zh", "We met Tom, Maria and Peter.", "我们见到了汤姆、玛丽亚和彼得。", False),
        ("en", "fr", "The 8:30 train of the 1930s.", "Le train de 8h30 des années 30.", False),
    ],
)
def test_lost_names(language: str, target: str, source: str, translation: str, lost: bool) -> None:
    assert loses_names(source, translation, language, target) is lost
