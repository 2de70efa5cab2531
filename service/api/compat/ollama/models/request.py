"""The bodies of ``POST /api/show`` and ``POST /api/pull``."""

from typing import Annotated

from pydantic import Field, model_validator

from service.api.compat.ollama.fields import TaggedName
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.requests.examples import request_examples
from service.api.requests.fields import RequestModel, contradiction


class NamedModel(RequestModel):
    """A model, by either of two names of the field."""

    model: TaggedName | None = None
    name: Annotated[TaggedName | None, Field(description="The older name of model.")] = None

    @model_validator(mode="after")
    def _one_name(self) -> "NamedModel":
        if not self.wanted:
            raise contradiction("model", "model: Field required")
        return self

    @property
    def wanted(self) -> str:
        """The name of the model."""
        return self.model or self.name or ""


class ShowRequest(NamedModel):
    """A model to describe."""

    verbose: Annotated[bool | None, Field(description="Accepted without effect.")] = None


class PullRequest(NamedModel):
    """A model that should be there."""

    stream: Annotated[bool | None, Field(description="Answer with lines. Default: true.")] = None
    insecure: Annotated[
        bool | None, Field(description="Accepted without effect: models come from verified sources only.")
    ] = None


SHOW_EXAMPLES = request_examples(ShowRequest, show={"model": EXAMPLE_MODEL})
PULL_EXAMPLES = request_examples(PullRequest, pull={"model": EXAMPLE_MODEL, "stream": False})
