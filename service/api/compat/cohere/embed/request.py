"""The body of Cohere's embed routes."""

from typing import Annotated, Literal

from pydantic import Field

from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_TEXTS, MAX_TOKENS, ModelName, Priority, RequestModel, Text


class CohereEmbedRequest(RequestModel):
    """Texts to embed."""

    model: ModelName = None
    texts: Annotated[list[Text], Field(fail_fast=True), Field(min_length=1, max_length=MAX_TEXTS)]
    input_type: Annotated[
        Literal["search_document", "search_query", "classification", "clustering"] | None,
        Field(description="The kind of the texts, by which the model's prompt is chosen."),
    ] = None
    embedding_types: Annotated[
        list[Literal["float", "base64"]] | None, Field(min_length=1, max_length=2, description="Default: float.")
    ] = None
    truncate: Annotated[
        Literal["NONE", "START", "END"] | None,
        Field(description="The end at which a text is cut that has too many tokens; NONE refuses it. Default: END."),
    ] = None
    max_tokens: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="Most tokens of each text.")] = None
    output_dimension: Annotated[
        int | None, Field(ge=1, le=1 << 16, description="Cut the vectors to so many numbers, and normalize them again.")
    ] = None
    priority: Priority = None


EXAMPLES = request_examples(
    CohereEmbedRequest,
    texts={"texts": ["Two rivers meet near Arlen."], "input_type": "search_document", "embedding_types": ["float"]},
)
