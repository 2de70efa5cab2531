"""Cuts of texts and pairs, compared with the tokenizers library."""

from hypothesis import given
from hypothesis import strategies as st

from service.tasks.encoding.truncation import Truncation, pair_rooms
from tests.fakes.tokenizer import byte_library

lengths = st.integers(0, 12)


@given(first=lengths, second=lengths, room=st.integers(1, 20))
def test_pairs_are_cut_as_the_library_cuts_the_longest_first(first: int, second: int, room: int) -> None:
    library = byte_library()
    library.enable_truncation(room, strategy="longest_first")
    kept = library.encode("a" * first, "b" * second).sequence_ids
    assert pair_rooms(first, second, room) == (kept.count(0), kept.count(1))


@given(tokens=st.lists(st.integers(), max_size=8), room=lengths)
def test_a_text_is_cut_at_one_end(tokens: list[int], room: int) -> None:
    assert Truncation.END.cut(tokens, room) == tokens[:room]
    assert Truncation.START.cut(tokens, room) == tokens[max(len(tokens) - room, 0) :]
    assert Truncation.NONE.cut(tokens, room) == tokens
