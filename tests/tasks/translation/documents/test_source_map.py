"""The source map: from positions in the shown text to positions in the source."""

from service.tasks.translation.documents.fragments.fragment import Fragment, FragmentKind
from service.tasks.translation.documents.source_map import SourceMap


def source_map(*parts: tuple[str, str], begin: int = 0) -> SourceMap:
    """Parts of text: what is shown, and its source. Markup is shown as ""; it is in the source only."""
    made = SourceMap()
    for shown, source in parts:
        if shown:
            made.add(Fragment(FragmentKind.TEXT, source, shown), begin)
        begin += len(source)
    return made


def test_text_is_found_where_it_stands() -> None:
    made = source_map(("one", "one"), ("two", "two"), begin=10)
    assert (made.shown, made.length) == ("onetwo", 6)
    assert [made.to_source_start(position) for position in range(6)] == list(range(10, 16))
    assert [made.to_source_end(position) for position in range(1, 7)] == list(range(11, 17))


def test_a_span_begins_behind_a_tag_and_ends_before_it() -> None:
    made = source_map(("one", "one"), ("", "<b>"), ("two", "two"))
    assert (made.to_source_end(3), made.to_source_start(3)) == (3, 6)


def test_an_entity_is_never_cut() -> None:
    made = source_map(("a", "a"), ("é", "&eacute;"), (" ", "\n\n  "), ("b", "b"))
    assert (made.to_source_start(1), made.to_source_end(2)) == (1, 9)
    assert (made.to_source_start(2), made.to_source_end(3)) == (9, 13)
    assert made.to_source_end(4) == 14
