"""The inside of a Markdown paragraph."""

import pytest

from service.tasks.translation.documents.formats.markdown_inline import find_inline_spans


def found(text: str, *references: str) -> list[tuple[str, str]]:
    """Each span with its kind."""
    spans = find_inline_spans(text, references, str.lower)
    return [(text[span.start : span.end], span.kind.name) for span in spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a **b** c", [("**", "OPEN"), ("**", "CLOSE")]),
        ("a _b_ snake_case", [("_", "OPEN"), ("_", "CLOSE")]),
        ("***b***", [("*", "OPEN"), ("**", "OPEN"), ("**", "CLOSE"), ("*", "CLOSE")]),
        ("2 * 3 * 4", []),
        ("`a` ``b ` c``", [("`a`", "KEPT"), ("``b ` c``", "KEPT")]),
        ("`never closed", []),
        ('[a](b "t")', [("[", "OPEN"), ('](b "t")', "CLOSE")]),
        ("![a](b)", [("![", "OPEN"), ("](b)", "CLOSE")]),
        ("[not a link]", []),
        ("<http://a.b> <br> <b>", [("<http://a.b>", "KEPT"), ("<br>", "TAG"), ("<b>", "OPEN")]),
        ("\\* a", [("\\*", "TEXT")]),
        ("a  \nb", [("  \n", "BREAK")]),
        ("[x] done[^1]", [("[x]", "TAG"), ("[^1]", "TAG")]),
    ],
)
def test_everything_but_plain_text_is_a_span(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "replacement"),
    [("[The Guide]", "][The Guide]"), ("[The Guide][]", "][The Guide]"), ("[x][the guide]", "")],
)
def test_a_link_that_is_looked_up_by_its_text_gets_its_label(text: str, replacement: str) -> None:
    [_, closing] = find_inline_spans(text, {"the guide"}, str.lower)
    assert closing.replacement == replacement
