"""The body, the answer and the work of ``POST /chat_tokenize``."""

from service.api.native.tokens.source_tokens import SourceToken, source_tokens
from service.api.requests.conversation.messages import Messages
from service.api.requests.examples import request_examples
from service.api.requests.fields import ModelName, RequestModel
from service.api.wire.response_model import ResponseModel
from service.tasks.text.tokenizer import Tokenizer


class ChatTokenizeRequest(RequestModel):
    """A conversation."""

    model: ModelName = None
    messages: Messages
    add_generation_prompt: bool | None = None


class ChatTokenizeResponse(ResponseModel):
    """The text that the chat template makes of the conversation, and its tokens."""

    tokenize_response: list[SourceToken]
    templated_text: str


async def tokenize_chat(body: ChatTokenizeRequest, tokenizer: Tokenizer) -> ChatTokenizeResponse:
    """The answer. Raises NoChatTemplate or ChatTemplateError."""
    text = await tokenizer.render_chat_async(
        [message.turn() for message in body.messages], add_generation_prompt=body.add_generation_prompt is not False
    )
    return ChatTokenizeResponse(await source_tokens(tokenizer, text, add_special_tokens=False), text)


EXAMPLES = request_examples(ChatTokenizeRequest, chat={"messages": [{"role": "user", "content": "Name a river."}]})
EXAMPLE = ChatTokenizeResponse([SourceToken(675, "Name", 0, 4), SourceToken(264, " a", 4, 6)], "Name a")
