"""Random tokens within the grammar of a turn: whatever is sampled, the parser finds calls that validate."""

import json
import random
from collections.abc import Sequence
from typing import Any

import jsonschema
import numpy as np
import pytest
from llguidance import LLMatcher, LLTokenizer

from service.engine.protocol.grammar_limits import parser_limits
from service.errors import InvalidOption
from service.tasks.conversation.formats.grammar import MOST_CALLS, TurnGrammar
from service.tasks.conversation.formats.reasoning import ReasoningFormat
from service.tasks.conversation.formats.tool import NO_TOOLS, ToolUse
from service.tasks.conversation.formats.tool_format import _FORMATS, GENERIC, ToolFormat
from service.tasks.conversation.parsing.turn import ToolCall
from service.tasks.structure.arguments import arguments_schema
from service.tasks.structure.structure import Structure
from service.tasks.text.tokenizer import Tokenizer
from tests.fakes.tokenizer import EOS
from tests.tasks.conversation.making import THINK, TOOLS, new_parser, read, tokenizer_with, use_of

MARKS = {
    "deepseek": ["<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"],
    "deepseek-v3.1": ["<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁calls▁end｜>"],
    "mistral-v11": ["[TOOL_CALLS]", "[ARGS]"],
    "mistral": ["[TOOL_CALLS]"],
    "phi": ["<|tool_call|>", "<|/tool_call|>"],
    "granite": ["<|tool_call|>"],
    "hermes": ["<tool_call>", "</tool_call>"],
    "qwen3-coder": ["<tool_call>", "</tool_call>"],
    "glm": ["<tool_call>", "</tool_call>", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>"],
    "gemma": ["<|tool_call>", "<tool_call|>", '<|"|>'],
    "functiongemma": ["<start_function_call>", "<end_function_call>", "<escape>"],
    "llama": [],
}
SCHEMAS = {tool.name: tool.schema for tool in TOOLS}


def follow(
    tokenizer: Tokenizer,
    structure: Structure | None,
    seed: int,
    begins: str = "",
    most: int = 3000,
) -> tuple[str, bool]:
    """Text of random tokens that the structure allows, and whether it is whole. It has to go on from ``begins``."""
    assert structure is not None
    library = tokenizer._library
    matcher = LLMatcher(
        LLTokenizer(library.to_str(), eos_token=EOS), structure.source, log_level=0, limits=parser_limits()
    )
    tokens: list[int] = []
    given = tokenizer.encode(begins, add_special_tokens=False)
    draw = random.Random(seed)
    while len(tokens) < most:
        assert not matcher.is_error(), matcher.get_error()
        if matcher.is_stopped() or (matcher.is_accepting() and len(tokens) >= len(given) and draw.random() < 0.3):
            return tokenizer.decode(tokens, skip_special_tokens=False), True
        if len(tokens) < len(given):
            token = given[len(tokens)]
        else:
            bits = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little")
            allowed = [int(i) for i in np.flatnonzero(bits) if i not in tokenizer.eos_token_ids]
            if not allowed:
                return tokenizer.decode(tokens, skip_special_tokens=False), matcher.is_accepting()
            token = draw.choice(allowed)
        assert matcher.consume_token(token), (tokenizer.decode(tokens), tokenizer.token_text(token))
        tokens.append(token)
    return tokenizer.decode(tokens, skip_special_tokens=False), False


def grammar(
    tokenizer: Tokenizer,
    format: ToolFormat | None,
    use: ToolUse,
    *,
    reasoning: ReasoningFormat | None = None,
    **changes: Any,
) -> Structure | None:
    values: dict[str, Any] = {"in_reasoning": False, "budget": None, "answer": None} | changes
    values["schemas"] = [arguments_schema(tool.schema, tool.param, strict=True).text for tool in use.callable]
    return TurnGrammar(tokenizer.added_tokens).structure(reasoning=reasoning, format=format, use=use, **values)


def check(calls: Sequence[ToolCall]) -> None:
    for call in calls:
        jsonschema.validate(json.loads(call.arguments), SCHEMAS[call.name])


TOKENIZERS = ["spelled", "tokens", "special tokens"]


def tokenizer_for(format: ToolFormat, kind: str) -> Tokenizer:
    marks = [] if kind == "spelled" else [*MARKS[format.name], "<think>", "</think>"]
    return tokenizer_with(marks, special=kind == "special tokens")


@pytest.mark.parametrize("kind", TOKENIZERS)
@pytest.mark.parametrize("format", _FORMATS, ids=lambda format: format.name)
def test_required_calls_always_validate(format: ToolFormat, kind: str) -> None:
    tokenizer = tokenizer_for(format, kind)
    structure = grammar(tokenizer, format, use_of(mode="required"))
    names = set()
    for seed in range(4):
        text, is_whole = follow(tokenizer, structure, seed)
        assert is_whole
        turn = read(new_parser(format), list(text))
        assert turn.text == ""
        assert 1 <= len(turn.calls) <= (1 if format.separator is None else MOST_CALLS)
        check(turn.calls)
        names |= {call.name for call in turn.calls}
    assert names <= SCHEMAS.keys()


@pytest.mark.parametrize("kind", TOKENIZERS)
@pytest.mark.parametrize("format", _FORMATS, ids=lambda format: format.name)
def test_calls_in_auto_validate_from_the_mark_on(format: ToolFormat, kind: str) -> None:
    tokenizer = tokenizer_for(format, kind)
    structure = grammar(tokenizer, format, use_of(), reasoning=THINK)
    begins = "<think>\nhm\n</think>\n\nHi. " + (format.mark or '{"name": "get_weather", "parameters":')
    text, is_whole = follow(tokenizer, structure, 1, begins)
    turn = read(new_parser(format, THINK), [text])
    assert turn.reasoning == "hm"
    assert is_whole
    assert turn.text.startswith("Hi.")
    assert turn.calls
    check(turn.calls)


@pytest.mark.parametrize(
    "begins", ['```json\n{\n  "name": "get_weather",\n  "arguments":', '{"name":"get","parameters" :']
)
def test_an_object_in_the_text_is_a_call_and_validates(begins: str) -> None:
    tokenizer = tokenizer_for(GENERIC, "tokens")
    for seed in range(3):
        text, _ = follow(tokenizer, grammar(tokenizer, GENERIC, use_of(parallel=False)), seed, begins)
        [call] = read(new_parser(GENERIC, use=use_of(parallel=False)), [text]).calls
        check([call])


def test_other_objects_and_texts_are_free() -> None:
    tokenizer = tokenizer_for(GENERIC, "tokens")
    structure = grammar(tokenizer, GENERIC, use_of())
    for text in ("Hello {}", '{"name": "Bob", "arguments": 3}', '{"name": "get"} <tool', "名前 🙂"):
        assert follow(tokenizer, structure, 0, text, most=len(text.encode()))[0] == text


def test_a_turn_without_parallel_calls_has_one() -> None:
    tokenizer = tokenizer_for(GENERIC, "tokens")
    structure = grammar(tokenizer, GENERIC, use_of(mode="required", parallel=False))
    assert {len(read(new_parser(GENERIC), [follow(tokenizer, structure, seed)[0]]).calls) for seed in range(5)} == {1}


def test_only_callable_tools_are_called() -> None:
    tokenizer = tokenizer_for(GENERIC, "tokens")
    use = ToolUse(tools=TOOLS, callable=TOOLS[1:], mode="required")
    text, _ = follow(tokenizer, grammar(tokenizer, GENERIC, use), 2)
    assert {call.name for call in read(new_parser(GENERIC), [text]).calls} == {"get"}


def test_thoughts_end_after_their_budget() -> None:
    tokenizer = tokenizer_with(["<think>", "</think>"], special=False)
    structure = grammar(
        tokenizer,
        None,
        NO_TOOLS,
        reasoning=THINK,
        in_reasoning=True,
        budget=5,
        answer=Structure.choice(["yes", "no"], "x"),
    )
    for seed in range(5):
        turn = read(new_parser(None, THINK, in_reasoning=True), [follow(tokenizer, structure, seed)[0]])
        assert len(turn.reasoning.encode()) <= 5 * 4
        assert turn.text in ("yes", "no")


def test_a_budget_of_nothing_leaves_no_thoughts() -> None:
    tokenizer = tokenizer_with(["<think>", "</think>"], special=True)
    structure = grammar(tokenizer, None, NO_TOOLS, reasoning=THINK, in_reasoning=True, budget=0)
    assert follow(tokenizer, structure, 3, most=30)[0].startswith("</think>")


def test_a_budget_needs_marks_that_are_tokens() -> None:
    with pytest.raises(InvalidOption, match="no tokens"):
        grammar(tokenizer_with([], special=False), None, NO_TOOLS, reasoning=THINK, budget=5)


@pytest.mark.parametrize(
    "answer", [Structure.json_object("x"), Structure.regex("[ab]{2}", "x"), Structure.choice(["yes"], "x")]
)
def test_a_structure_is_what_follows_the_thoughts(answer: Structure) -> None:
    tokenizer = tokenizer_with([], special=False)
    structure = grammar(tokenizer, None, NO_TOOLS, reasoning=THINK, answer=answer)
    begins = "<think>hm</think>\n\n"
    text, _ = follow(tokenizer, structure, 1, begins, most=400)
    alone, _ = follow(tokenizer, answer, 1, most=400)
    assert read(new_parser(None, THINK), [text]).text[:1] == alone[:1]


def test_without_tools_and_thoughts_the_structure_is_the_clients() -> None:
    tokenizer = tokenizer_with([], special=False)
    answer = Structure.json_object("x")
    assert grammar(tokenizer, GENERIC, NO_TOOLS, answer=answer) is answer
    assert grammar(tokenizer, GENERIC, NO_TOOLS) is None
    assert grammar(tokenizer, None, NO_TOOLS, reasoning=THINK) is None
