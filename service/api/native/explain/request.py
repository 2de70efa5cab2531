"""The body of ``POST /v1/explain``."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_TOKENS, ModelName, NonEmpty, RequestModel, Text, contradiction


class ExplainRequest(RequestModel):
    """A text, and the token of it whose cause is asked for."""

    model: ModelName = None
    text: Annotated[NonEmpty, Field(description="The text to explain, as it is: a prompt, with what followed it.")]
    token: Annotated[
        int | None, Field(ge=0, le=MAX_TOKENS, description="The index of a token: which tokens make it likely?")
    ] = None
    method: Annotated[
        Literal["leave_one_out"] | None,
        Field(description="Each token before `token` is left out in turn. The only method, and the default."),
    ] = None
    top_logprobs: Annotated[int | None, Field(ge=0, le=1024, description="Alternatives of each token. Default: 5.")] = (
        None
    )
    cache_salt: Annotated[
        Text | None, Field(max_length=256, description="Cached prompts are shared only with requests of the same salt.")
    ] = None

    @model_validator(mode="after")
    def _method_of_a_token(self) -> "ExplainRequest":
        if self.method is not None and self.token is None:
            raise contradiction("method", "method is for the attribution of a token, which the request does not name")
        return self


EXAMPLES = request_examples(
    ExplainRequest,
    tokens={"text": "The capital of France is Paris"},
    attribution={"text": "The capital of France is Paris", "token": 5, "top_logprobs": 3},
)
