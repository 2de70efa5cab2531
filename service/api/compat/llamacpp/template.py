"""The body and the answer of ``POST /apply-template``."""

from service.api.requests.conversation.messages import Messages
from service.api.requests.examples import request_examples
from service.api.requests.fields import ModelName, RequestModel
from service.api.wire.response_model import ResponseModel


class LlamaTemplateRequest(RequestModel):
    """A conversation."""

    model: ModelName = None
    messages: Messages
    add_generation_prompt: bool | None = None


class LlamaTemplateResponse(ResponseModel):
    """The prompt that the chat template makes of the conversation."""

    prompt: str


TEMPLATE_EXAMPLES = request_examples(
    LlamaTemplateRequest, chat={"messages": [{"role": "user", "content": "Name a river."}]}
)
TEMPLATE_EXAMPLE = LlamaTemplateResponse("<|im_start|>user\nName a river.<|im_end|>\n<|im_start|>assistant\n")
