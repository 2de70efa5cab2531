"""The body of a request for a batch."""

from typing import Annotated, Any, Literal

from pydantic import Field

from service.api.requests.fields import RequestModel, Text
from service.api.requests.lifetime import ExpiresAfter
from service.api.requests.metadata import Metadata
from service.keys.key import Scope

# The endpoints of lines, and the scope that each needs.
ENDPOINTS = {
    "/v1/chat/completions": Scope.GENERATE,
    "/v1/completions": Scope.GENERATE,
    "/v1/embeddings": Scope.EMBED,
    "/v1/responses": Scope.GENERATE,
}


class BatchRequest(RequestModel):
    """The body of ``POST /v1/batches``."""

    input_file_id: Annotated[Text, Field(max_length=256, description="The id of an uploaded file.")]
    endpoint: Annotated[
        Literal["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"],
        Field(description="The endpoint of all lines."),
    ]
    completion_window: Annotated[Literal["24h"], Field(description="After this time the batch expires.")]
    metadata: Annotated[Metadata | None, Field(description="Given back with the batch.")] = None
    output_expires_after: ExpiresAfter | None = None


EXAMPLES: dict[str, Any] = {
    "chat": {
        "value": {
            "input_file_id": "file-5f0c1e7b6a5d4b7f9a1f6d0c2b3e4a5d",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
        }
    }
}
