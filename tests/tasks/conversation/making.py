"""Tools, parsers and tokenizers for the tests of conversations."""

import json
from collections.abc import Sequence

from tokenizers import AddedToken

from service.tasks.conversation.formats.parameters import ParameterFormat, parameters
from service.tasks.conversation.formats.reasoning import ReasoningFormat
from service.tasks.conversation.formats.tool import Tool, ToolMode, ToolUse
from service.tasks.conversation.formats.tool_format import ToolFormat
from service.tasks.conversation.parsing.parser import TurnParser
from service.tasks.conversation.parsing.shape import TurnShape
from service.tasks.conversation.parsing.turn import Turn, TurnDelta
from service.tasks.generation.choice import Delta
from service.tasks.structure.arguments import arguments_schema
from service.tasks.text.tokenizer import Tokenizer
from tests.fakes.tokenizer import EOS, byte_library

# The arguments are short, so that random tokens reach their end.
TOOLS = (
    Tool(
        "get_weather",
        "The weather in a city now.",
        {
            "type": "object",
            "properties": {
                "city": {"type": "string", "maxLength": 4},
                "unit": {"enum": ["celsius", "fahrenheit"]},
                "days": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 9}, "maxItems": 2},
            },
            "required": ["city", "unit", "days"],
            "additionalProperties": False,
        },
        "tools.0.function.parameters",
    ),
    Tool("get", None, None, "tools.1.function.parameters"),
)
THINK = ReasoningFormat("<think>", "</think>")


def use_of(tools: Sequence[Tool] = TOOLS, mode: ToolMode = "auto", *, parallel: bool = True) -> ToolUse:
    return ToolUse(tools=tuple(tools), callable=tuple(tools), mode=mode, parallel=parallel)


def schema_of(tool: Tool) -> str:
    """The schema that the arguments of a tool obey."""
    return arguments_schema(tool.schema, tool.param, strict=True).text


def new_parser(
    format: ToolFormat | None,
    reasoning: ReasoningFormat | None = None,
    *,
    in_reasoning: bool = False,
    use: ToolUse | None = None,
) -> TurnParser:
    use = use or use_of()
    shape = TurnShape(reasoning, format, use, [schema_of(tool) for tool in use.callable])
    return TurnParser(shape, in_reasoning=in_reasoning)


def read(parser: TurnParser, pieces: Sequence[str]) -> Turn:
    """The turn whose text comes in these pieces."""
    turn = Turn()
    for parts in [*map(parser.feed, pieces), parser.finish()]:
        turn.add(TurnDelta(parts, Delta(0, 0, ""), parser.num_calls))
    return turn


def written(format: ToolFormat, *calls: tuple[str, str], tools: Sequence[Tool] = TOOLS) -> str:
    """Calls in the format, from names and arguments in JSON."""
    by_name = {tool.name: tool for tool in tools}
    texts = []
    for name, arguments in calls:
        text = arguments if format.parameters is None else _one_by_one(format.parameters, by_name[name], arguments)
        texts.append(f"{format.before}{name}{format.between}{text}{format.after}")
    return format.opening + (format.separator or "").join(texts) + format.closing


def _one_by_one(format: ParameterFormat, tool: Tool, arguments: str) -> str:
    given = json.loads(arguments)
    pieces = []
    for each in parameters(schema_of(tool), format, tool.param):
        if each.name in given:
            value = given[each.name]
            text = f"{format.quote}{value}{format.quote}" if each.is_text else json.dumps(value, ensure_ascii=False)
            pieces.append(f"{format.before}{each.name}{format.between}{text}{format.after}")
    return format.separator.join(pieces)


def tokenizer_with(marks: Sequence[str], *, special: bool) -> Tokenizer:
    """A tokenizer of bytes that has each of these marks as one token."""
    library = byte_library()
    library.add_tokens([AddedToken(mark, special=special, normalized=False) for mark in marks])
    return Tokenizer(library, eos_token_ids=[EOS])
