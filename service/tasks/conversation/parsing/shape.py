"""What the turns of a model can be made of, as the patterns that their parser looks for."""

from collections.abc import Mapping, Sequence

import regex

from service.tasks.conversation.formats.parameters import parameters
from service.tasks.conversation.formats.reasoning import ReasoningFormat
from service.tasks.conversation.formats.tool import ToolUse
from service.tasks.conversation.formats.tool_format import ToolFormat
from service.tasks.conversation.parsing.arguments import Arguments, JsonArguments, WrittenArguments

SPACE = r"\s{0,64}"  # bounded, because it is searched again with every token


class TurnShape:
    """The formats of the turns of one request. ``format`` None: no calls."""

    def __init__(
        self,
        reasoning: ReasoningFormat | None,
        format: ToolFormat | None,
        use: ToolUse,
        schemas: Sequence[str] = (),
    ) -> None:
        """``schemas`` are those of the arguments of the callable tools, as ``schema_text`` writes them."""
        self.reasoning = reasoning
        self.format = format
        self.parallel = use.parallel
        self.calls = None if format is None else _beginning_of_calls(format, [tool.name for tool in use.callable])
        self._texts: Mapping[str, Mapping[str, bool]] = {}  # by tool: which arguments are texts
        if format is not None and format.parameters is not None:
            self._texts = {
                tool.name: {each.name: each.is_text for each in parameters(schema, format.parameters, tool.param)}
                for tool, schema in zip(use.callable, schemas, strict=True)
            }
        self.reasoning_end = None if reasoning is None else regex.compile(SPACE + regex.escape(reasoning.end))

    def new_arguments(self, tool: str, *, is_object: bool) -> Arguments:
        """A reader of the arguments of a call. ``is_object``: the call is an object in the text."""
        if self.format is None or self.format.parameters is None or is_object:
            return JsonArguments()
        return WrittenArguments(self.format.parameters, self.format.after, self._texts.get(tool, {}))


def _beginning_of_calls(format: ToolFormat, names: Sequence[str]) -> regex.Pattern[str]:
    """Finds the mark, or the beginning of a call that is an object in the text."""
    marks = [rf"(?P<mark>{'$.' if format.mark is None else regex.escape(format.mark)})"]
    name = "|".join(map(regex.escape, sorted(names, key=len, reverse=True)))
    head = rf'\{{{SPACE}"name"{SPACE}:{SPACE}"(?P<name>{name})"'
    head += rf'{SPACE},{SPACE}"(?:arguments|parameters)"{SPACE}:'
    marks.append(rf"(?:```(?:json)?{SPACE})?{head}" if format.has_objects else "(?P<name>$.)")
    return regex.compile(rf"{SPACE}(?:{'|'.join(marks)})")
