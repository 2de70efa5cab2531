"""A model's chat template, which turns messages into the text of a prompt.

Templates come with the model, so they are foreign code: they run in Jinja's immutable sandbox, see only what is passed
to them, and every error that they raise becomes a ChatTemplateError. The environment offers what templates on the hub
rely on: ``raise_exception``, ``strftime_now``, a ``tojson`` that does not escape HTML, ``break`` and ``continue``, and
the ``generation`` block that marks the assistant's words for training.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import jinja2
from jinja2 import meta, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from service.errors import ChatTemplateError

Message = Mapping[str, Any]

_REFUSED = "the model's chat template does not take these messages"


class ChatTemplate:
    """A compiled template. Every rendering sees ``variables``, such as ``bos_token``.

    Raises ChatTemplateError if the source does not compile.
    """

    def __init__(self, source: str, variables: Mapping[str, Any]) -> None:
        self.source = source
        self._variables = dict(variables)
        environment = _environment()
        try:
            self._template = environment.from_string(source)
            # Those that a caller of ``render`` can set: whatever the template reads and does not set itself.
            self.variables = frozenset(meta.find_undeclared_variables(environment.parse(source)))
        except jinja2.TemplateError as error:
            raise ChatTemplateError(f"the model's chat template does not compile: {error}") from error

    def render(
        self,
        messages: Sequence[Message],
        *,
        add_generation_prompt: bool = True,
        continue_final_message: bool = False,
        **variables: Any,
    ) -> str:
        """The text of the prompt. With ``continue_final_message`` it ends right after the content of the last message.

        Raises ChatTemplateError if there are no messages or the template refuses them. The error quotes
        the template only if the quoted words are in its source, because all other words may come from a message.
        """
        if not messages:
            raise ChatTemplateError("messages must not be empty", param="messages")
        if not continue_final_message:
            return self._render(messages, add_generation_prompt=add_generation_prompt, **variables)
        # A mark behind the content shows where the template puts it, even if the template trims or repeats the text.
        mark = uuid4().hex
        final = {**messages[-1], "content": f"{messages[-1].get('content') or ''}{mark}"}
        marked = self._render([*messages[:-1], final], add_generation_prompt=False, **variables)
        text, has_mark, _ = marked.rpartition(mark)
        if not has_mark:
            raise ChatTemplateError("the chat template leaves out the message to be continued", param="messages")
        return text

    def _render(self, messages: Sequence[Message], **variables: Any) -> str:
        try:
            return self._template.render(
                {"tools": None, "documents": None, **self._variables, **variables, "messages": messages}
            )
        except Exception as error:  # foreign code may raise anything; it means that the messages are refused
            # Words that are in the template's source contain nothing that a client sent.
            words = str(error) if str(error).strip() and str(error) in self.source else _REFUSED
            raise ChatTemplateError(words, param="messages") from error


class _GenerationBlock(Extension):
    """``{% generation %}...{% endgeneration %}`` renders its body."""

    tags = {"generation"}  # noqa: RUF012 - declared so in jinja2

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _GenerationBlock]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = _strftime_now
    return environment


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _raise_exception(message: str) -> None:
    raise jinja2.TemplateError(message)


def _strftime_now(format: str) -> str:
    return datetime.now().strftime(format)
