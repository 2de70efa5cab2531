"""Parts inside and outside of markup that lose their words."""

import pytest

from service.tasks.translation.quality.checks.lost_parts import loses_part
from tests.tasks.translation.documents.reading import document


@pytest.mark.parametrize(
    ("source", "translation", "lost"),
    [
        ("**bold** text", "[1]texte[2]", True),
        ("**bold** text", "texte[1][2]", True),
        ("**bold** text", "texte [1]gras[2]", False),
        ("Read *this* and **that**.", "Lisez [1]ceci[2] et [3][4].", True),
        ("Read *this* and **that**.", "Lisez [3]cela[4] et [1]ceci[2].", False),
        ("See [the guide](/x) first.", "Voir d'abord[1] [2].", True),
        ("See [the guide](/x) first.", "Voir d'abord [1]le guide[2].", False),
        ("**Everything is bold.**", "Tout est gras.", False),
        ("Plain text.", "Texte.", False),
    ],
)
def test_lost_parts(source: str, translation: str, lost: bool) -> None:
    [unit] = document(source, format="markdown").units
    assert loses_part(unit, translation) is lost
