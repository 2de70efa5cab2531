"""Stop strings in a stream, compared with a search in the whole text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tasks.text.stop_strings import StopStrings

LETTERS = st.text(alphabet="ab你", max_size=40)
STOPS = st.lists(st.text(alphabet="ab你", min_size=1, max_size=6), max_size=4)


def cut(text: str, stops: list[str], include: bool) -> tuple[str, str | None]:
    """The text up to the first stop string: lowest start, then the shortest."""
    found = min(((text.find(stop), len(stop), stop) for stop in stops if stop in text), default=None)
    if found is None:
        return text, None
    start, length, stop = found
    return text[: start + length if include else start], stop


@given(parts=st.lists(LETTERS, max_size=12), stops=STOPS, include=st.booleans())
def test_the_text_ends_at_the_first_stop_string(parts: list[str], stops: list[str], include: bool) -> None:
    expected, matched = cut("".join(parts), stops, include)
    stream = StopStrings(stops, include=include)
    sent = fed = ""
    for part in parts:
        fed += part
        sent += stream.feed(part)
        assert expected.startswith(sent)
        if stream.matched is None:
            held = fed[len(sent) :]
            assert held == "" or any(stop.startswith(held[:1]) for stop in stops)
    sent += stream.flush()
    assert sent == expected
    assert stream.matched == matched


@given(text=LETTERS, stops=STOPS)
def test_only_a_true_prefix_of_a_stop_string_is_held_back(text: str, stops: list[str]) -> None:
    stream = StopStrings(stops)
    sent = stream.feed(text)
    if not any(stop in text for stop in stops):
        held = text[len(sent) :]
        assert held == "" or any(stop.startswith(held) and stop != held for stop in stops)
        longest = max((n for stop in stops for n in range(len(stop)) if text.endswith(stop[:n])), default=0)
        assert len(held) == longest


def test_text_that_cannot_be_a_stop_string_is_released_at_once() -> None:
    stream = StopStrings(["\n\nUser:"])
    assert stream.feed("Hello") == "Hello"
    assert stream.feed("\n") == ""
    assert stream.feed("there") == "\nthere"
    assert stream.feed("\n\nUs") == ""
    assert stream.feed("er: hi") == ""
    assert stream.matched == "\n\nUser:"
    assert stream.flush() == ""


def test_an_earlier_start_wins_over_an_earlier_end() -> None:
    stream = StopStrings(["abcd", "bc"])
    assert stream.feed("abc") == ""
    assert stream.matched is None
    assert stream.feed("d") == ""
    assert stream.matched == "abcd"


def test_a_match_waits_only_while_an_earlier_one_is_possible() -> None:
    stream = StopStrings(["abcd", "bc"])
    assert stream.feed("abcx") == "a"
    assert stream.matched == "bc"


def test_the_end_of_the_text_settles_a_waiting_match() -> None:
    stream = StopStrings(["abcd", "bc"], include=True)
    assert stream.feed("abc") + stream.flush() == "abc"
    assert stream.matched == "bc"


def test_the_shorter_of_two_stop_strings_with_the_same_start_wins() -> None:
    stream = StopStrings(["ab", "a"], include=True)
    assert stream.feed("xab") == "xa"
    assert stream.matched == "a"


def test_nothing_follows_a_match() -> None:
    stream = StopStrings(["."])
    assert stream.feed("One. Two.") == "One"
    assert stream.feed("Three") == ""


def test_without_stops_everything_passes() -> None:
    stream = StopStrings([])
    assert stream.feed("abc") == "abc"
    assert stream.flush() == ""


def test_an_empty_stop_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        StopStrings(["a", ""])


def test_a_hostile_stop_costs_no_more_than_its_length() -> None:
    size = 100_000
    stream = StopStrings(["a" * size + "b"])
    assert stream.feed("a" * 3 * size) == "a" * 2 * size
