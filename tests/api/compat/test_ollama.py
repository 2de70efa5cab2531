"""Ollama's routes over a scripted engine and scripted encoders: what is sent to the engine, and what is answered."""

import json
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.api.raw_http import connection, post_bytes, read_until
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine, filling_engine

CHAT: dict[str, Any] = {"model": "org/tiny", "messages": [{"role": "user", "content": "x"}]}
PROMPT: dict[str, Any] = {"model": "org/tiny", "prompt": "x"}
DURATIONS = {"total_duration", "load_duration", "prompt_eval_duration", "eval_duration"}


def lines(response: httpx.Response) -> list[Any]:
    assert response.headers["content-type"].startswith("application/x-ndjson")
    assert response.content.endswith(b"}\n")
    return [json.loads(line) for line in response.text.split("\n")[:-1]]


@pytest.mark.parametrize(("path", "body"), [("/api/chat", CHAT), ("/api/generate", PROMPT)])
def test_a_stream_has_a_line_for_each_part_and_a_last_one(hello: Scripted, path: str, body: dict[str, Any]) -> None:
    *parts, last = lines(hello.http.post(path, json=body))
    assert "".join(part.get("response") or part["message"]["content"] for part in parts) == "Hello"
    assert all({"done_reason", *DURATIONS}.isdisjoint(part) for part in parts)
    assert {part["done"] for part in parts} == {False}
    assert (last["done"], last["done_reason"], last["model"]) == (True, "stop", "org/tiny")
    assert last["prompt_eval_count"] == len(hello.engine.requests[-1].prompt)
    assert last["eval_count"] >= len("Hello")
    assert all(last[name] > 0 for name in DURATIONS)
    times = [datetime.fromisoformat(each["created_at"]) for each in (*parts, last)]
    assert times == sorted(times)


def test_one_object_without_a_stream(hello: Scripted) -> None:
    chat = hello.http.post("/api/chat", json=CHAT | {"stream": False, "options": {"num_predict": 3}}).json()
    assert (chat["done"], chat["done_reason"]) == (True, "length")
    assert chat["message"] == {"role": "assistant", "content": "Hel"}
    generated = hello.http.post("/api/generate", json=PROMPT | {"stream": False}).json()
    assert (generated["response"], generated["done_reason"]) == ("Hello", "stop")


@pytest.mark.parametrize("headers", [{}, {"content-type": "application/x-www-form-urlencoded"}])
def test_a_body_is_json_whatever_its_type(hello: Scripted, headers: dict[str, str]) -> None:
    content = json.dumps(CHAT | {"stream": False}).encode()
    answer = hello.http.post("/api/chat", content=content, headers=headers)
    assert answer.json()["message"]["content"] == "Hello"
    refused = hello.http.post("/api/chat", content=b"x=1", headers=headers)
    assert (refused.status_code, list(refused.json())) == (400, ["error"])


def test_options_reach_the_engine(hello: Scripted) -> None:
    same = {"temperature": 0.5, "top_k": 7, "top_p": 0.6, "min_p": 0.1, "seed": 42}
    same |= {"presence_penalty": 0.3, "frequency_penalty": 0.4}
    options = same | {"num_predict": 9, "repeat_penalty": 1.2, "stop": ["l"]}
    answer = hello.http.post("/api/chat", json=CHAT | {"stream": False, "options": options}).json()
    assert (answer["message"]["content"], answer["done_reason"]) == ("He", "stop")
    params = hello.engine.requests[-1].params
    assert {name: getattr(params, name) for name in same} == same
    assert (params.max_tokens, params.repetition_penalty) == (9, 1.2)


@pytest.mark.parametrize("options", [{}, {"seed": -1, "num_ctx": 4096, "num_thread": 4}])
def test_the_defaults_are_ollamas(hello: Scripted, options: dict[str, Any]) -> None:
    seeds = set()
    for _ in range(2):
        assert hello.http.post("/api/generate", json=PROMPT | {"options": options}).status_code == 200
        params = hello.engine.requests[-1].params
        assert (params.temperature, params.top_k, params.top_p, params.max_tokens) == (0.8, 40, 0.9, 512)
        assert params.repetition_penalty == 1
        seeds.add(params.seed)
    assert len(seeds) == 2


def test_no_repeat_penalty_for_the_last_0_tokens(hello: Scripted) -> None:
    options = {"repeat_penalty": 1.5, "repeat_last_n": 0}
    assert hello.http.post("/api/generate", json=PROMPT | {"options": options}).status_code == 200
    assert hello.engine.requests[-1].params.repetition_penalty == 1


@pytest.mark.parametrize("format", ["json", {"type": "object", "properties": {"a": {"type": "integer"}}}])
def test_a_format_is_a_grammar(hello: Scripted, format: Any) -> None:
    for path, body in (("/api/chat", CHAT), ("/api/generate", PROMPT)):
        assert hello.http.post(path, json=body | {"format": format, "stream": False}).status_code == 200
        assert hello.engine.requests[-1].params.constraint is not None
        assert hello.http.post(path, json=body | {"format": "", "stream": False}).status_code == 200
        assert hello.engine.requests[-1].params.constraint is None


def test_a_prompt_is_a_users_turn_unless_it_is_raw(hello: Scripted) -> None:
    tokenizer = hello.engine.tokenizer
    turns = [{"role": "system", "content": "s"}, {"role": "user", "content": "x"}]
    assert hello.http.post("/api/chat", json=CHAT | {"messages": turns}).status_code == 200
    assert hello.http.post("/api/generate", json=PROMPT | {"system": "s"}).status_code == 200
    chat, generated = hello.engine.requests[-2:]
    assert chat.prompt == generated.prompt
    assert hello.http.post("/api/generate", json=PROMPT | {"raw": True}).status_code == 200
    assert tokenizer.decode(hello.engine.requests[-1].prompt) == "x"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"model": ""}, "model"),
        ({"model": None}, "model"),
        ({"tools": [{"type": "function"}]}, "tools.0.function"),
        ({"think": True}, "think"),
        ({"think": "high"}, "think"),
        ({"logprobs": 1}, "logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"top_logprobs": 2}, "top_logprobs needs logprobs to be true"),
        ({"messages": [{"role": "user", "content": "x", "images": ["aGk="]}]}, "messages.0.images"),
        ({"messages": [{"role": "user", "content": "x", "tool_name": "f"}]}, "messages.0"),
        ({"messages": [{"role": "assistant", "content": "", "tool_calls": [{}]}]}, "messages.0.tool_calls"),
        ({"messages": [{"role": "user", "content": "", "thinking": "x"}]}, "thinking"),
        ({"messages": [{"role": "user"}]}, "content"),
        ({"format": "yaml"}, "format"),
        ({"format": {"not": {}}}, "format"),
        ({"keep_alive": []}, "keep_alive"),
        ({"keep_alive": "5 minutes"}, "keep_alive"),
        ({"keep_alive": "m"}, "keep_alive"),
        ({"truncate": True}, "truncate"),
        ({"shift": True}, "shift"),
        ({"options": {"mirostat": 1}}, "options.mirostat"),
        ({"options": {"typical_p": 0.7}}, "options.typical_p"),
        ({"options": {"tfs_z": 0.5}}, "options.tfs_z"),
        ({"options": {"repeat_last_n": 33, "repeat_penalty": 1.2}}, "options.repeat_last_n: "),
        ({"options": {"penalize_newline": False}}, "options.penalize_newline"),
        ({"options": {"vocab_only": True}}, "options.vocab_only"),
        ({"options": {"temperature": 3}}, "options.temperature"),
        ({"options": {"num_predict": 50_000}}, "50000 for the output"),
        ({"options": {"stop": ["x"] * 1000}}, "stop"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_by_name(hello: Scripted, fields: dict[str, Any], field: str) -> None:
    response = hello.http.post("/api/chat", json=CHAT | fields)
    assert response.status_code == 400
    assert list(response.json()) == ["error"]
    assert field in response.json()["error"]


@pytest.mark.parametrize("field", ["template", "images", "context", "width", "steps"])
def test_generate_refuses_by_name(hello: Scripted, field: str) -> None:
    response = hello.http.post("/api/generate", json=PROMPT | {field: [1]})
    assert (response.status_code, list(response.json())) == (400, ["error"])
    assert response.json()["error"].startswith(f"{field}: ")


def test_a_suffix_asks_for_the_text_before_it(hello: Scripted) -> None:
    with scripted_service(filling_engine()) as service:
        answer = service.http.post("/api/generate", json=PROMPT | {"suffix": "y", "stream": False}).json()
        assert (answer["response"], answer["prompt_eval_count"]) == ("Hello", 5)
        tokenizer = service.engine.tokenizer
        prompt = tokenizer.decode(service.engine.requests[-1].prompt, skip_special_tokens=False)
        assert prompt == "<|fim_prefix|>x<|fim_suffix|>y<|fim_middle|>"
        assert service.http.post("/api/generate", json=PROMPT | {"suffix": "y", "system": "s"}).status_code == 400
    refused = hello.http.post("/api/generate", json=PROMPT | {"suffix": "y"})
    assert refused.status_code == 400
    assert refused.json()["error"].startswith("suffix: this model's tokenizer has no fill-in-the-middle tokens")


@pytest.mark.parametrize(("path", "body"), [("/api/chat", CHAT), ("/api/generate", PROMPT)])
def test_log_probabilities(hello: Scripted, path: str, body: dict[str, Any]) -> None:
    asked = body | {"logprobs": True, "top_logprobs": 2}
    whole = hello.http.post(path, json=asked | {"stream": False}).json()["logprobs"]
    assert [each["token"] for each in whole] == list("Hello")
    assert (whole[0]["logprob"], whole[0]["bytes"], len(whole[0]["top_logprobs"])) == (-0.5, [ord("H")], 2)
    *parts, last = lines(hello.http.post(path, json=asked))
    assert [each for part in parts for each in part["logprobs"]] == whole
    assert "logprobs" not in last
    alone = hello.http.post(path, json=body | {"stream": False, "logprobs": True}).json()["logprobs"]
    assert [set(each) for each in alone] == [{"token", "logprob", "bytes"}] * 5
    assert "logprobs" not in hello.http.post(path, json=body | {"stream": False}).json()


def test_what_asks_for_nothing_is_accepted(hello: Scripted) -> None:
    nothing = {"suffix": "", "template": "", "images": [], "context": [], "think": False, "logprobs": False}
    response = hello.http.post("/api/generate", json=PROMPT | nothing | {"keep_alive": "5m", "stream": False})
    assert response.json()["response"] == "Hello"
    assert "x-ignored-params" not in response.headers
    raw = hello.http.post("/api/generate", json=PROMPT | {"raw": True, "system": "s"})
    assert (raw.status_code, raw.json()) == (400, {"error": "system and raw exclude each other"})


def test_unknown_options_are_named(hello: Scripted) -> None:
    response = hello.http.post("/api/chat", json=CHAT | {"options": {"foo": 1}})
    assert response.headers["x-ignored-params"] == "options.foo"


def test_an_error_in_a_stream_is_its_last_line() -> None:
    for engine in (ScriptedEngine(fails_at=2), ScriptedEngine(breaks_at=2)):
        with scripted_service(engine) as service:
            *parts, last = lines(service.http.post("/api/chat", json=CHAT))
            assert [part["message"]["content"] for part in parts] == ["H", "e"]
            assert last == {"error": "The service failed on this request"}
            assert engine.idle.wait(20)


def test_a_silence_is_broken_by_spaces() -> None:
    engine = ScriptedEngine(holds_at=2)
    with scripted_service(engine, heartbeat_seconds=0.02) as service, connection(service.address) as sock:
        sock.sendall(post_bytes("/api/chat", json.dumps(CHAT).encode()))
        assert engine.holding.wait(20)
        read_until(sock, b"\r\n1\r\n \r\n")
        engine.release()
        read_until(sock, b'"done":true')


def test_lines_are_ascii() -> None:
    text = "你好\u2028a\x85b"
    with scripted_service(ScriptedEngine(text=text)) as service:
        response = service.http.post("/api/generate", json=PROMPT)
        assert response.content.isascii()
        assert "".join(each["response"] for each in lines(response)) == text


def test_num_predict_below_1_fills_the_context(hello: Scripted) -> None:
    for number in (-1, -2, 0):
        assert hello.http.post("/api/chat", json=CHAT | {"options": {"num_predict": number}}).status_code == 200
        request = hello.engine.requests[-1]
        assert request.params.max_tokens == 10_000 - len(request.prompt)


def test_the_requests_of_open_webui(hello: Scripted) -> None:
    """As its backend sends them: probes, the list of models, and a chat with the options of its settings."""
    assert hello.http.head("/").status_code == 200
    assert hello.http.get("/").status_code == 200
    assert hello.http.get("/api/version").json()["version"].count(".") == 2
    [model] = hello.http.get("/api/tags").json()["models"]
    assert hello.http.get("/api/ps").json()["models"][0]["model"] == model["model"]
    body = {
        "model": model["model"],
        "messages": [{"role": "user", "content": "x"}],
        "stream": True,
        "options": {"temperature": 0.7, "num_ctx": 2048, "num_predict": 20, "stop": ["<end>"], "seed": 1},
        "format": None,
        "keep_alive": "5m",
        "template": None,
    }
    response = hello.http.post("/api/chat", json=body, headers={"x-openwebui-user-id": "1"})
    assert "x-ignored-params" not in response.headers
    assert "".join(part["message"]["content"] for part in lines(response)) == "Hello"
