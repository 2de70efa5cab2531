"""Tables and their numbers."""

from benchmarks.report.tables import format_number, markdown_table, numeric_table, row_style


def test_numbers_have_a_decimal_below_a_thousand() -> None:
    assert [format_number(value) for value in (None, 0.0, 9.96, 999.9, 1234.4)] == [
        "-",
        "0.0",
        "10.0",
        "999.9",
        "1,234",
    ]


def test_all_columns_but_the_labels_are_on_the_right() -> None:
    table = numeric_table("case", "server", "tokens/s", labels=2)
    assert [column.justify for column in table.columns] == ["left", "left", "right"]


def test_a_row_above_the_tolerance_is_yellow() -> None:
    assert (row_style(0.1, 0.1), row_style(0.2, 0.1)) == (None, "yellow")


def test_a_markdown_table_has_a_line_for_each_row() -> None:
    assert markdown_table({"sent": 5, "lost": "none"}) == "| | |\n|---|---|\n| sent | 5 |\n| lost | none |"
