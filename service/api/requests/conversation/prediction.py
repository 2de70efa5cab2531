"""OpenAI's predicted output: a text that large parts of the answer will probably equal."""

from typing import Literal

from service.api.requests.conversation.messages import Content
from service.api.requests.fields import RequestModel


class Prediction(RequestModel):
    """The text, which makes the answer faster where it is right and changes no token of it."""

    type: Literal["content"]
    content: Content
