"""What the routes answer, for the OpenAPI document. Answers are made by ``formats``, without passing through these."""

from typing import Any, Literal

from pydantic import BaseModel

from service.tasks.translation import Flag


class PromptTokensDetails(BaseModel):
    cached_tokens: int


class CompletionTokensDetails(BaseModel):
    reasoning_tokens: int
    accepted_prediction_tokens: int
    rejected_prediction_tokens: int


class Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokensDetails
    completion_tokens_details: CompletionTokensDetails


class Timings(BaseModel):
    queue_seconds: float
    ttft_seconds: float | None
    total_seconds: float


class Generated(BaseModel):
    id: str
    model: str
    text: str
    finish_reason: Literal["stop", "length"]
    usage: Usage
    timings: Timings


class AnswerSpan(BaseModel):
    text: str
    start: int
    end: int
    document: str | None
    score: float


class Answered(BaseModel):
    id: str
    model: str
    answer: str
    mode: Literal["extractive", "generative"]
    finish_reason: Literal["stop", "length"]
    no_answer: bool
    no_answer_probability: float | None
    score: float | None
    start: int | None
    end: int | None
    document: str | None
    answers: list[AnswerSpan]
    citations: list[AnswerSpan]
    dropped_citations: int
    usage: Usage
    timings: Timings


class DetectedLanguage(BaseModel):
    language: str
    confidence: float


class TranslatedSegment(BaseModel):
    source: str
    text: str
    start: int
    end: int
    flags: list[Flag]
    score: float | None


class GlossaryReport(BaseModel):
    applied: list[str]
    missed: list[str]


class Translation(BaseModel):
    index: int
    text: str
    finish_reason: Literal["stop", "length"]
    source_lang: str | None
    target_lang: str
    detected: DetectedLanguage | None
    flags: list[Flag]
    alternatives: list[str]
    segments: list[TranslatedSegment]
    glossary: GlossaryReport


class Translated(BaseModel):
    id: str
    model: str
    translations: list[Translation]
    usage: Usage
    timings: Timings


class LanguagePairs(BaseModel):
    code: str
    name: str
    targets: list[str]


class Languages(BaseModel):
    model: str
    languages: list[LanguagePairs]


class AssistantMessage(BaseModel):
    role: Literal["assistant"]
    content: str
    refusal: None


class ChatTokenLogprob(BaseModel):
    token: str
    logprob: float
    bytes: list[int]
    top_logprobs: list[dict[str, Any]]


class ChatLogprobs(BaseModel):
    content: list[ChatTokenLogprob]
    refusal: None


class ChatChoice(BaseModel):
    index: int
    message: AssistantMessage
    logprobs: ChatLogprobs | None
    finish_reason: Literal["stop", "length"]


class ChatCompletion(BaseModel):
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChatChoice]
    usage: Usage


class CompletionLogprobs(BaseModel):
    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None]
    text_offset: list[int]


class CompletionChoice(BaseModel):
    index: int
    text: str
    logprobs: CompletionLogprobs | None
    finish_reason: Literal["stop", "length"]


class Completion(BaseModel):
    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[CompletionChoice]
    usage: Usage


class Model(BaseModel):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    root: str
    parent: str | None
    max_model_len: int | None


class ModelList(BaseModel):
    object: Literal["list"]
    data: list[Model]


class Tokenized(BaseModel):
    count: int
    max_model_len: int
    tokens: list[int]
    token_strs: list[str] | None = None


class Detokenized(BaseModel):
    prompt: str
    content: str


class Version(BaseModel):
    version: str


class Health(BaseModel):
    status: Literal["ok", "loading", "restarting", "stopping", "dead"]
    reason: str


class ErrorDetail(BaseModel):
    message: str
    type: str
    param: str | None
    code: str | None


class Error(BaseModel):
    error: ErrorDetail
