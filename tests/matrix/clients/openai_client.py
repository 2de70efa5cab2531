"""openai: every resource of the client, served or not."""

import json
from collections.abc import Callable
from typing import Any

import openai

from tests.matrix.call import Call
from tests.matrix.clients.openai_chat import openai_client
from tests.matrix.service import CHAT, EMBEDDER, Service

_NAME = "openai, resources"
_AUDIO = ("a.wav", b"RIFF")
_IMAGE = ("a.png", b"\x89PNG")


def _responses(client: openai.OpenAI) -> None:
    """Make, read, list the input of, continue and delete a response."""
    made = client.responses.create(model=CHAT, input="Name a river.", max_output_tokens=16)
    assert client.responses.retrieve(made.id).id == made.id
    assert client.responses.input_items.list(made.id).data
    assert client.responses.create(model=CHAT, input="x", previous_response_id=made.id, max_output_tokens=16).output
    client.responses.delete(made.id)


def _files(client: openai.OpenAI) -> None:
    """Keep a file, read it, start a batch of it, and end both."""
    line = {"custom_id": "a", "method": "POST", "url": "/v1/completions", "body": {"model": CHAT, "prompt": "x"}}
    file = client.files.create(file=("a.jsonl", json.dumps(line).encode()), purpose="batch")
    assert client.files.retrieve(file.id).id == file.id
    assert client.files.content(file.id).text == json.dumps(line)
    assert file.id in [each.id for each in client.files.list()]
    batch = client.batches.create(input_file_id=file.id, endpoint="/v1/completions", completion_window="24h")
    assert client.batches.retrieve(batch.id).id == batch.id
    assert batch.id in [each.id for each in client.batches.list()]


def _parse(client: openai.OpenAI) -> None:
    from pydantic import BaseModel

    class Answer(BaseModel):
        yes: bool

    chat = client.chat.completions.parse(
        model=CHAT, messages=[{"role": "user", "content": "x"}], response_format=Answer, max_tokens=60
    )
    assert isinstance(chat.choices[0].message.parsed, Answer)
    response = client.responses.parse(model=CHAT, input="x", text_format=Answer, max_output_tokens=60)
    assert isinstance(response.output_parsed, Answer)


_SERVED: list[tuple[str, Callable[[openai.OpenAI], Any]]] = [
    ("models.list", lambda c: c.models.list().data[0].id),
    ("models.retrieve", lambda c: c.models.retrieve(CHAT)),
    ("embeddings.create", lambda c: c.embeddings.create(model=EMBEDDER, input=["a", "b"])),
    ("embeddings.create float", lambda c: c.embeddings.create(model=EMBEDDER, input="a", encoding_format="float")),
    ("responses: create, retrieve, continue, delete", _responses),
    ("parse", _parse),
    ("files and batches", _files),
    ("responses.input_tokens.count", lambda c: c.responses.input_tokens.count(model=CHAT, input="x")),
]
# Not served, or not yet: the words of the refusal.
_OTHERS: list[tuple[Any, ...]] = [
    ("models.retrieve unknown", lambda c: c.models.retrieve("gpt-4o"), CHAT),
    ("models.delete", lambda c: c.models.delete(CHAT), "trivium models remove"),
    ("embeddings.create dimensions", lambda c: c.embeddings.create(model=EMBEDDER, input="a", dimensions=7), "dim"),
    ("embeddings.create of a chat model", lambda c: c.embeddings.create(model=CHAT, input="a"), EMBEDDER),
    ("moderations.create", lambda c: c.moderations.create(input="x"), "/v1/chat/completions"),
    ("files.retrieve", lambda c: c.files.retrieve("file-none"), "file"),
    ("files.delete", lambda c: c.files.delete("file-none"), "file"),
    ("files.content", lambda c: c.files.content("file-none"), "file"),
    ("uploads.create", lambda c: c.uploads.create(bytes=1, filename="a", mime_type="a/b", purpose="batch"), "upload"),
    (
        "batches.create",
        lambda c: c.batches.create(input_file_id="f", endpoint="/v1/completions", completion_window="24h"),
        "",
    ),
    ("batches.retrieve", lambda c: c.batches.retrieve("batch_none"), "batch"),
    ("batches.cancel", lambda c: c.batches.cancel("batch_none"), "batch"),
    ("images.generate", lambda c: c.images.generate(prompt="x"), "image"),
    ("images.edit", lambda c: c.images.edit(image=_IMAGE, prompt="x"), "image"),
    ("images.create_variation", lambda c: c.images.create_variation(image=_IMAGE), "image"),
    ("audio.speech", lambda c: c.audio.speech.create(model="tts-1", voice="alloy", input="x"), "audio"),
    ("audio.transcriptions", lambda c: c.audio.transcriptions.create(model="w", file=_AUDIO), "transcribe"),
    ("audio.translations", lambda c: c.audio.translations.create(model="w", file=_AUDIO), "transcribe"),
    ("fine_tuning.jobs.create", lambda c: c.fine_tuning.jobs.create(model=CHAT, training_file="f"), "adapter"),
    ("fine_tuning.jobs.list", lambda c: c.fine_tuning.jobs.list(), "adapter"),
    ("vector_stores.create", lambda c: c.vector_stores.create(name="v"), "/v1/embeddings"),
    ("vector_stores.list", lambda c: c.vector_stores.list(), "/v1/embeddings"),
    ("vector_stores.search", lambda c: c.vector_stores.search("v", query="x"), "/v1/embeddings"),
    ("beta.assistants.create", lambda c: c.beta.assistants.create(model=CHAT), "/v1/responses"),
    ("beta.assistants.list", lambda c: c.beta.assistants.list(), "/v1/responses"),
    ("beta.threads.create", lambda c: c.beta.threads.create(), "/v1/responses"),
    ("beta.threads.runs.create", lambda c: c.beta.threads.runs.create("t", assistant_id="a"), "/v1/responses"),
    ("realtime.client_secrets", lambda c: c.realtime.client_secrets.create(), "realtime"),
    ("conversations.create", lambda c: c.conversations.create(), "/v1/responses"),
    ("conversations.retrieve", lambda c: c.conversations.retrieve("conv_1"), "/v1/responses"),
    ("containers.create", lambda c: c.containers.create(name="c"), "container"),
    ("containers.list", lambda c: c.containers.list(), "container"),
    ("evals.list", lambda c: c.evals.list(), "eval"),
    ("videos.create", lambda c: c.videos.create(prompt="x"), "video"),
    ("skills.list", lambda c: c.skills.list(), "skill"),
    ("responses.retrieve unknown", lambda c: c.responses.retrieve("resp_none"), "resp"),
    ("responses.delete unknown", lambda c: c.responses.delete("resp_none"), "resp"),
    ("responses.cancel", lambda c: c.responses.cancel("resp_none"), "resp"),
    ("responses.compact", lambda c: c.responses.compact(model=CHAT, input="x"), "/v1/responses"),
    ("chat.completions.list", lambda c: c.chat.completions.list(), "store"),
    ("chat.completions.retrieve", lambda c: c.chat.completions.retrieve("chatcmpl-1"), "store"),
    ("chat.completions.delete", lambda c: c.chat.completions.delete("chatcmpl-1"), "store"),
]
# A base URL without /v1.
_BARE: list[tuple[Any, ...]] = [
    ("models.list without /v1", lambda c: c.models.list(), "/v1"),
    ("chat.completions without /v1", lambda c: c.chat.completions.create(model=CHAT, messages=[]), "/v1"),
    ("embeddings without /v1", lambda c: c.embeddings.create(model=EMBEDDER, input="a"), "/v1"),
    ("responses without /v1", lambda c: c.responses.create(model=CHAT, input="x"), "/v1"),
    ("files without /v1", lambda c: c.files.list(), "/v1"),
]


def _run(function: Callable[[openai.OpenAI], Any]) -> Callable[[Service], None]:
    def run(service: Service) -> None:
        with openai_client(service) as client:
            function(client)

    return run


def _run_bare(function: Callable[[openai.OpenAI], Any]) -> Callable[[Service], None]:
    def run(service: Service) -> None:
        with openai.OpenAI(base_url=service.url, api_key="any", max_retries=0) as client:
            function(client)

    return run


CALLS = [
    *(Call(_NAME, name, _run(function)) for name, function in _SERVED),
    *(Call(_NAME, name, _run(function), tuple(words), must_work=False) for name, function, *words in _OTHERS),
    *(Call(_NAME, name, _run_bare(function), tuple(words), must_work=False) for name, function, *words in _BARE),
]
