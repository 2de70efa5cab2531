"""What a client asks for about the model's thoughts, in Anthropic's shape."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from service.api.requests.fields import MAX_TEXTS, MAX_TOKENS, RequestModel, contradiction
from service.tasks.conversation.formats.reasoning import MODELS_CHOICE, Effort, ReasoningUse

EffortName = Literal["low", "medium", "high", "xhigh", "max"]

_KEPT_BY_DEFAULT = 1  # turns with thoughts, if clear_thinking names no number


class Thinking(RequestModel):
    """enabled: think, with at most ``budget_tokens``. adaptive: the model decides. disabled: do not think.

    A model that does not reason has no thoughts, whatever is asked for.
    """

    type: Literal["enabled", "disabled", "adaptive"]
    budget_tokens: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="Most tokens of the thoughts.")] = None
    display: Annotated[
        Literal["summarized", "omitted"] | None,
        Field(description="omitted: the answer has no thoughts. Otherwise it has all of them."),
    ] = None

    @model_validator(mode="after")
    def _budget_fits_the_type(self) -> "Thinking":
        if (self.type == "enabled") != (self.budget_tokens is not None):
            raise contradiction("budget_tokens", "budget_tokens is for the type enabled, which needs it")
        return self


class KeptTurns(RequestModel):
    """How many turns keep their thoughts."""

    type: Literal["thinking_turns", "all"]
    value: Annotated[int | None, Field(ge=1, le=MAX_TEXTS)] = None


class ClearThinking(RequestModel):
    """Leave the thoughts of older turns out of the prompt."""

    type: Literal["clear_thinking_20251015"]
    keep: Annotated[KeptTurns | Literal["all"] | None, Field(description="The last turns that keep theirs.")] = None

    @property
    def kept(self) -> int | None:
        """The number of turns that keep their thoughts; None: all."""
        if self.keep == "all" or (isinstance(self.keep, KeptTurns) and self.keep.type == "all"):
            return None
        return (isinstance(self.keep, KeptTurns) and self.keep.value) or _KEPT_BY_DEFAULT


class ContextManagement(RequestModel):
    """The parts that the prompt leaves out. The service knows one edit, ``clear_thinking_20251015``."""

    edits: Annotated[list[ClearThinking] | None, Field(max_length=1)] = None

    @property
    def kept_thoughts(self) -> int | None:
        """The number of turns that keep their thoughts; None: all."""
        return self.edits[0].kept if self.edits else None


def reasoning_use(thinking: Thinking | None, effort: EffortName | None) -> ReasoningUse:
    """The wishes as a conversation takes them. They are no demands: clients send them to models that do not reason."""
    if thinking is not None and thinking.type == "disabled":
        return ReasoningUse(enabled=False, param="thinking", is_demand=False)
    if thinking is not None and thinking.type == "enabled":
        return ReasoningUse(enabled=True, budget=thinking.budget_tokens, param="thinking", is_demand=False)
    if effort is None:
        return MODELS_CHOICE
    level: Effort = "xhigh" if effort == "max" else effort
    return ReasoningUse(effort=level, param="output_config.effort", is_demand=False)
