"""White space beside marks."""

import pytest

from service.tasks.translation.documents.formats.format import Format
from service.tasks.translation.documents.marks.restoring import force_restore, restore
from tests.tasks.translation.documents.reading import document


@pytest.mark.parametrize(
    ("format", "text", "written", "expected"),
    [
        ("markdown", "See [a link](/x) now", "Voir [1] un lien [2] maintenant", "Voir [un lien](/x) maintenant"),
        ("markdown", "See [a link](/x) now", "Voir[1] un lien [2]maintenant", "Voir [un lien](/x) maintenant"),
        ("html", "NA<sub>f</sub> is", "NA [1] f [2] est", "NA<sub>f</sub> est"),
        ("html", "H<sub>2</sub>O is", "[1] 2 [2]O", "<sub>2</sub>O"),
        ("html", "See <b>it</b>.", "Vois [1] le [2].", "Vois <b>le</b>."),
        ("html", "the <b>red</b> <i>wine</i>.", "le [1]vin [2] rouge[3].", "le <b>vin</b> <i>rouge</i>."),
        ("html", "a <b> b </b> c", "a [1] b [2] c", "a <b> b </b> c"),
        ("html", "<b>Note</b>: text", "[1]Remarque[2] : texte", "<b>Remarque</b> : texte"),
        ("html", "l'<b>eau</b> x", "the [1]water[2] x", "the <b>water</b> x"),
        ("html", "我喜欢<b>茶</b>和水", "I like [1]tea[2] and water", "I like <b>tea</b> and water"),
        ("text", "Hello ({name}), v{x}, {y}.", "Oh ( [1] ), v [2] , [3] .", "Oh ({name}), v{x}, {y}."),
    ],
)
def test_it_is_where_the_source_has_it(format: Format, text: str, written: str, expected: str) -> None:
    found = document(text, format)
    [unit] = found.units
    assert found.join([restore(unit, written) or ""]) == found.join([force_restore(unit, written)]) == expected
