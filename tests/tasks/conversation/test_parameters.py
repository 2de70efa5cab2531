"""Arguments that models write one by one: what they may be, and that templates and parsers agree about them."""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidOption
from service.tasks.conversation.formats.parameters import parameters
from service.tasks.conversation.formats.tool import Tool
from service.tasks.conversation.formats.tool_format import _FORMATS, ToolFormat
from service.tasks.conversation.style import TurnStyle
from service.tasks.text.chat_template import ChatTemplate
from tests.tasks.conversation.making import new_parser, read, schema_of, tokenizer_with, use_of, written
from tests.tasks.conversation.test_turn_grammar import TOKENIZERS, follow, grammar, tokenizer_for

FORMATS = [format for format in _FORMATS if format.parameters is not None]
BY_NAME = {format.name: format for format in _FORMATS}

# Every kind of value, those that are written as texts and those that are not, required or not.
RICH = Tool(
    "rich",
    None,
    {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "Any."},
            "short": {"type": "string", "minLength": 2, "maxLength": 3},
            "choice": {"enum": ["a", "ab", "", "b c"]},
            "one": {"const": "x"},
            "date": {"type": "string", "pattern": "^[0-9]{2}$"},
            "maybe": {"anyOf": [{"type": "string", "maxLength": 2}, {"type": "null"}]},
            "count": {"type": "integer", "minimum": 0, "maximum": 99},
            "place": {"$ref": "#/$defs/place"},
            "mixed": {"enum": ["a", 1, None]},
        },
        "required": ["short", "count", "place"],
        "$defs": {"place": {"type": "object", "properties": {"x": {"enum": [1, 2]}}, "required": ["x"]}},
    },
    "tools.0.function.parameters",
)


def ids(format: ToolFormat) -> str:
    return format.name


@pytest.mark.parametrize("kind", TOKENIZERS)
@pytest.mark.parametrize("format", FORMATS, ids=ids)
def test_arguments_of_every_kind_validate(format: ToolFormat, kind: str) -> None:
    tokenizer = tokenizer_for(format, kind)
    use = use_of([RICH], mode="required", parallel=False)
    structure = grammar(tokenizer, format, use)
    assert format.parameters is not None
    order = [each.name for each in parameters(schema_of(RICH), format.parameters, "x")]
    seen: set[str] = set()
    for seed in range(6):
        text, is_whole = follow(tokenizer, structure, seed, most=6000)
        turn = read(new_parser(format, use=use), [text])
        if is_whole:  # a text without a limit may take all tokens
            [call] = turn.calls
            arguments = json.loads(call.arguments)
            jsonschema.validate(arguments, RICH.schema)
            seen |= arguments.keys()
            assert list(arguments) == [name for name in order if name in arguments]
    assert {"short", "count", "place"} <= seen


@pytest.mark.parametrize("format", FORMATS, ids=ids)
@given(data=st.data())
def test_any_text_comes_back_from_any_pieces(format: ToolFormat, data: st.DataObject) -> None:
    end = format.parameters.end_of_text if format.parameters else ""
    pieces_of_text = st.sampled_from([*end, end[:-1], end[1:], format.after, '"', "\\", "\n", "é", "{", ","])
    text = "".join(data.draw(st.lists(pieces_of_text, max_size=12)))
    if end in text:
        text = text.replace(end, "")
    arguments = {"text": text, "short": "ab", "count": 7, "place": {"x": 1}}
    if end in text or (text + end).index(end) != len(text):
        return
    whole = written(format, ("rich", json.dumps(arguments)), tools=[RICH])
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=12)))
    parts = [whole[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    [call] = read(new_parser(format, use=use_of([RICH])), parts).calls
    assert json.loads(call.arguments) == arguments


@pytest.mark.parametrize("format", FORMATS, ids=ids)
def test_a_text_ends_where_its_end_comes_first(format: ToolFormat) -> None:
    """So no text that the grammar allows can be read as another one."""
    assert format.parameters is not None
    end = format.parameters.end_of_text
    assert not any(end.startswith(end[-size:]) for size in range(1, len(end)))
    assert not format.parameters.after or "\n" in format.parameters.after


@pytest.mark.parametrize("format", FORMATS, ids=ids)
def test_a_call_that_is_cut_off_shows_what_is_certain(format: ToolFormat) -> None:
    whole = written(format, ("rich", '{"text": "Oslo", "short": "ab", "count": 1, "place": {"x": 1}}'), tools=[RICH])
    turn = read(new_parser(format, use=use_of([RICH])), [whole[: whole.index("Oslo") + 2]])
    [call] = turn.calls
    assert call.arguments.endswith('"text": "Os')
    assert not turn.has_calls


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"properties": {"a": {}}, "anyOf": [{"required": ["a"]}]}, "anyOf is not supported"),
        ({"properties": {"a": {}}, "minProperties": 1}, "minProperties is not supported"),
        ({"$ref": "#/$defs/x", "$defs": {"x": {}}}, "$ref is not supported"),
        ({"type": "string"}, "arguments are an object"),
        ({"properties": {"a}": {"type": "string"}}}, "a name that the model's format cannot hold"),
        ({"properties": {"a\n": {"type": "string"}}}, "a name that the model's format cannot hold"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_with_its_tool(schema: Mapping[str, Any], reason: str) -> None:
    with pytest.raises(InvalidOption) as error:
        grammar(tokenizer_with([], special=False), FORMATS[0], use_of([Tool("f", None, schema, "tools.3.x")]))
    assert error.value.param == "tools.3.x"
    assert str(error.value).startswith("tools.3.x: ")
    assert reason in str(error.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 600) | st.sampled_from(["string", "object", "x"]),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "enum", "const", "minLength", "maxLength", "items", "$ref"]), each)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("format", FORMATS[:1] + FORMATS[-1:], ids=ids)
@given(properties=st.dictionaries(st.sampled_from(["a", "b:", ""]), JSON) | JSON, required=JSON, others=JSON)
def test_any_schema_is_obeyed_or_refused(format: ToolFormat, properties: Any, required: Any, others: Any) -> None:
    schema = {"properties": properties, "required": required, "additionalProperties": others}
    try:
        structure = grammar(tokenizer_with([], special=False), format, use_of([Tool("f", None, schema, "x")]))
    except InvalidOption:
        return
    assert structure is not None
    with contextlib.suppress(InvalidOption):
        asyncio.run(structure.compile())


def test_many_tools_share_the_rules_of_texts() -> None:
    text = {"type": "string"}
    tools = [Tool(f"f{i}", None, {"properties": {f"p{j}": text for j in range(8)}}, "x") for i in range(100)]
    structure = grammar(tokenizer_with([], special=False), BY_NAME["qwen3-coder"], use_of(tools))
    assert structure is not None
    assert structure.source.count("&") == 1
    asyncio.run(structure.compile())


def test_an_argument_that_is_required_and_not_declared_may_be_anything() -> None:
    tool = Tool("f", None, {"required": ["a"], "properties": {"b": False}}, "x")
    assert FORMATS[0].parameters is not None
    [argument] = parameters(schema_of(tool), FORMATS[0].parameters, "x")
    assert (argument.name, argument.schema, argument.is_text) == ("a", {}, False)


TEMPLATES = {
    "qwen3-coder": r"""{{ tools and '' }}
{%- for c in messages[-1].tool_calls %}{{ '' if loop.first else '\n' }}
{{- '<tool_call>\n<function=' + c.function.name + '>\n' }}
{%- for k, v in c.function.arguments.items() %}{{- '<parameter=' + k + '>\n' }}{{- v if v is string else v|tojson }}
{{- '\n</parameter>\n' }}{%- endfor %}{{- '</function>\n</tool_call>' }}{%- endfor %}""",
    "glm": r"""{{ tools and '' }}
{%- for c in messages[-1].tool_calls %}{{ '' if loop.first else '\n' }}{{ '<tool_call>' + c.function.name }}
{% for k, v in c.function.arguments.items() %}<arg_key>{{ k }}</arg_key>
<arg_value>{{ v if v is string else v|tojson }}</arg_value>
{% endfor %}</tool_call>{% endfor %}""",
    "gemma": r"""{{ tools and '' }}
{%- for c in messages[-1].tool_calls %}{{ '<|tool_call>call:' + c.function.name + '{' }}
{%- for k, v in c.function.arguments|dictsort %}{{ '' if loop.first else ',' }}{{ k }}:
{{- '<|"|>' + v + '<|"|>' if v is string else v|tojson }}{% endfor %}{{ '}<tool_call|>' }}{% endfor %}""",
    "functiongemma": r"""{{ tools and '' }}
{%- for c in messages[-1].tool_calls %}{{ '<start_function_call>call:' + c.function.name + '{' }}
{%- for k, v in c.function.arguments|dictsort %}{{ '' if loop.first else ',' }}{{ k }}:
{{- '<escape>' + v + '<escape>' if v is string else v|tojson }}{% endfor %}{{ '}<end_function_call>' }}{% endfor %}""",
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_a_template_of_the_model_writes_is_read(name: str) -> None:
    """The shapes of the models' own templates, shortened to the calls."""
    template = ChatTemplate(TEMPLATES[name], {})
    style = TurnStyle.from_template(template)
    assert (style.tools.name, style.shows_tools) == (name, True)
    calls = [
        ("rich", {"text": "Oslo\nBergen", "short": "ab", "count": 3, "place": {"x": 2}}),
        ("rich", {"short": "}", "count": 0, "place": {"x": 1}, "mixed": None}),
    ]
    history = [{"id": "1", "type": "function", "function": {"name": n, "arguments": json.dumps(a)}} for n, a in calls]
    messages = style.messages([{"role": "assistant", "content": "", "tool_calls": history}], [RICH])
    text = template.render(messages, tools=[RICH.declaration()])
    turn = read(new_parser(style.tools, use=use_of([RICH])), list(text))
    assert [(call.name, json.loads(call.arguments)) for call in turn.calls] == calls
    assert (turn.text, turn.num_calls) == ("", 2)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ('{{ tools }}<tool_call>\\n{"name"', "hermes"),
        ("{{ tools }}'<tool_call>' ~ n ~ '<arg_key>' ~ k ~ '</arg_key><arg_value>'", "hermes"),
        ("{{ tools }}'<tool_call><function='", "hermes"),
    ],
)
def test_formats_that_look_alike_are_told_apart(template: str, name: str) -> None:
    style = TurnStyle.from_template(ChatTemplate(template, {}))
    assert style.tools is BY_NAME[name]
