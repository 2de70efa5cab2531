"""The body of ``POST /v1/chat/completions``."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from service.api.openai.fields import OpenAIFields
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.requests.conversation.chat_messages import ChatMessages
from service.api.requests.conversation.prediction import Prediction
from service.api.requests.conversation.tool_fields import ToolChoiceField, ToolFields, tool_use
from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_TOKENS, contradiction
from service.tasks.conversation.conversation import Conversation
from service.tasks.conversation.formats.reasoning import Effort, ReasoningUse


class ChatCompletionRequest(OpenAIFields):
    """A conversation to answer."""

    messages: ChatMessages
    tools: Annotated[ToolFields | None, Field(description="Functions that the model may call.")] = None
    tool_choice: ToolChoiceField | None = None
    parallel_tool_calls: Annotated[
        bool | None, Field(description="Allow more than one call in a turn. Default: true.")
    ] = None
    reasoning_effort: Annotated[
        Effort | None, Field(description="How much the model thinks before it answers; none: not at all.")
    ] = None
    enable_thinking: Annotated[bool | None, Field(description="Let the model think before it answers.")] = None
    thinking_budget: Annotated[
        int | None, Field(ge=0, le=MAX_TOKENS, description="Most tokens of the model's thoughts.")
    ] = None
    include_reasoning: Annotated[bool | None, Field(description="Answer with the thoughts. Default: true.")] = None
    chat_template_kwargs: Annotated[
        dict[str, Any] | None, Field(max_length=64, description="Variables of the model's chat template.")
    ] = None
    max_tokens: Annotated[
        int | None, Field(ge=1, le=MAX_TOKENS, description="The older name of max_completion_tokens.")
    ] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="Most tokens to generate.")] = (
        None
    )
    prediction: Annotated[
        Prediction | None, Field(description="A text that the answer will probably repeat; it changes the speed only.")
    ] = None
    logprobs: Annotated[bool | None, Field(description="Report log probabilities of the tokens.")] = None
    top_logprobs: Annotated[
        int | None, Field(ge=0, le=1024, description="With logprobs: this many likeliest alternatives of each token.")
    ] = None
    add_generation_prompt: Annotated[
        bool | None, Field(description="End the prompt with the start of an assistant's turn. Default: true.")
    ] = None
    continue_final_message: Annotated[bool | None, Field(description="Continue the last message.")] = None
    add_special_tokens: Annotated[
        Literal[False] | None, Field(description="The chat template writes the special tokens; none are added.")
    ] = None

    @model_validator(mode="after")
    def _consistent(self) -> "ChatCompletionRequest":
        both = (self.max_tokens, self.max_completion_tokens)
        if None not in both and both[0] != both[1]:
            raise contradiction("max_tokens", "max_tokens and max_completion_tokens mean the same and must not differ")
        if self.best_of not in (None, 1) and not self.use_beam_search:
            raise contradiction("best_of", "best_of needs use_beam_search")
        if self.top_logprobs and not self.logprobs:
            raise contradiction("top_logprobs", "top_logprobs needs logprobs to be true")
        if self.continue_final_message and self.add_generation_prompt:
            raise contradiction("continue_final_message", "continue_final_message excludes add_generation_prompt")
        return self

    def conversation(self) -> Conversation:
        """The conversation to continue. Raises InvalidOption if the tools and the choice do not fit together."""
        param = next(
            (name for name in ("enable_thinking", "thinking_budget") if getattr(self, name)), "reasoning_effort"
        )
        return Conversation(
            messages=[message.turn() for message in self.messages],
            tools=tool_use(self.tools, self.tool_choice, parallel=self.parallel_tool_calls),
            reasoning=ReasoningUse(
                enabled=self.enable_thinking,
                effort=self.reasoning_effort,
                budget=self.thinking_budget,
                param=param,
            ),
            variables=self.chat_template_kwargs or {},
            add_generation_prompt=self.add_generation_prompt is not False,
            continue_final_message=bool(self.continue_final_message),
        )


EXAMPLES = request_examples(
    ChatCompletionRequest,
    chat={
        "model": EXAMPLE_MODEL,
        "messages": [
            {"role": "system", "content": "Answer in one word."},
            {"role": "user", "content": "What is the capital of France?"},
        ],
    },
    stream={
        "model": EXAMPLE_MODEL,
        "messages": [{"role": "user", "content": "你好"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    },
    tools={
        "model": EXAMPLE_MODEL,
        "messages": [{"role": "user", "content": "What is the weather in Oslo?"}],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "get_weather",
                    "description": "The weather in a city now.",
                    "parameters": {
                        "type": "object",
                        "properties": {"city": {"type": "string"}},
                        "required": ["city"],
                        "additionalProperties": False,
                    },
                },
            }
        ],
    },
)
