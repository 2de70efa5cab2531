"""Lines that are markers: their titles are translated, and everything else in them is kept byte for byte."""

import pytest

from service.tasks.translation.documents.formats.format import Format
from tests.tasks.translation.documents.reading import document


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("> [!WARNING]\n> Be careful.", ["Be careful."]),
        ("> [!note]- My title\r\n> Text.\r\n> More.", ["My title", "Text.", "More."]),
        (":::note Read this\nBe careful.\n:::", ["Read this", "Be careful."]),
        (":::tip[My title]{.x}\n\nBody\n\n:::\n", ["My title", "Body"]),
        ("::: {.callout-note}\nBody\n:::", ["Body"]),
        (":::{note} My title\nBody\n:::", ["My title", "Body"]),
        ('!!! note "My title"\n    Body text', ["My title", "Body text"]),
        ("??? tip\n    Body text", ["Body text"]),
        ("Term\n: Definition", ["Term", "Definition"]),
        ("Text.\n{: .note}\nMore.", ["Text.", "More."]),
        ("[TOC]\n{% raw %}\n{{< note >}}\nText.", ["Text."]),
        ("import Tabs from '@theme/Tabs';\nText.", ["Text."]),
        ("[!not a marker] text", ["[!not a marker] text"]),
        ("a :::note b", ["a :::note b"]),
    ],
)
def test_markers_in_markdown(text: str, units: list[str]) -> None:
    found = document(text, "markdown")
    assert [unit.text for unit in found.units] == units
    translated = found.join(["X"] * len(units))
    assert translated.splitlines() == [_replaced(line, units) for line in text.splitlines()]
    assert found.join([unit.source for unit in found.units]) == text


def _replaced(line: str, units: list[str]) -> str:
    for unit in units:
        line = line.replace(unit, "X")
    return line


@pytest.mark.parametrize("format", ["text", "markdown"])
def test_markers_in_every_format_with_lines(format: Format) -> None:
    text = "[!WARNING]\nBe careful.\n:::note Read this\n.. note:: Read that\n"
    assert [unit.text for unit in document(text, format).units] == ["Be careful.", "Read this", "Read that"]


@pytest.mark.parametrize("front", ["---\ntitle: A\n---\n", "---\r\ntitle: A\r\n---\r\n", "+++\ntitle = 'A'\n+++\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_front_matter_is_kept(front: str, mark: str) -> None:
    found = document(f"{mark}{front}Text.", "markdown")
    assert [unit.text for unit in found.units] == ["Text."]
    assert found.join(["X"]) == f"{mark}{front}X"
