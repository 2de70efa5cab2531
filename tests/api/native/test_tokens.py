"""``/tokenize`` and ``/detokenize``."""

import json
from typing import Any

import pytest

from model_store.types import LocalModel
from service.api.native.tokens.response import TokenizerInfoResponse
from service.tasks.text.tokenizer import Tokenizer
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


@pytest.mark.parametrize("text", ["Hello", "你好 👍", ""])
def test_the_form_of_tgi(hello: Scripted, text: str) -> None:
    tokens = hello.http.post("/tokenize", json={"inputs": text}).json()
    assert [token["id"] for token in tokens] == hello.engine.tokenizer.encode(text)
    assert all(token["text"] == text[token["start"] : token["stop"]] for token in tokens)
    assert set().union(*(range(token["start"], token["stop"]) for token in tokens)) == set(range(len(text)))


def test_the_form_of_llamacpp(hello: Scripted) -> None:
    ids = hello.engine.tokenizer.encode("aé")
    assert hello.http.post("/tokenize", json={"content": "aé"}).json() == {"tokens": ids}
    pieces = hello.http.post("/tokenize", json={"content": "aé", "with_pieces": True}).json()["tokens"]
    assert pieces == [
        {"id": ids[0], "piece": "a"},
        {"id": ids[1], "piece": [0xC3]},
        {"id": ids[2], "piece": [0xA9]},
    ]


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/tokenize", {}, "prompt"),
        ("/tokenize", {"prompt": "x", "messages": [{"role": "user", "content": "x"}]}, "prompt"),
        ("/tokenize", {"inputs": "x", "content": "y"}, "prompt"),
        ("/tokenize", {"inputs": "x", "with_pieces": True}, "with_pieces"),
        ("/tokenize", {"content": "x", "add_special_tokens": True}, "add_special_tokens"),
        ("/tokenize", {"content": "x", "parse_special": False}, "parse_special"),
        ("/detokenize", {"tokens": [1, 257]}, "tokens.1"),
        ("/detokenize", {"tokens": [1, -1]}, "tokens.1"),
        ("/detokenize", {"tokens": "x"}, "tokens"),
        ("/detokenize", {}, "tokens"),
    ],
)
def test_wrong_fields_are_refused(hello: Scripted, path: str, body: dict[str, Any], param: str) -> None:
    response = hello.http.post(path, json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


def test_the_tokenizer_is_described(hello: Scripted) -> None:
    info = hello.http.get("/tokenizer_info", params={"model": "org/tiny"}).json()
    assert info == hello.http.get("/tokenizer_info").json()
    assert (info["eos_token"], info["model_max_length"]) == (None, 10_000)
    assert info["chat_template"].startswith("{% for m in messages %}")
    assert hello.http.get("/tokenizer_info", params={"model": "other"}).status_code == 404


def test_the_description_is_that_of_the_models_files(smollm2: LocalModel) -> None:
    config = json.loads((smollm2.path / "tokenizer_config.json").read_text(encoding="utf-8"))
    info = TokenizerInfoResponse.of(Tokenizer.load(smollm2.path), 2048)
    for name in ("bos_token", "eos_token", "pad_token", "unk_token"):
        assert getattr(info, name) == config[name], name
    assert info.chat_template == (smollm2.path / "chat_template.jinja").read_text(encoding="utf-8")
