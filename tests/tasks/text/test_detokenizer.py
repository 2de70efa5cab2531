"""The text of an answer, token by token, compared with the whole answer decoded at once."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.tasks.text.detokenizer import Detokenizer
from tests.tasks.text.vocabularies import LIBRARIES, byte_fallback, byte_level, token_id, tokenizer

KINDS = list(LIBRARIES)
NASTY = st.text(alphabet=st.sampled_from("ab  \n'.，你好龘é😀👩\u200d🇫🇷\ufffd\u2028"), max_size=30) | st.text(
    max_size=30
)


def pieces(kind: str, answer: list[int], prompt: list[int], *, skip: bool = True) -> list[str]:
    text = Detokenizer(tokenizer(kind), prompt, skip_special_tokens=skip)
    return [*map(text.feed, answer), text.flush()]


@pytest.mark.parametrize("kind", KINDS)
@given(text=NASTY, data=st.data())
def test_a_text_divided_anywhere_continues_without_a_seam(kind: str, text: str, data: st.DataObject) -> None:
    ids = tokenizer(kind).encode(text)
    cut = data.draw(st.integers(0, len(ids)))
    prompt, answer = ids[:cut], ids[cut:]
    whole = tokenizer(kind).decode(ids)
    begun = Detokenizer(tokenizer(kind))
    before = "".join(map(begun.feed, prompt))  # without the half character that the prompt may end in
    assert before + "".join(pieces(kind, answer, prompt)) == whole


@given(prompt=st.lists(st.integers(0, 610), max_size=8), answer=st.lists(st.integers(0, 610)), skip=st.booleans())
def test_any_tokens_add_up_to_the_whole_decode(prompt: list[int], answer: list[int], skip: bool) -> None:
    assume("\ufffd".encode() not in b"".join(map(tokenizer("byte_level").token_bytes, prompt + answer)))
    decode = byte_level().decode
    whole, before = decode(prompt + answer, skip_special_tokens=skip), decode(prompt, skip_special_tokens=skip)
    completed = not whole.startswith(before)  # the answer turned the prompt's U+FFFD into a character
    expected = whole[len(before) - completed :]
    text = ""
    for piece in pieces("byte_level", answer, prompt, skip=skip):
        text += piece
        assert expected.startswith(text)
    assert text == expected


@pytest.mark.parametrize("kind", KINDS)
@given(prompt=st.lists(st.integers(0, 610), max_size=8), answer=st.lists(st.integers(0, 610)))
def test_returned_text_never_changes(kind: str, prompt: list[int], answer: list[int]) -> None:
    whole = tokenizer(kind).decode(answer)
    text = ""
    for piece in pieces(kind, answer, []):
        text += piece
        assert whole.startswith(text)
    assert text == whole
    assert "\ufffd" in "".join(map(tokenizer(kind).token_text, prompt)) or "".join(pieces(kind, [], prompt)) == ""


def test_no_part_of_a_character_is_returned() -> None:
    ids = byte_level().encode("a龘é😀").ids
    assert len(ids) > 4
    assert [piece for piece in pieces("byte_level", ids, []) if piece] == ["a", "龘", "é", "😀"]


@pytest.mark.parametrize("kind", ["byte_fallback", "unigram"])
def test_no_leading_space_is_lost(kind: str) -> None:
    prompt = tokenizer(kind).encode("the")
    word = tokenizer(kind).encode("day", add_special_tokens=False)
    assert "".join(pieces(kind, word, prompt)) == " day"
    assert "".join(pieces(kind, word, [])) == "day"


def test_a_prompt_of_special_tokens_is_no_text() -> None:
    word = token_id(byte_fallback(), "▁the")
    assert pieces("byte_fallback", [word], [1]) == ["the", ""]
    assert pieces("byte_fallback", [word], [1], skip=False) == [" the", ""]


def test_a_character_that_the_prompt_began_belongs_to_the_answer() -> None:
    *prompt, last = byte_level().encode("a龘").ids
    assert pieces("byte_level", [last], prompt) == ["龘", ""]


def test_a_character_that_stays_broken_belongs_to_the_prompt() -> None:
    prompt = byte_level().encode("a龘").ids[:-1]
    assert pieces("byte_level", byte_level().encode("b").ids, prompt) == ["b", ""]
    assert pieces("byte_level", [], prompt) == [""]


def test_text_continues_after_invalid_bytes() -> None:
    broken = byte_level().encode("龘").ids[0]
    letter = byte_level().encode("x").ids[0]
    assert pieces("byte_level", [broken, broken, letter], []) == ["", "\ufffd", "\ufffdx", ""]


def test_a_long_run_of_broken_or_skipped_tokens_is_quick() -> None:
    broken = byte_level().encode("龘").ids[0]
    assert "".join(pieces("byte_level", [broken, 0] * 50_000, [])) == "\ufffd" * 50_000
