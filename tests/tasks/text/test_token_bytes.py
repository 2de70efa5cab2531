"""The bytes of single tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tasks.text.vocabularies import LIBRARIES, byte_fallback, token_id, tokenizer

KINDS = list(LIBRARIES)
BYTE_TOKENS = token_id(byte_fallback(), "<0x00>")


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(alphabet="ab \n.，你好é", min_size=1))
def test_token_bytes_make_up_the_text(kind: str, text: str) -> None:
    ids = tokenizer(kind).encode(text, add_special_tokens=False)
    first = tokenizer(kind).token_bytes(ids[0], at_start=True)
    assert first + b"".join(map(tokenizer(kind).token_bytes, ids[1:])) == LIBRARIES[kind]().decode(ids).encode()


def test_token_bytes_of_every_family() -> None:
    level, fallback = tokenizer("byte_level"), tokenizer("byte_fallback")
    space, accented = level.encode(" ")[0], level.encode("龘")[0]
    assert level.token_bytes(space) == b" "
    assert level.token_bytes(accented) == "龘".encode()[:1]
    assert level.token_text(accented) == "\ufffd"
    assert level.token_bytes(level.encode("<tool call>")[0]) == b"<tool call>"
    assert level.token_bytes(level.encode("名")[0]) == "名".encode()
    assert fallback.token_bytes(BYTE_TOKENS + 0xE4) == b"\xe4"
    word = token_id(byte_fallback(), "▁the")
    assert fallback.token_bytes(word) == b" the"
    assert fallback.token_bytes(word, at_start=True) == b"the"


@pytest.mark.parametrize("id", [-1, 10_000, 2**40])
def test_an_unknown_token_has_no_bytes(id: int) -> None:
    assert tokenizer("byte_level").token_bytes(id) == b""
