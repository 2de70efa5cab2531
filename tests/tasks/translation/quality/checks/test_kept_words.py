"""Words of the source that are left."""

import pytest

from service.tasks.text.languages import find_language
from service.tasks.translation.quality.checks.kept_words import keeps_source_words


@pytest.mark.parametrize(
    ("target", "source", "translation", "kept"),
    [
        ("zh", "How much is this little tie?", "这个little tie多少钱？", True),
        ("zh", "Open Settings.", "打开 Settings。", False),
        ("fr", "It is a bag of many colours.", "C'est un bag of many couleurs.", True),
        ("fr", "It is a question of style.", "C'est une question de style.", False),
        ("fr", "Read the New York Times.", "Lisez le New York Times.", False),
    ],
)
def test_kept_words(target: str, source: str, translation: str, kept: bool) -> None:
    assert keeps_source_words(source, translation, find_language(target)) is kept


@pytest.mark.timeout(60)  # quadratic time would be far longer
def test_hostile_texts_take_linear_time() -> None:
    text = "word " * 4_000
    assert keeps_source_words(text, text, find_language("fr"))
