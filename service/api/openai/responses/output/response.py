"""The response object, and the other answers of the routes."""

import time
from typing import Any, Literal

from msgspec import field

from service.api.errors import ApiError
from service.api.openai.responses.input.request import ResponsesRequest
from service.api.openai.responses.input.text_fields import TextField
from service.api.openai.responses.input.tool_fields import echo
from service.api.openai.responses.items import (
    Item,
    OutputItem,
    new_id,
)
from service.api.wire.response_model import ResponseModel
from service.tasks.generation.options import Options
from service.tasks.generation.usage import Usage

Status = Literal["in_progress", "completed", "incomplete", "failed"]


class InputTokensDetails(ResponseModel):
    """Parts of the input tokens. The prefix cache costs nothing to fill, so no tokens count as written to it."""

    cached_tokens: int
    cache_write_tokens: int = 0


class OutputTokensDetails(ResponseModel):
    """A part of the output tokens: the thoughts."""

    reasoning_tokens: int


class ResponseTokens(ResponseModel):
    """The usage of the Responses API: counts of tokens."""

    input_tokens: int
    input_tokens_details: InputTokensDetails
    output_tokens: int
    output_tokens_details: OutputTokensDetails
    total_tokens: int

    @classmethod
    def from_usage(cls, usage: Usage) -> "ResponseTokens":
        """The object for the tokens that a turn has used."""
        return cls(
            usage.prompt_tokens,
            InputTokensDetails(usage.cached_tokens),
            usage.completion_tokens,
            OutputTokensDetails(usage.reasoning_tokens),
            usage.total_tokens,
        )


class ResponseFailure(ResponseModel):
    """Why a response failed, by OpenAI's codes."""

    code: Literal["server_error", "invalid_prompt"]
    message: str

    @classmethod
    def from_error(cls, error: ApiError) -> "ResponseFailure":
        return cls("server_error" if error.status >= 500 else "invalid_prompt", error.message)


class IncompleteDetails(ResponseModel):
    """Why a response is incomplete."""

    reason: Literal["max_output_tokens"]


class EchoedTool(ResponseModel):
    """A function of the request."""

    type: Literal["function"]
    name: str
    description: str | None
    parameters: dict[str, Any] | None
    strict: bool


class EchoedReasoning(ResponseModel):
    """The wish for thoughts."""

    effort: str | None = None
    summary: str | None = None


class EchoedText(ResponseModel):
    """The form of the text. ``format`` is as in the request."""

    format: dict[str, Any]
    verbosity: Literal["medium"] = "medium"


class ResponseObject(ResponseModel, kw_only=True):
    """A turn of the model, and what the request asked for."""

    id: str
    object: Literal["response"] = "response"
    created_at: int
    status: Status = "in_progress"
    background: Literal[False] = False
    completed_at: int | None = None
    error: ResponseFailure | None = None
    incomplete_details: IncompleteDetails | None = None
    instructions: str | None = None
    max_output_tokens: int | None = None
    max_tool_calls: int | None = None
    model: str
    output: list[OutputItem] = field(default_factory=list)
    parallel_tool_calls: bool = True
    previous_response_id: str | None = None
    prompt_cache_key: str | None = None
    reasoning: EchoedReasoning = field(default_factory=EchoedReasoning)
    safety_identifier: str | None = None
    service_tier: Literal["default"] = "default"
    store: bool = True
    temperature: float = 1.0
    text: EchoedText = field(default_factory=lambda: EchoedText({"type": "text"}))
    tool_choice: str | dict[str, Any] = "auto"
    tools: list[EchoedTool] = field(default_factory=list)
    top_logprobs: int = 0
    top_p: float = 1.0
    truncation: Literal["disabled"] = "disabled"
    usage: ResponseTokens | None = None
    user: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    @classmethod
    def begin(cls, body: ResponsesRequest, options: Options, *, model: str, store: bool) -> "ResponseObject":
        """The response to this body, before there is any output."""
        reasoning = body.reasoning
        return cls(
            id=new_id("resp"),
            created_at=int(time.time()),
            instructions=body.instructions,
            max_output_tokens=body.max_output_tokens,
            max_tool_calls=body.max_tool_calls,
            model=model,
            parallel_tool_calls=body.parallel_tool_calls is not False,
            previous_response_id=body.previous_response_id,
            prompt_cache_key=body.prompt_cache_key,
            reasoning=EchoedReasoning(reasoning.effort, reasoning.summary) if reasoning else EchoedReasoning(),
            safety_identifier=body.safety_identifier,
            store=store,
            temperature=options.params.temperature,
            text=EchoedText((body.text or TextField()).echo()),
            tool_choice=echo(body.tool_choice),
            tools=[
                EchoedTool("function", tool.name, tool.description, tool.parameters, tool.strict is not False)
                for tool in body.tools or []
            ],
            top_logprobs=body.top_logprobs or 0,
            top_p=options.params.top_p,
            user=body.user,
            metadata=body.metadata or {},
        )


class DeletedResponse(ResponseModel):
    """A response that was forgotten."""

    id: str
    object: Literal["response"]
    deleted: bool


class ItemList(ResponseModel):
    """Items, and whether there are more."""

    object: Literal["list"]
    data: list[Item]
    first_id: str | None
    last_id: str | None
    has_more: bool

    @classmethod
    def page(cls, items: list[Item], limit: int) -> "ItemList":
        """The first ``limit`` of the items."""
        data = items[:limit]
        first, last = (data[0].id, data[-1].id) if data else (None, None)
        return cls("list", data, first, last, len(items) > limit)


class ResponseInputTokens(ResponseModel):
    """The tokens of a conversation, as the model's chat template writes it."""

    object: Literal["response.input_tokens"]
    input_tokens: int
