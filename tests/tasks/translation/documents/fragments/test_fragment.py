"""Fragments: the pairs of tags that nest are numbered."""

import pytest

from service.tasks.translation.documents.fragments.fragment import Fragment, FragmentKind, number_pairs


def numbered(tags: str) -> str:
    """``tags`` are names, "a" to open and "/a" to close. Returns them with the numbers of their pairs."""
    fragments = [
        Fragment(FragmentKind.CLOSE if tag.startswith("/") else FragmentKind.OPEN, tag, name=tag.strip("/"))
        for tag in tags.split()
    ]
    return " ".join(
        fragment.source + (str(fragment.pair) if fragment.kind is not FragmentKind.TAG else "")
        for fragment in number_pairs(fragments)
    )


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("a /a", "a1 /a1"),
        ("a b /b /a", "a2 b1 /b1 /a2"),
        ("a b /a", "a1 b /a1"),
        ("a b /a /b", "a1 b /a1 /b"),
        ("/a a", "/a a"),
        ("a a /a", "a a1 /a1"),
        ("a /a /a", "a1 /a1 /a"),
        ("", ""),
    ],
)
def test_only_tags_that_nest_are_pairs(tags: str, expected: str) -> None:
    assert numbered(tags) == expected


def test_many_tags_that_are_never_closed_take_linear_time() -> None:
    opened = [Fragment(FragmentKind.OPEN, "<b>", name="b")] * 100_000
    closed = [Fragment(FragmentKind.CLOSE, "</i>", name="i")] * 100_000
    assert all(fragment.kind is FragmentKind.TAG for fragment in number_pairs([*opened, *closed]))
