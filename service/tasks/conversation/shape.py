"""What the turns of a model can be made of, as the patterns that their parser looks for."""

from collections.abc import Sequence

import regex

from service.tasks.conversation.reasoning import ReasoningFormat
from service.tasks.conversation.tool import ToolUse
from service.tasks.conversation.tool_format import ToolFormat

SPACE = r"\s{0,64}"  # bounded, because it is searched again with every token


class TurnShape:
    """The formats of the turns of one request. ``format`` None: no calls."""

    def __init__(self, reasoning: ReasoningFormat | None, format: ToolFormat | None, use: ToolUse) -> None:
        self.reasoning = reasoning
        self.format = format
        self.parallel = use.parallel
        self.calls = None if format is None else _beginning_of_calls(format, [tool.name for tool in use.callable])
        self.reasoning_end = None if reasoning is None else regex.compile(SPACE + regex.escape(reasoning.end))


def _beginning_of_calls(format: ToolFormat, names: Sequence[str]) -> regex.Pattern[str]:
    """Finds the mark, or the beginning of a call that is an object in the text."""
    marks = [rf"(?P<mark>{'$.' if format.mark is None else regex.escape(format.mark)})"]
    name = "|".join(map(regex.escape, sorted(names, key=len, reverse=True)))
    head = rf'\{{{SPACE}"name"{SPACE}:{SPACE}"(?P<name>{name})"'
    head += rf'{SPACE},{SPACE}"(?:arguments|parameters)"{SPACE}:'
    marks.append(rf"(?:```(?:json)?{SPACE})?{head}" if format.has_objects else "(?P<name>$.)")
    return regex.compile(rf"{SPACE}(?:{'|'.join(marks)})")
