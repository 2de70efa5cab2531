"""Tools, parsers and tokenizers for the tests of conversations."""

from collections.abc import Sequence

from tokenizers import AddedToken

from service.tasks.conversation.parser import TurnParser
from service.tasks.conversation.reasoning import ReasoningFormat
from service.tasks.conversation.shape import TurnShape
from service.tasks.conversation.tool import Tool, ToolMode, ToolUse
from service.tasks.conversation.tool_format import ToolFormat
from service.tasks.conversation.turn import Turn, TurnDelta
from service.tasks.generation.choice import Delta
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


def new_parser(
    format: ToolFormat | None,
    reasoning: ReasoningFormat | None = None,
    *,
    in_reasoning: bool = False,
    use: ToolUse | None = None,
) -> TurnParser:
    return TurnParser(TurnShape(reasoning, format, use or use_of()), in_reasoning=in_reasoning)


def read(parser: TurnParser, pieces: Sequence[str]) -> Turn:
    """The turn whose text comes in these pieces."""
    turn = Turn()
    for parts in [*map(parser.feed, pieces), parser.finish()]:
        turn.add(TurnDelta(parts, Delta(0, 0, ""), parser.num_calls))
    return turn


def tokenizer_with(marks: Sequence[str], *, special: bool) -> Tokenizer:
    """A tokenizer of bytes that has each of these marks as one token."""
    library = byte_library()
    library.add_tokens([AddedToken(mark, special=special, normalized=False) for mark in marks])
    return Tokenizer(library, eos_token_ids=[EOS])
