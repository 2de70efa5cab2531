"""The fields that the answers of both routes have that generate text."""

from typing import Literal

from service.api.responses.usage import FinishReasonName
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType


class OllamaTextResponse(ResponseModel, kw_only=True):
    """An answer, or a line of it. Only the last line, with ``done``, has the fields from ``done_reason`` on.

    Durations are in nanoseconds.
    """

    model: str
    created_at: str
    done: bool
    done_reason: FinishReasonName | Literal["load"] | UnsetType = UNSET
    total_duration: int | UnsetType = UNSET
    load_duration: int | UnsetType = UNSET
    prompt_eval_count: int | UnsetType = UNSET
    prompt_eval_duration: int | UnsetType = UNSET
    eval_count: int | UnsetType = UNSET
    eval_duration: int | UnsetType = UNSET
