"""JSON of response models."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.wire.response_model import UNSET, JsonResponse, ResponseModel, UnsetType, to_ascii_json


class Details(ResponseModel, kw_only=True):
    """A part that comes last."""

    last: int


class Example(Details):
    """Fields of a subclass come before those of a base with ``kw_only``."""

    text: str
    missing: str | UnsetType = UNSET


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_ascii_json_is_one_line_and_holds_the_text(text: str) -> None:
    line = to_ascii_json(Example(text, last=1))
    assert line.isascii()
    assert b"\n" not in line
    assert json.loads(line) == {"text": text, "last": 1}


@pytest.mark.parametrize("text", ["é", "你好", "👍", "\u2028", '"\\\x00'])
def test_ascii_json_is_as_python_writes_it(text: str) -> None:
    assert json.dumps({"text": text, "last": 1}, separators=(",", ":")).encode() == to_ascii_json(Example(text, last=1))


def test_answers_are_utf8_in_the_order_of_the_fields() -> None:
    response = JsonResponse([Example("你好", last=1), Example("x", "there", last=2)])
    assert bytes(response.body).decode() == '[{"text":"你好","last":1},{"text":"x","missing":"there","last":2}]'
    assert response.headers["content-type"] == "application/json"
