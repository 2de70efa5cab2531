"""The body of ``POST /v1/answer``."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from service.api.native.fields import NativeFields
from service.api.requests.examples import request_examples
from service.api.requests.fields import (
    MAX_TEXTS,
    MAX_TOKENS,
    NonEmpty,
    RequestModel,
    Text,
    contradiction,
)
from service.api.requests.sampling_fields import SharedSamplingFields

MAX_HISTORY = 32  # earlier questions
MAX_EXCHANGE = 8000  # characters of an earlier question, or of its answer


class AnswerDocument(RequestModel):
    """A text that may hold the answer."""

    id: Annotated[NonEmpty, Field(max_length=256, description="Your name for it.")]
    text: Text
    title: Annotated[Text | None, Field(max_length=1000, description="Read together with every part of the text.")] = (
        None
    )


class AnswerExchange(RequestModel):
    """An earlier question of the conversation, and its answer."""

    question: Annotated[NonEmpty, Field(max_length=MAX_EXCHANGE)]
    answer: Annotated[Text, Field(max_length=MAX_EXCHANGE, description="May be empty, if there was none.")]


class AnswerRequest(NativeFields, SharedSamplingFields):
    """A question, and the texts that may hold its answer.

    The sampling fields are for generated answers; extractive ones refuse them. ``top_k`` is the number of answers.
    """

    question: Annotated[NonEmpty, Field(description="The question to answer.")]
    context: Annotated[
        Text | None,
        Field(
            description="A text that may hold the answer. Without context and documents the model answers from what "
            "it knows; a blank text holds no answer."
        ),
    ] = None
    documents: Annotated[
        Annotated[list[AnswerDocument], Field(fail_fast=True)] | None,
        Field(min_length=1, max_length=MAX_TEXTS, description="Several texts that may hold the answer."),
    ] = None
    mode: Annotated[
        Literal["auto", "extractive", "generative"] | None,
        Field(
            description="extractive: literal spans of the texts. generative: the model's words, and citations of the "
            "texts. auto: extractive if there is a text. Default: auto."
        ),
    ] = None
    top_k: Annotated[int | None, Field(ge=1, le=1000, description="Extractive: the number of answers. Default: 1.")] = (
        None
    )
    no_answer_threshold: Annotated[
        float | None,
        Field(
            ge=0,
            le=1,
            description="Extractive: no answer is given if its probability is at least this. Default: the model's.",
        ),
    ] = None
    max_answer_len: Annotated[
        int | None, Field(ge=1, le=10_000, description="Extractive: most characters of an answer. Default: 160.")
    ] = None
    stride: Annotated[
        int | None, Field(ge=0, le=MAX_TOKENS, description="Extractive: tokens that two windows of a long text share.")
    ] = None

    history: Annotated[
        list[AnswerExchange] | None,
        Field(
            max_length=MAX_HISTORY,
            description="Earlier questions and answers, the oldest first. The model then writes the question again, so "
            "that it can be understood alone; `question_used` is the question that was answered.",
        ),
    ] = None
    format: Annotated[
        Literal["text", "html"] | None,
        Field(description="html: the texts are HTML. Offsets count its characters, answers are without tags."),
    ] = None
    retrieval: Annotated[
        Literal["auto", "words", "off"] | None,
        Field(
            description="How the passages that are read are chosen. words: by BM25. auto: by BM25, with the served "
            "embedder and re-ranker if there are any. off: all are read. Default: auto."
        ),
    ] = None
    max_passages: Annotated[
        int | None,
        Field(
            ge=1,
            le=1000,
            description="Most passages that are read. Default: 8; of a reader, as many as the service reads.",
        ),
    ] = None

    @model_validator(mode="after")
    def _one_source(self) -> "AnswerRequest":
        if self.context is not None and self.documents is not None:
            raise contradiction("documents", "Give either context or documents")
        ids: set[str] = set()
        for index, document in enumerate(self.documents or ()):
            if document.id in ids:
                raise contradiction(f"documents.{index}.id", "Two documents have the same id")
            ids.add(document.id)
        return self


EXAMPLES = request_examples(
    AnswerRequest,
    question={"question": "什么是量子计算？"},
    context={"question": "When was it built?", "context": "The bridge was built in 1894."},
    documents={
        "question": "When was the bridge built?",
        "documents": [
            {"id": "a", "title": "Arlen", "text": "Two rivers meet near Arlen."},
            {"id": "b", "text": "The bridge was built in 1894, of steel from a mill in Gent."},
        ],
        "top_k": 3,
        "no_answer_threshold": 0.8,
    },
    history={
        "question": "When was it built?",
        "history": [{"question": "What crosses the river near Arlen?", "answer": "A bridge"}],
        "context": "The bridge was built in 1894.",
    },
    generative={"question": "When was it built?", "context": "The bridge was built in 1894.", "mode": "generative"},
)
