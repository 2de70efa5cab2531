"""vLLM's fields that rule which tokens may be chosen, over a real engine."""

from typing import Any

import pytest

from tests.api.raw_http import events
from tests.api.scripted import Scripted
from tests.running_server import Server

PROMPT = [65, 300, 67, 410, 12]


def continued(keyed_server: Server, **body: Any) -> list[int]:
    """The tokens of a greedy continuation without an end."""
    start = {"prompt": PROMPT, "max_tokens": 12, "temperature": 0, "ignore_eos": True, "logprobs": 0}
    answer = keyed_server.http.post("/v1/completions", json=start | {"return_tokens_as_token_ids": True} | body)
    answer.raise_for_status()
    names = answer.json()["choices"][0]["logprobs"]["tokens"]
    return [int(name.removeprefix("token_id:")) for name in names]


def test_only_allowed_tokens_are_generated(keyed_server: Server) -> None:
    free = continued(keyed_server)
    allowed = [7, 301, 402, *free[:1]]
    ruled = continued(keyed_server, allowed_token_ids=allowed)
    assert ruled[0] == free[0]
    assert set(ruled) <= set(allowed)


def test_the_native_route_has_the_fields_too(keyed_server: Server) -> None:
    (token,) = keyed_server.http.post("/tokenize", json={"prompt": "x", "add_special_tokens": False}).json()["tokens"]
    body = {"prompt": "Hello", "max_tokens": 3, "allowed_token_ids": [token], "truncate_prompt_tokens": 1}
    answer = keyed_server.http.post("/v1/generate", json=body).json()
    assert (answer["text"], answer["usage"]["prompt_tokens"]) == ("xxx", 1)


def test_words_are_not_generated(keyed_server: Server) -> None:
    """Each time the first token of the text is forbidden, there is another one, which was not forbidden before."""
    words: list[str] = []
    for _ in range(4):
        tokens = continued(keyed_server, bad_words=words, max_tokens=24)
        texts = [keyed_server.http.post("/detokenize", json={"tokens": [token]}).json()["content"] for token in tokens]
        assert not set(texts) & set(words)
        words.append(next(text for text in texts if text.isascii() and text.isprintable() and text.strip()))
    assert len(set(words)) == 4


def test_a_truncated_prompt_is_its_end(keyed_server: Server) -> None:
    whole = keyed_server.http.post(
        "/v1/completions", json={"prompt": PROMPT[2:], "echo": True, "max_tokens": 3, "seed": 1}
    )
    cut = keyed_server.http.post(
        "/v1/completions",
        json={"prompt": PROMPT, "truncate_prompt_tokens": 3, "echo": True, "max_tokens": 3, "seed": 1},
    )
    assert cut.json()["choices"] == whole.json()["choices"]
    assert cut.json()["usage"]["prompt_tokens"] == 3
    text = {"prompt": "Hello there", "truncate_prompt_tokens": 2, "echo": True, "max_tokens": 0, "logprobs": 0}
    choice = keyed_server.http.post("/v1/completions", json=text).json()["choices"][0]
    assert "Hello there".endswith(choice["text"])
    assert choice["logprobs"]["text_offset"][0] == 0


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"allowed_token_ids": []}, "allowed_token_ids"),
        ({"allowed_token_ids": [10**6]}, "allowed_token_ids"),
        ({"allowed_token_ids": list(range(1025))}, "allowed_token_ids"),
        ({"bad_words": [""]}, "bad_words.0"),
        ({"bad_words": ["x" * 257]}, "bad_words"),
        ({"bad_words": ["x"] * 1025}, "bad_words"),
        ({"truncate_prompt_tokens": -2}, "truncate_prompt_tokens"),
        ({"truncate_prompt_tokens": 0}, "prompt"),
    ],
)
def test_wrong_values_are_refused(keyed_server: Server, fields: dict[str, Any], param: str) -> None:
    answer = keyed_server.http.post("/v1/completions", json={"prompt": "x"} | fields)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_fields_that_rule_out_every_token_are_the_clients_error(keyed_server: Server) -> None:
    (end,) = keyed_server.http.post("/tokenize", json={"prompt": "x", "add_special_tokens": False}).json()["tokens"]
    answer = keyed_server.http.post(
        "/v1/completions", json={"prompt": "x", "allowed_token_ids": [end], "bad_words": ["x"]}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_value")
    assert "rule out every token" in answer.json()["error"]["message"]


def chat(keyed_server: Server, **body: Any) -> Any:
    start = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4, "seed": 3, "ignore_eos": True}
    answer = keyed_server.http.post("/v1/chat/completions", json=start | body)
    answer.raise_for_status()
    return events(answer) if body.get("stream") else answer.json()


def test_the_tokens_of_an_answer(keyed_server: Server) -> None:
    body = {"prompt": PROMPT, "n": 2, "max_tokens": 4, "seed": 3, "ignore_eos": True, "return_token_ids": True}
    choices = keyed_server.http.post("/v1/completions", json=body).json()["choices"]
    assert [choice["prompt_token_ids"] for choice in choices] == [PROMPT] * 2
    assert [len(choice["token_ids"]) for choice in choices] == [4, 4]
    streamed: dict[int, list[int]] = {0: [], 1: []}
    prompts = []
    for chunk in events(keyed_server.http.post("/v1/completions", json=body | {"stream": True})):
        (part,) = chunk["choices"]
        streamed[part["index"]] += part["token_ids"]
        prompts += [part["prompt_token_ids"]] if "prompt_token_ids" in part else []
    assert list(streamed.values()) == [choice["token_ids"] for choice in choices]
    assert prompts == [PROMPT] * 2


def test_the_tokens_of_a_turn(keyed_server: Server) -> None:
    whole = chat(keyed_server, return_token_ids=True)
    ids = whole["choices"][0]["token_ids"]
    assert len(ids) == 4
    messages = {"messages": [{"role": "user", "content": "Hello"}]}
    assert whole["prompt_token_ids"] == keyed_server.http.post("/tokenize", json=messages).json()["tokens"]
    chunks = chat(keyed_server, return_token_ids=True, stream=True)
    assert [chunk["prompt_token_ids"] for chunk in chunks if "prompt_token_ids" in chunk] == [whole["prompt_token_ids"]]
    assert [token for chunk in chunks for token in chunk["choices"][0].get("token_ids", ())] == ids
    named = chat(keyed_server, logprobs=True, top_logprobs=1, return_tokens_as_token_ids=True)["choices"][0]["logprobs"]
    assert [entry["token"] for entry in named["content"]] == [f"token_id:{token}" for token in ids]
    assert "token_ids" not in chat(keyed_server)["choices"][0]


def test_log_probabilities_of_the_prompt(keyed_server: Server) -> None:
    """They are those that echo has."""
    body = {"prompt": PROMPT, "echo": True, "max_tokens": 0, "logprobs": 1, "prompt_logprobs": 3}
    choice = keyed_server.http.post("/v1/completions", json=body | {"return_tokens_as_token_ids": True}).json()[
        "choices"
    ][0]
    first, *rest = choice["prompt_logprobs"]
    assert first is None
    assert len(rest) == len(PROMPT) - 1
    echoed = zip(rest, PROMPT[1:], choice["logprobs"]["token_logprobs"][1:], strict=True)
    for values, token, logprob in echoed:
        assert values[str(token)]["logprob"] == logprob
        ranked = sorted(values.values(), key=lambda value: -value["logprob"])
        assert [value["rank"] for value in ranked[:3]] == [1, 2, 3]
        assert len(values) in {3, 4}
        assert all(value["rank"] is None for value in ranked[3:])
    assert [len(top) for top in choice["logprobs"]["top_logprobs"][1:]] == [
        1 + (values[str(token)]["rank"] != 1) for values, token in zip(rest, PROMPT[1:], strict=True)
    ]
    turn = chat(keyed_server, prompt_logprobs=0)
    assert len(turn["prompt_logprobs"]) == turn["usage"]["prompt_tokens"]
    assert "prompt_logprobs" not in chat(keyed_server)


def test_log_probabilities_of_the_prompt_are_not_streamed(keyed_server: Server) -> None:
    answer = keyed_server.http.post("/v1/completions", json={"prompt": "x", "prompt_logprobs": 1, "stream": True})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "prompt_logprobs")


def test_a_prediction_changes_nothing_but_the_usage(keyed_server: Server) -> None:
    whole = chat(keyed_server, temperature=0, max_tokens=24)
    text = whole["choices"][0]["message"]["content"]
    for content in (text, [{"type": "text", "text": text}], "something else", ""):
        predicted = chat(keyed_server, temperature=0, max_tokens=24, prediction={"type": "content", "content": content})
        assert predicted["choices"] == whole["choices"]
        details = predicted["usage"]["completion_tokens_details"]
        assert 0 <= details["accepted_prediction_tokens"] <= 24
        if content == "":
            assert details["accepted_prediction_tokens"] == details["rejected_prediction_tokens"] == 0
    wrong = {"messages": [{"role": "user", "content": "x"}], "prediction": {"type": "image"}}
    assert keyed_server.http.post("/v1/chat/completions", json=wrong).json()["error"]["param"].startswith("prediction")


def test_a_prediction_reaches_the_engine(hello: Scripted) -> None:
    body = {"messages": [{"role": "user", "content": "x"}], "prediction": {"type": "content", "content": "Hello"}}
    assert hello.http.post("/v1/chat/completions", json=body).status_code == 200
    request = hello.engine.requests[-1]
    assert hello.engine.tokenizer.decode(request.prediction) == "Hello"
