"""The chat of a model: it prepares turns that continue a conversation."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from service.errors import InvalidOption, NoChatTemplate
from service.tasks.conversation.conversation import Conversation
from service.tasks.conversation.formats.grammar import TurnGrammar
from service.tasks.conversation.formats.reasoning import EFFORT_BUDGETS, ReasoningUse
from service.tasks.conversation.formats.tool import Tool
from service.tasks.conversation.parsing.parser import TurnParser
from service.tasks.conversation.parsing.shape import TurnShape
from service.tasks.conversation.style import TurnStyle
from service.tasks.conversation.turns import PreparedTurns
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.structure.arguments import ArgumentsSchema, arguments_schema
from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.prompt_texts import PromptTexts

_SWITCHES = ("enable_thinking", "thinking")  # the variables of templates that switch reasoning on and off
_OWN_VARIABLES = {"self", "messages", "tools", "add_generation_prompt", "continue_final_message"}


@dataclass(frozen=True, slots=True)
class _Reasoning:
    """What a client's wishes mean for a model: variables of its template, and the most tokens of reasoning."""

    variables: Mapping[str, Any]
    budget: int | None = None


class Chat:
    """One model that answers conversations. How it writes calls and reasoning is found in its chat template."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator

    async def prepare(self, conversation: Conversation, options: Options, id: str) -> PreparedTurns:
        """The turns that continue a conversation, ready to start.

        Raises NoChatTemplate, ChatTemplateError, what ``Generator.from_tokens`` raises, and InvalidOption for what
        the model cannot do.
        """
        use, style = conversation.tools, self.style
        reasoning = self._obey(conversation.reasoning)
        tokenizer = self.generator.tokenizer
        texts = PromptTexts(tokenizer)
        text = await self._render(conversation, reasoning, texts)
        tokens = await texts.encode(text)
        format = style.tools if use.is_active else None
        in_reasoning = style.reasoning is not None and text.rstrip().endswith(style.reasoning.begin)
        # Many tools have long schemas, and the event loop must not wait for them.
        arguments = [] if format is None else await asyncio.to_thread(_arguments, use.callable)
        schemas = [each.text for each in arguments]
        write_grammar = partial(
            TurnGrammar(tokenizer.added_tokens).structure,
            reasoning=style.reasoning,
            in_reasoning=in_reasoning,
            budget=reasoning.budget,
            format=format,
            use=use,
            answer=options.structure,
            schemas=schemas,
        )
        structure = write_grammar() if format is None else await asyncio.to_thread(write_grammar)
        if structure is not None:
            options = replace(options, structure=structure)
        new_parser = None
        if format is not None or style.reasoning is not None:
            if self._has_special_marks:  # the parser reads their texts
                options = replace(options, skip_special_tokens=False)
            shape = TurnShape(style.reasoning, format, use, schemas)
            new_parser = partial(TurnParser, shape, in_reasoning=in_reasoning)
        request = await self.generator.from_encoded(tokens, options, param=conversation.param)
        ignored = tuple(
            f"{tool.param}.{keyword}"
            for tool, obeyed in zip(use.callable, arguments, strict=False)
            for keyword in obeyed.left_out
        )
        return PreparedTurns(self.generator, request, id, new_parser, ignored)

    async def count(self, conversation: Conversation) -> int:
        """The number of tokens in the prompt of the turns. Raises NoChatTemplate, ChatTemplateError, InvalidOption."""
        texts = PromptTexts(self.generator.tokenizer)
        return len(await texts.encode(await self._render(conversation, self._obey(conversation.reasoning), texts)))

    async def _render(self, conversation: Conversation, reasoning: _Reasoning, texts: PromptTexts) -> str:
        tools: Sequence[Tool] = conversation.tools.tools
        if tools:  # descriptions may be many, and not the client's own
            tools = await asyncio.to_thread(lambda: [_protect_tool(tool, texts) for tool in tools])
        return await self.generator.tokenizer.render_chat_async(
            self.style.messages(await texts.protect_messages(conversation.messages), tools),
            add_generation_prompt=conversation.add_generation_prompt and not conversation.continue_final_message,
            continue_final_message=conversation.continue_final_message,
            **self.style.variables(tools),
            **{**texts.protect_all(self._variables(conversation.variables)), **reasoning.variables},
        )

    def _obey(self, use: ReasoningUse) -> _Reasoning:
        """Raises InvalidOption if the model does not reason, or cannot be told to."""
        enabled = use.enabled
        if use.effort is not None and enabled is None:
            enabled = use.effort != "none"
        if self.style.reasoning is None and "reasoning_effort" not in self._template.variables:
            if use.is_demand and (enabled or use.budget):
                raise InvalidOption(f"{use.param}: this model does not reason", param=use.param)
            return _Reasoning({})
        variables: dict[str, Any] = {}
        budget = use.budget
        switch = next((name for name in _SWITCHES if name in self._template.variables), None)
        if enabled is not None and switch is not None:
            variables[switch] = enabled
        elif enabled is False:
            budget = 0
        if use.effort is not None and "reasoning_effort" in self._template.variables:
            variables["reasoning_effort"] = use.effort
        elif use.effort is not None and budget is None and enabled:
            budget = EFFORT_BUDGETS[use.effort]
        return _Reasoning(variables, budget if enabled is not False or switch is None else None)

    def _variables(self, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """A client's variables. Raises InvalidOption for one that would change nothing, or that has a field."""
        param = "chat_template_kwargs"
        known = self._template.variables - _OWN_VARIABLES
        taken = {}
        for name, value in variables.items():
            if name in known:
                taken[name] = value
            elif name not in _SWITCHES or value:  # a model that does not reason need not be told so
                raise InvalidOption(f"{param}: the model's chat template has no such variable", param=param)
        return taken

    @property
    def _template(self) -> ChatTemplate:
        template = self.generator.tokenizer.chat_template
        if template is None:
            raise NoChatTemplate("this model has no chat template; send a prompt instead", param="messages")
        return template

    @cached_property
    def style(self) -> TurnStyle:
        """How the model writes. Raises NoChatTemplate."""
        return TurnStyle.from_template(self._template)

    @cached_property
    def _has_special_marks(self) -> bool:
        format, reasoning = self.style.tools, self.style.reasoning
        marks = "" if reasoning is None else reasoning.begin + reasoning.end
        marks += format.first + format.between + format.after + format.closing
        if (written := format.parameters) is not None:
            marks += written.before + written.between + written.after + written.quote
        tokenizer = self.generator.tokenizer
        return any(tokenizer.is_special(id) for text, id in tokenizer.added_tokens.items() if text in marks)


def _arguments(tools: Sequence[Tool]) -> list[ArgumentsSchema]:
    return [arguments_schema(tool.schema, tool.param, strict=tool.strict) for tool in tools]


def _protect_tool(tool: Tool, texts: PromptTexts) -> Tool:
    return replace(tool, description=texts.protect_all(tool.description), parameters=texts.protect_all(tool.parameters))
