"""The requests to every endpoint that need no answer to an earlier request."""

import json

import httpx

from tests.privacy.requests import (
    anthropic,
    deepl,
    encoders,
    glossaries,
    hugging_face,
    libretranslate,
    llama_cpp,
    management,
    native,
    ollama,
    openai,
    responses,
    text_generation,
    vllm,
)
from tests.privacy.requests.bodies import JSON
from tests.privacy.requests.malformed import calls_without_body, malformed_calls

_APIS = (
    native,
    openai,
    vllm,
    libretranslate,
    deepl,
    glossaries,
    hugging_face,
    anthropic,
    responses,
    ollama,
    text_generation,
    llama_cpp,
    encoders,
    management,
)


def calls(url: str, word: str) -> list[httpx.Request]:
    """Correct requests and many wrong ones. Each has the word in all places."""
    bodies = [each for api in _APIS for each in api.bodies(word)]
    return [
        *(httpx.Request("POST", url + path, content=json.dumps(body).encode(), headers=JSON) for path, body in bodies),
        *malformed_calls(url, word),
        *calls_without_body(url, word),
    ]
