"""``/tokenize`` and ``/detokenize``."""

from typing import Any

import pytest

from tests.api.scripted import Scripted


@pytest.mark.parametrize("text", ["Hello", "你好 👍", " a\u2028b\n"])
def test_tokenize_and_back(hello: Scripted, text: str) -> None:
    answer = hello.http.post("/tokenize", json={"prompt": text, "return_token_strs": True}).json()
    assert answer["tokens"] == hello.engine.tokenizer.encode(text)
    assert answer["count"] == len(answer["tokens"]) == len(answer["token_strs"])
    assert answer["max_model_len"] == 10_000
    back = hello.http.post("/detokenize", json={"tokens": answer["tokens"]}).json()
    assert back == {"prompt": text, "content": text}


def test_tokenize_messages(hello: Scripted) -> None:
    messages = [{"role": "user", "content": "x"}]
    for fields, text in (
        ({}, "user: x\nassistant: "),
        ({"continue_final_message": True}, "user: x"),
    ):
        answer = hello.http.post("/tokenize", json={"messages": messages} | fields).json()
        assert hello.engine.tokenizer.decode(answer["tokens"]) == text
        assert "token_strs" not in answer


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/tokenize", {}, "prompt"),
        ("/tokenize", {"prompt": "x", "messages": [{"role": "user", "content": "x"}]}, "prompt"),
        ("/detokenize", {"tokens": [1, 257]}, "tokens.1"),
        ("/detokenize", {"tokens": [1, -1]}, "tokens.1"),
        ("/detokenize", {"tokens": "x"}, "tokens"),
        ("/detokenize", {}, "tokens"),
    ],
)
def test_wrong_fields_are_refused(hello: Scripted, path: str, body: dict[str, Any], param: str) -> None:
    response = hello.http.post(path, json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)
