"""Parsed documents: translations take the places of units."""

from service.tasks.translation.documents.document import ParsedDocument
from service.tasks.translation.documents.marks.unit import Unit


def unit(source: str, start: int) -> Unit:
    return Unit(source, source, (), start, start + len(source))


DOCUMENT = ParsedDocument(("- ", unit("One.", 2), "\n- ", unit("Two.", 9), "\n"))


def test_the_units_come_in_order() -> None:
    assert [each.source for each in DOCUMENT.units] == ["One.", "Two."]


def test_translations_take_the_places_of_units() -> None:
    assert DOCUMENT.join(["Un.", ""]) == "- Un.\n- \n"
    assert ParsedDocument((" ",)).join([]) == " "
