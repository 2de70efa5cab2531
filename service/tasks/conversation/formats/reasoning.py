"""How models write what they think before they answer, and what a client asks for about it."""

from dataclasses import dataclass
from typing import Literal

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]

# The most tokens of reasoning, for models whose chat template has no efforts of its own. high: no limit.
EFFORT_BUDGETS: dict[Effort, int | None] = {
    "none": 0,
    "minimal": 256,
    "low": 1024,
    "medium": 4096,
    "high": None,
    "xhigh": None,
}


@dataclass(frozen=True, slots=True)
class ReasoningFormat:
    """The marks around the reasoning, which comes before everything else in a turn."""

    begin: str
    end: str


_FORMATS = (
    ReasoningFormat("<think>", "</think>"),
    ReasoningFormat("[THINK]", "[/THINK]"),
    ReasoningFormat("<seed:think>", "</seed:think>"),
    ReasoningFormat("<|channel>thought", "<channel|>"),  # Gemma 4
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningUse:
    """What a client asks for; None leaves it to the model. ``param`` is the field that errors name.

    A model that does not reason refuses a demand. Without ``is_demand`` it answers without thoughts.
    """

    enabled: bool | None = None
    effort: Effort | None = None
    budget: int | None = None  # the most tokens of reasoning
    param: str = "reasoning_effort"
    is_demand: bool = True


MODELS_CHOICE = ReasoningUse()


def reasoning_format(template: str) -> ReasoningFormat | None:
    """The format of a model with this chat template; None for a model that does not reason."""
    return next((format for format in _FORMATS if format.end in template), None)
