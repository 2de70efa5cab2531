"""The body of ``POST /v1/messages/count_tokens``."""

from service.api.compat.anthropic.conversation.fields import PromptFields
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.requests.examples import request_examples


class CountTokensRequest(PromptFields):
    """A conversation whose tokens are counted."""


EXAMPLES = request_examples(
    CountTokensRequest,
    message={"model": EXAMPLE_MODEL, "messages": [{"role": "user", "content": "What is the capital of France?"}]},
)
