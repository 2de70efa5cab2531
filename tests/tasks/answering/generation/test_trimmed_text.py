"""Text without white space at its ends, from pieces."""

from hypothesis import given
from hypothesis import strategies as st

from service.tasks.answering.generation.trimmed_text import TrimmedText


@given(pieces=st.lists(st.text(alphabet="ab \n\u3000", max_size=4)))
def test_the_added_pieces_are_the_trimmed_text(pieces: list[str]) -> None:
    text = TrimmedText()
    added = [text.add(piece) for piece in pieces]
    assert "".join(added) == text.text == "".join(pieces).strip()


def test_white_space_is_held_back_until_text_follows() -> None:
    text = TrimmedText()
    assert [text.add(piece) for piece in (" ", "\none", " \n", "", "two ")] == ["", "one", "", "", " \ntwo"]
