"""The whole service on a tiny random model: real process, real sockets, real engine, the official client."""

import json
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from openai import OpenAI
from prometheus_client.parser import text_string_to_metric_families

from service.metrics.aliases import ALIASES
from tests.api.raw_http import connection, events, post_bytes
from tests.running_server import Server

MESSAGES: list[Any] = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def client(keyed_server: Server, secrets: dict[str, str]) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{keyed_server.url}/v1", api_key=secrets["client"], max_retries=0) as client:
        yield client


def wait_until_idle(keyed_server: Server) -> None:
    """Wait until the engine reports that nothing runs, waits or holds a block, without any further step."""
    gauges = ("trivium_sequences_running", "trivium_sequences_waiting", "trivium_kv_cache_usage_ratio")
    deadline = time.monotonic() + 30
    while any(values := {gauge: keyed_server.metric(gauge) for gauge in gauges}.values()):
        assert time.monotonic() < deadline, values


def test_a_seed_gives_the_same_text_alone_in_a_crowd_and_as_a_stream(keyed_server: Server, client: OpenAI) -> None:
    def text(seed: int) -> str:
        answer = client.chat.completions.create(model=keyed_server.model, messages=MESSAGES, seed=seed, max_tokens=30)
        return str(answer.choices[0].message.content)

    alone = [text(seed) for seed in range(8)]
    assert len(set(alone)) == 8
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(text, range(8))) == alone
    stream = client.chat.completions.create(
        model=keyed_server.model, messages=MESSAGES, seed=3, max_tokens=30, stream=True
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == alone[3]


def test_a_beam_search_gives_its_best_texts_whole_and_in_a_stream(keyed_server: Server) -> None:
    body = {"prompt": "Once", "max_tokens": 12, "use_beam_search": True, "best_of": 4, "n": 3, "ignore_eos": True}
    choices = keyed_server.http.post("/v1/completions", json=body).raise_for_status().json()["choices"]
    assert len({choice["text"] for choice in choices}) == 3
    scores = [choice["score"] for choice in choices]
    assert scores == sorted(scores, reverse=True)
    texts = ["", "", ""]
    for chunk in events(keyed_server.http.post("/v1/completions", json=body | {"stream": True})):
        for choice in chunk["choices"]:
            texts[choice["index"]] += choice["text"]
    assert texts == [choice["text"] for choice in choices]
    wait_until_idle(keyed_server)


def test_programs_for_vllm_and_tgi_find_their_series(keyed_server: Server) -> None:
    body = {"prompt": "x", "max_tokens": 3, "ignore_eos": True}
    before = keyed_server.metric("trivium_generated_tokens_total")
    keyed_server.http.post("/v1/completions", json=body).raise_for_status()
    families = {
        family.name: family for family in text_string_to_metric_families(keyed_server.http.get("/metrics").text)
    }
    assert "vllm:lora_requests_info" not in families  # the model has no adapters
    for alias in (*ALIASES["vllm"], *ALIASES["tgi"]):
        if alias.name == "vllm:lora_requests_info":
            continue
        source = families.get(alias.source) or families[f"{alias.source}_info"]
        is_counter = source.type == "counter"
        name = alias.name.removesuffix("_total") if is_counter else alias.name
        assert {"model_name", "model"} & families[name].samples[0].labels.keys(), alias
    own = families["trivium_generated_tokens"].samples[0].value
    assert families["vllm:generation_tokens"].samples[0].value == own >= before + 3


def test_a_prompt_scores_as_it_would_have_been_generated(keyed_server: Server) -> None:
    """The log probability of a token is the same when it is read and when it is chosen; a bias does not change it."""
    prompt = [65, 300, 67, 410, 12]
    body = {"prompt": prompt, "echo": True, "logprobs": 0, "max_tokens": 0}
    read = keyed_server.http.post("/v1/completions", json=body).json()["choices"][0]["logprobs"]["token_logprobs"]
    assert read[0] is None
    for i in range(1, len(prompt)):
        body = {"prompt": prompt[:i], "logit_bias": {prompt[i]: 100}, "logprobs": 0, "max_tokens": 1, "temperature": 0}
        chosen = keyed_server.http.post("/v1/completions", json=body).json()["choices"][0]["logprobs"]["token_logprobs"]
        assert chosen == [pytest.approx(read[i], abs=1e-4)]


def test_choices_differ_and_share_their_prompt(keyed_server: Server) -> None:
    body = {"prompt": "The quick brown fox", "n": 4, "max_tokens": 20, "seed": 1}
    answer = keyed_server.http.post("/v1/completions", json=body).json()
    assert len({choice["text"] for choice in answer["choices"]}) == 4
    assert (
        answer["usage"]["prompt_tokens"]
        == keyed_server.http.post("/tokenize", json={"prompt": body["prompt"]}).json()["count"]
    )


def test_a_repeated_prompt_comes_from_the_cache(keyed_server: Server) -> None:
    body = {"prompt": "What is the capital of France? " * 8, "max_tokens": 1, "cache_salt": "mine"}
    first, second = (keyed_server.http.post("/v1/completions", json=body).json()["usage"] for _ in range(2))
    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    assert second["prompt_tokens_details"]["cached_tokens"] > 0
    other = keyed_server.http.post("/v1/completions", json=body | {"cache_salt": "yours"}).json()["usage"]
    assert other["prompt_tokens_details"]["cached_tokens"] == 0


@pytest.mark.parametrize(
    "extreme",
    [
        {"temperature": 1e-300},
        {"top_p": 1e-300},
        {"top_k": 10_000_000},
        {"min_p": 1.0},
        {"repetition_penalty": 0.01},
        {"repetition_penalty": 100},
        {"logit_bias": {str(token): -100 for token in range(512)}},
        {"logit_bias": {"65": 100}},
        {"seed": -(2**63)},
        {"seed": 2**63 - 1},
        {"presence_penalty": 2, "frequency_penalty": 2, "temperature": 2},
        {"max_tokens": 1, "min_tokens": 1},
    ],
    ids=lambda extreme: str(extreme)[:40],
)
def test_extreme_values_are_accepted(keyed_server: Server, extreme: dict[str, Any]) -> None:
    body = {"messages": MESSAGES, "max_tokens": 4, "logprobs": True, "top_logprobs": 20} | extreme
    answer = keyed_server.http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["finish_reason"] in {"stop", "length"}


def test_native_routes(keyed_server: Server) -> None:
    generated = keyed_server.http.post("/v1/generate", json={"prompt": "人工智能将改变世界", "max_length": 20}).json()
    assert generated["usage"]["completion_tokens"] <= 20
    body = {"text": "Hello, how are you?", "source_lang": "English", "target_lang": "Chinese", "output_prefix": "你好"}
    translated = keyed_server.http.post("/v1/translate", json=body).json()
    assert translated["translations"][0]["text"].startswith("你好")
    pieces = events(
        keyed_server.http.post("/v1/answer", json={"question": "什么是量子计算？", "max_length": 20, "stream": True})
    )
    assert pieces[-1]["usage"]["completion_tokens"] <= 20


def test_answers_are_literally_in_the_documents(keyed_server: Server) -> None:
    """Even with random weights. The answer is the same each time, and the same as a stream."""
    documents = [
        {"id": "a", "text": "Caf\u0065\u0301\u00a0\r\n\tNoir: 👩‍👩‍👧 o'clock, 今天公园."},
        {"id": "b", "text": "The bridge was built in 1894. " * 80},
    ]
    body = {"question": "When was the bridge built?", "documents": documents, "top_k": 20, "no_answer_threshold": 1.0}
    answer = keyed_server.http.post("/v1/answer", json=body).json()
    texts = {document["id"]: document["text"] for document in documents}
    assert answer["mode"] == "extractive"
    assert len(answer["answers"]) > 10
    for span in answer["answers"]:
        assert texts[span["document"]][span["start"] : span["end"]] == span["text"] == span["text"].strip() != ""
        assert 0 < span["score"] <= 1
    best = answer["answers"][0]
    assert (answer["answer"], answer["start"], answer["document"]) == (best["text"], best["start"], best["document"])
    piece, end, last = events(keyed_server.http.post("/v1/answer", json=body | {"stream": True}))
    assert (piece["text"], end["finish_reason"]) == (answer["answer"], "stop")
    # Torch rounds by the shape of a batch, so the scores of two runs may differ in their last bit.
    scores = [[span.pop("score") for span in each["answers"]] for each in (last, answer)]
    assert scores[0] == pytest.approx(scores[1], rel=1e-5)
    assert last["answers"] == answer["answers"]
    assert last["usage"]["prompt_tokens_details"]["cached_tokens"] > 0


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ["/v1/generate", "/v1/completions"])
def test_clients_that_disconnect_free_their_blocks(keyed_server: Server, stream: bool, path: str) -> None:
    """Some of their sequences run, in prefill or in decode; the others wait for a place."""
    long = {"prompt": "a b c d " * 100, "max_tokens": 1200, "ignore_eos": True, "stream": stream}
    with ExitStack() as connections:
        for _ in range(12):
            sock = connections.enter_context(connection(keyed_server.address))
            key = f"authorization: {keyed_server.http.headers['authorization']}"
            sock.sendall(post_bytes(path, json.dumps(long).encode(), key))
        deadline = time.monotonic() + 30
        while (keyed_server.metric("trivium_sequences_running"), keyed_server.metric("trivium_sequences_waiting")) != (
            8,
            4,
        ):
            assert time.monotonic() < deadline
    wait_until_idle(keyed_server)
    reasons = keyed_server.metric('trivium_sequences_finished_total{reason="abort"}')
    assert reasons >= 12


def test_some_of_many_clients_disconnect(keyed_server: Server) -> None:
    """32 clients at once. Those that stay get the same text as alone, and at the end every block is free."""
    headers = dict(keyed_server.http.headers)

    def body(i: int) -> dict[str, Any]:
        return {
            "prompt": f"{'word ' * (i % 7)}{i}",
            "max_tokens": 10 + i,
            "seed": i,
            "stream": True,
            "ignore_eos": True,
        }

    def whole(i: int) -> str:
        pieces = events(httpx.post(f"{keyed_server.url}/v1/generate", json=body(i), headers=headers, timeout=60))
        return "".join(piece.get("text", "") for piece in pieces)

    def leave_early(i: int) -> None:
        long = body(i) | {"max_tokens": 300}
        with httpx.stream("POST", f"{keyed_server.url}/v1/generate", json=long, headers=headers, timeout=60) as stream:
            for _ in zip(range(random.Random(i).randrange(4)), stream.iter_raw(), strict=False):
                pass

    alone = {i: whole(i) for i in range(0, 32, 2)}
    barrier = threading.Barrier(32, timeout=60)

    def run(i: int) -> str | None:
        barrier.wait()
        if i % 2 == 0:
            return whole(i)
        leave_early(i)
        return None

    with ThreadPoolExecutor(32) as pool:
        results = list(pool.map(run, range(32)))
    assert {i: results[i] for i in alone} == alone
    wait_until_idle(keyed_server)
