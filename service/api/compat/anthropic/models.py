"""The answers of ``GET /v1/models`` and ``GET /v1/models/{id}`` to Anthropic's clients."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Query

from service.api.errors import invalid
from service.api.openapi.example_values import EXAMPLE_CREATED, EXAMPLE_MODEL
from service.api.wire.response_model import ResponseModel

_Lifecycle = Literal["active", "deprecated", "retired"]
_Id = Annotated[str | None, Query(max_length=512)]


class AnthropicModel(ResponseModel):
    """A served model or adapter. The numbers are tokens, null while the model is not loaded."""

    id: str
    created_at: str
    display_name: str
    max_input_tokens: int | None
    max_tokens: int | None
    type: Literal["model"] = "model"
    lifecycle: Literal["active"] = "active"
    capabilities: None = None
    line: None = None
    deprecated_at: None = None
    retires_at: None = None

    @classmethod
    def of(cls, id: str, created: int, context: int | None) -> "AnthropicModel":
        """The answer about a model. ``created`` is in Unix seconds, ``context`` in tokens."""
        created_at = datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return cls(id, created_at, display_name=id, max_input_tokens=context, max_tokens=context)


class AnthropicModelPage(ResponseModel):
    """A part of the list of all models. The next part begins after ``last_id``, and this one is after ``first_id``."""

    data: list[AnthropicModel]
    has_more: bool
    first_id: str | None
    last_id: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """The part of the list that a client asks for: up to ``limit`` models after or before the one of an id."""

    limit: int
    after_id: str | None
    before_id: str | None
    lifecycles: Sequence[str]

    def of(self, models: Sequence[AnthropicModel]) -> AnthropicModelPage:
        """This part of the list. Raises ApiError for an id that is not in it."""
        if self.lifecycles and "active" not in self.lifecycles:
            models = ()
        ids = [model.id for model in models]
        if self.before_id is not None:
            end = _index(ids, self.before_id, "before_id")
            start = max(0, end - self.limit)
            has_more = start > 0
        else:
            start = 0 if self.after_id is None else _index(ids, self.after_id, "after_id") + 1
            end = min(start + self.limit, len(ids))
            has_more = end < len(ids)
        first, last = (ids[start], ids[end - 1]) if start < end else (None, None)
        return AnthropicModelPage(list(models[start:end]), has_more, first, last)


async def read_page(
    limit: Annotated[int, Query(ge=1, le=1000, description="Anthropic's clients: most models of a page.")] = 20,
    after_id: _Id = None,
    before_id: _Id = None,
    lifecycle: Annotated[list[_Lifecycle] | None, Query(alias="lifecycle[]", max_length=3)] = None,
) -> Page:
    """The page of a request, as a FastAPI dependency. Raises ApiError."""
    if after_id is not None and before_id is not None:
        raise invalid("before_id", "before_id and after_id exclude each other")
    return Page(limit, after_id, before_id, lifecycle or ())


def _index(ids: list[str], id: str, param: str) -> int:
    try:
        return ids.index(id)
    except ValueError:
        raise invalid(param, f"{param}: no model of this id is in the list") from None


EXAMPLE = AnthropicModel.of(EXAMPLE_MODEL, EXAMPLE_CREATED, 4096)
EXAMPLE_PAGE = AnthropicModelPage([EXAMPLE], has_more=False, first_id=EXAMPLE_MODEL, last_id=EXAMPLE_MODEL)
