"""huggingface_hub's client of TGI, against a real service with a tiny language model.

The package text-generation needs an older huggingface_hub, so it cannot be installed beside it. Its requests are those
of ``POST /`` with ``stream`` and ``parameters``.
"""

import json

import pytest
from huggingface_hub import AsyncInferenceClient, InferenceClient, TextGenerationInputGrammarType
from huggingface_hub.errors import ValidationError

from tests.running_server import Server

PROMPT = "Name a river."


@pytest.fixture
def client(four_models: Server) -> InferenceClient:
    return InferenceClient(four_models.url, token="any")


def expected(four_models: Server, tokens: int = 8) -> str:
    body = {"prompt": PROMPT, "temperature": 0, "max_tokens": tokens}
    return str(four_models.http.post("/v1/completions", json=body).json()["choices"][0]["text"])


def test_text_generation(four_models: Server, client: InferenceClient) -> None:
    text = client.text_generation(PROMPT, max_new_tokens=8)
    assert text == expected(four_models)
    assert client.text_generation(PROMPT, max_new_tokens=8, return_full_text=True) == PROMPT + text
    assert "".join(client.text_generation(PROMPT, max_new_tokens=8, stream=True)) == text


def test_details(four_models: Server, client: InferenceClient) -> None:
    answer = client.text_generation(
        PROMPT, max_new_tokens=8, details=True, decoder_input_details=True, top_n_tokens=3, seed=4, do_sample=True
    )
    details = answer.details
    assert details is not None
    assert (details.finish_reason, details.generated_tokens, details.seed) == ("length", 8, 4)
    body = {"prompt": PROMPT, "seed": 4, "max_tokens": 8, "logprobs": 3, "echo": True}
    [choice] = four_models.http.post("/v1/completions", json=body).json()["choices"]
    assert choice["text"] == PROMPT + answer.generated_text
    logprobs = [each.logprob for each in details.prefill] + [each.logprob for each in details.tokens]
    assert logprobs[1:] == pytest.approx(choice["logprobs"]["token_logprobs"][1:])
    assert details.top_tokens is not None
    assert [len(top) for top in details.top_tokens] == [3] * 8


def test_a_stream_with_details(four_models: Server, client: InferenceClient) -> None:
    *events, last = client.text_generation(PROMPT, max_new_tokens=8, stream=True, details=True)
    assert "".join(event.token.text for event in (*events, last)) == last.generated_text == expected(four_models)
    assert last.details is not None
    assert (last.details.finish_reason, last.details.generated_tokens) == ("length", 8)


def test_grammar(client: InferenceClient) -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    grammar = TextGenerationInputGrammarType(type="json", value=schema | {"additionalProperties": False})
    text = client.text_generation(PROMPT, grammar=grammar, max_new_tokens=50)
    assert set(json.loads(text)) == {"ok"}


async def test_async(four_models: Server) -> None:
    async with AsyncInferenceClient(four_models.url, token="any") as client:
        parts = [part async for part in await client.text_generation(PROMPT, max_new_tokens=8, stream=True)]
        assert "".join(parts) == await client.text_generation(PROMPT, max_new_tokens=8) == expected(four_models)


def test_endpoint(four_models: Server) -> None:
    client = InferenceClient(four_models.url, token="any", provider="hf-inference")
    assert client.health_check()
    info = client.get_endpoint_info()
    assert (info["model_id"], info["max_total_tokens"]) == ("chat", 2048)


def test_errors(client: InferenceClient) -> None:
    with pytest.raises(ValidationError, match=r"parameters\.typical_p"):
        client.text_generation(PROMPT, typical_p=0.5)
    with pytest.raises(ValidationError, match=r"parameters\.watermark"):
        list(client.text_generation(PROMPT, watermark=True, stream=True))
    with pytest.raises(ValidationError, match="2048"):
        client.text_generation(PROMPT * 1000, max_new_tokens=8)
