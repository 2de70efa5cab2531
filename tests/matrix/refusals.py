"""Error answers, as each client's exceptions show them to its user."""

import anthropic
import deepl
import ollama
import openai
from cohere.core.api_error import ApiError
from huggingface_hub.errors import HfHubHTTPError, TextGenerationError

from tests.matrix.call import Refusal
from tests.matrix.over_http import HttpRefusal, anthropic_shape, openai_shape


def as_refusal(error: Exception) -> Refusal | None:
    """The error answer in an exception of any client; None if the exception is none of an answer."""
    match error:
        case HttpRefusal():
            return error.refusal
        case openai.APIStatusError():
            return Refusal(error.status_code, openai_shape({"error": error.body}))
        case anthropic.APIStatusError():
            body = error.body if isinstance(error.body, dict) else {}
            return Refusal(error.status_code, anthropic_shape(body))
        case ollama.ResponseError():
            return Refusal(error.status_code, error.error)
        case HfHubHTTPError():
            return Refusal(error.response.status_code, error.server_message)
        case TextGenerationError():
            return Refusal(422, str(error))  # the client keeps the words only
        case ApiError():
            body = error.body if isinstance(error.body, dict) else {}
            return Refusal(error.status_code or 0, body.get("message"))
        case deepl.DeepLException():
            return Refusal(error.http_status_code or 400, str(error))
    return None
