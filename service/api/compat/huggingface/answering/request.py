"""The payload of the task question-answering."""

from typing import Annotated

from pydantic import Field

from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_TOKENS, NonEmpty, RequestModel, Text


class QuestionInputs(RequestModel):
    """A question, and the text that may hold its answer."""

    question: NonEmpty
    context: Text


class QuestionParameters(RequestModel):
    """The defaults are those of the pipeline in transformers 4."""

    top_k: Annotated[
        int | None, Field(ge=1, le=1000, description="The number of answers; more than one are a list. Default: 1.")
    ] = None
    doc_stride: Annotated[
        int | None, Field(ge=0, le=MAX_TOKENS, description="Tokens that two windows of a long context share.")
    ] = None
    max_answer_len: Annotated[
        int | None, Field(ge=1, le=10_000, description="Most tokens of an answer. Default: 15.")
    ] = None
    handle_impossible_answer: Annotated[
        bool | None, Field(description="Allow no answer, which is an empty text from 0 to 0. Default: false.")
    ] = None


class HuggingFaceAnswerRequest(RequestModel):
    """The payload of the task question-answering."""

    inputs: QuestionInputs
    parameters: QuestionParameters | None = None


EXAMPLES = request_examples(
    HuggingFaceAnswerRequest,
    **{
        "question-answering": {"inputs": {"question": "When was it built?", "context": "The bridge was built in 1894."}}
    },
)
