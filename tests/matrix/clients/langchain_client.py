"""langchain-openai: chats, tools, structured output and embeddings."""

from collections.abc import Callable
from typing import Any, Literal

import httpx
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings
from pydantic import BaseModel, SecretStr

from tests.matrix.call import Call
from tests.matrix.service import CHAT, EMBEDDER, Service

_NAME = "langchain-openai"


class Answer(BaseModel):
    """An answer."""

    sky: Literal["clear", "cloudy"]


def _structured(method: Literal["function_calling", "json_schema"]) -> Callable[[ChatOpenAI], None]:
    def ask(chat: ChatOpenAI) -> None:
        assert isinstance(chat.with_structured_output(Answer, method=method).invoke("x"), Answer)

    return ask


_CHAT: list[tuple[str, dict[str, Any], Callable[[ChatOpenAI], Any]]] = [
    ("invoke", {}, lambda chat: chat.invoke("x")),
    ("stream", {}, lambda chat: list(chat.stream("x"))),
    ("batch", {}, lambda chat: chat.batch(["x", "y"])),
    ("bind_tools", {}, lambda chat: chat.bind_tools([Answer], tool_choice="auto").invoke("x")),
    ("logprobs", {"logprobs": True}, lambda chat: chat.invoke("x")),
    ("function_calling", {"max_tokens": 60}, _structured("function_calling")),
    ("json_schema", {"max_tokens": 60}, _structured("json_schema")),
    ("use_responses_api", {"use_responses_api": True, "max_tokens": 16}, lambda chat: chat.invoke("x")),
    ("responses stream", {"use_responses_api": True, "max_tokens": 16}, lambda chat: list(chat.stream("x"))),
]


def _run(fields: dict[str, Any], function: Callable[[ChatOpenAI], Any]) -> Callable[[Service], None]:
    def run(service: Service) -> None:
        with httpx.Client() as http:
            options: dict[str, Any] = {"max_tokens": 5, "temperature": 0, "max_retries": 0} | fields
            chat = ChatOpenAI(
                model=CHAT, base_url=f"{service.url}/v1", api_key=SecretStr("any"), http_client=http, **options
            )
            function(chat)

    return run


def _complete(service: Service) -> None:
    with httpx.Client() as http:
        model = OpenAI(
            model=CHAT, base_url=f"{service.url}/v1", api_key=SecretStr("any"), http_client=http, max_tokens=5
        )
        model.invoke("A river")


def _embed(service: Service) -> None:
    with httpx.Client() as http:
        OpenAIEmbeddings(
            model=EMBEDDER,
            base_url=f"{service.url}/v1",
            api_key=SecretStr("any"),
            http_client=http,
            check_embedding_ctx_length=False,
        ).embed_documents(["a", "b"])


CALLS = [
    *(Call(_NAME, f"ChatOpenAI {name}", _run(fields, function)) for name, fields, function in _CHAT),
    Call(_NAME, "OpenAI", _complete),
    Call(_NAME, "OpenAIEmbeddings", _embed),
]
