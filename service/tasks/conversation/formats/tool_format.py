"""How models write calls of tools: one table. The grammar and the parser of a turn both come from its rows."""

import re
from dataclasses import dataclass

from service.tasks.conversation.formats.parameters import ParameterFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFormat:
    """The shape of the calls of a turn.

    Calls follow the text of the turn, if there is any. They are written as ``opening``, then for each call ``before``,
    the name, ``between``, the arguments, and ``after``, with ``separator`` between two calls, then ``closing``.

    The arguments are a JSON object, or with ``parameters`` they are written one by one.

    Models often leave the marks out, and put JSON objects into the text. Where calls are JSON objects, an object that
    begins with the name of a tool and the key of the arguments is a call too.
    """

    name: str
    in_template: str  # a regular expression that finds the format in a chat template
    mark: str | None  # the beginning of ``opening + before``. Text never holds it: with the mark the calls begin
    opening: str = ""
    before: str
    between: str
    after: str
    separator: str | None  # None: a turn has one call
    closing: str = ""
    parameters: ParameterFormat | None = None
    id_length: int | None = None  # the length of the ids that the chat template takes

    @property
    def first(self) -> str:
        """The words from the mark to the name of the first call."""
        return self.opening + self.before

    @property
    def has_objects(self) -> bool:
        """Whether a call is a JSON object with the name and the arguments."""
        return self.before.endswith('{"name": "')


# As the models' own templates write them. Tokens of DeepSeek have wide bars and low lines.
_FORMATS = (
    ToolFormat(
        name="deepseek",
        in_template="<｜tool▁call▁begin｜>' ?\\+ ?tool\\['type'\\]",
        mark="<｜tool▁calls▁begin｜>",
        opening="<｜tool▁calls▁begin｜>",
        before="<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
        between="\n```json\n",
        after="\n```<｜tool▁call▁end｜>",
        separator="\n",
        closing="<｜tool▁calls▁end｜>",
    ),
    ToolFormat(
        name="deepseek-v3.1",
        in_template="<｜tool▁calls▁begin｜>",
        mark="<｜tool▁calls▁begin｜>",
        opening="<｜tool▁calls▁begin｜>",
        before="<｜tool▁call▁begin｜>",
        between="<｜tool▁sep｜>",
        after="<｜tool▁call▁end｜>",
        separator="",
        closing="<｜tool▁calls▁end｜>",
    ),
    ToolFormat(
        name="mistral-v11",
        in_template=r"\[TOOL_CALLS\](.|\n)*\[ARGS\]",
        mark="[TOOL_CALLS]",
        before="[TOOL_CALLS]",
        between="[ARGS]",
        after="",
        separator="",
        id_length=9,
    ),
    ToolFormat(
        name="mistral",
        in_template=r"\[TOOL_CALLS\]",
        mark="[TOOL_CALLS]",
        opening="[TOOL_CALLS] [",
        before='{"name": "',
        between='", "arguments": ',
        after="}",
        separator=", ",
        closing="]",
        id_length=9,
    ),
    ToolFormat(
        name="gemma",
        in_template=r"<\|tool_call>call:",
        mark="<|tool_call>",
        before="<|tool_call>call:",
        between="{",
        after="}<tool_call|>",
        separator="",
        parameters=ParameterFormat(before="", between=":", after="", separator=",", quote='<|"|>', is_sorted=True),
    ),
    ToolFormat(
        name="functiongemma",
        in_template="<start_function_call>",
        mark="<start_function_call>",
        before="<start_function_call>call:",
        between="{",
        after="}<end_function_call>",
        separator="",
        parameters=ParameterFormat(before="", between=":", after="", separator=",", quote="<escape>", is_sorted=True),
    ),
    ToolFormat(
        name="phi",
        in_template=r"<\|/tool_call\|>",
        mark="<|tool_call|>",
        opening="<|tool_call|>[",
        before='{"name": "',
        between='", "arguments": ',
        after="}",
        separator=", ",
        closing="]<|/tool_call|>",
    ),
    ToolFormat(
        name="granite",
        in_template=r"<\|tool_call\|>",
        mark="<|tool_call|>",
        opening="<|tool_call|>[",
        before='{"name": "',
        between='", "arguments": ',
        after="}",
        separator=", ",
        closing="]",
    ),
    ToolFormat(
        name="qwen3-coder",
        in_template=r"<tool_call>\\n<function=",
        mark="<tool_call>",
        before="<tool_call>\n<function=",
        between=">",
        after="\n</function>\n</tool_call>",
        separator="\n",
        parameters=ParameterFormat(before="\n<parameter=", between=">\n", after="\n</parameter>"),
    ),
    ToolFormat(
        name="glm",
        in_template="</arg_key>\\s+<arg_value>",
        mark="<tool_call>",
        before="<tool_call>",
        between="\n",
        after="</tool_call>",
        separator="\n",
        parameters=ParameterFormat(before="<arg_key>", between="</arg_key>\n<arg_value>", after="</arg_value>\n"),
    ),
    ToolFormat(
        name="hermes",
        in_template="<tool_call>",
        mark="<tool_call>",
        before='<tool_call>\n{"name": "',
        between='", "arguments": ',
        after="}\n</tool_call>",
        separator="\n",
    ),
    ToolFormat(
        name="llama",
        in_template=r"<\|python_tag\|>|Environment: ipython",
        mark=None,
        before='{"name": "',
        between='", "parameters": ',
        after="}",
        separator=None,
    ),
)

# For models whose template shows no tools: the format of most models that know any, described in the prompt.
GENERIC = next(format for format in _FORMATS if format.name == "hermes")


def tool_format(template: str) -> ToolFormat | None:
    """The format that a chat template writes calls in, or None if the template has none that the table knows."""
    return next((format for format in _FORMATS if re.search(format.in_template, template)), None)
