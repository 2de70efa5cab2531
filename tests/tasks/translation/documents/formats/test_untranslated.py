"""Elements that say that they are not translated."""

import pytest

from service.tasks.translation.documents.formats.format import Format
from tests.tasks.translation.documents.reading import document


@pytest.mark.parametrize(
    ("format", "element"),
    [
        (format, element)
        for format in ("text", "markdown", "html")
        for element in (
            '<span translate="no">Big Apple</span>',
            "<span translate='no'>Big <b>Apple</b></span>",
            '<span class="x notranslate">Big Apple</span>',
            '<SPAN TRANSLATE="NO">Big Apple</SPAN>',
        )
    ]
    + [("xml", '<x its:translate="no">Big Apple</x>'), ("xml", '<x translate="no">Big Apple</x>')],
)
def test_the_model_does_not_see_their_words(format: Format, element: str) -> None:
    text = f"See {element} now."
    found = document(text, format)
    assert [unit.text for unit in found.units] == ["See [1] now."]
    assert found.join([unit.source for unit in found.units]) == text


@pytest.mark.parametrize("format", ["text", "markdown"])
def test_an_element_without_an_end_is_a_tag(format: Format) -> None:
    assert [unit.text for unit in document("A <b translate=no>word here", format).units] == ["A [1]word here"]
    assert [unit.text for unit in document("A <b translate='yes'>word</b> here", format).units] == ["A [1]word[2] here"]
