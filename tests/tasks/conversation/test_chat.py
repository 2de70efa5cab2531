"""What a model's chat template says about its calls and its thoughts, and what a client may ask for."""

from dataclasses import replace
from typing import Any

import pytest

from service.errors import InvalidOption, NoChatTemplate
from service.tasks.conversation.chat import Chat
from service.tasks.conversation.conversation import Conversation
from service.tasks.conversation.formats.reasoning import Effort, ReasoningUse
from service.tasks.conversation.formats.tool import Tool
from service.tasks.conversation.turns import PreparedTurns
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.tokenizer import Tokenizer
from tests.fakes.engine import ScriptedEngine
from tests.fakes.tokenizer import EOS
from tests.tasks.conversation.making import tokenizer_with, use_of

PLAIN = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
WITH_TOOLS = "{% for t in tools or [] %}{{ t | tojson }}{% endfor %}" + PLAIN
HERMES = WITH_TOOLS + "{# <tool_call> #}"
SWITCHED = PLAIN + "{% if not enable_thinking %}<think></think>{% endif %}"
ALWAYS = PLAIN + "{{ '<think>\\n' }}"
EFFORTS = PLAIN + "{{ reasoning_effort }}{# </think> #}"
THOUGHTS = "{# </think> #}"


async def prepare(template: str | None, *, options: Options | None = None, **fields: Any) -> PreparedTurns:
    marks = tokenizer_with(["<think>", "</think>"], special=False)
    made = None if template is None else ChatTemplate(template, {})
    tokenizer = Tokenizer(marks._library, eos_token_ids=[EOS], chat_template=made)
    chat = Chat(Generator(ScriptedEngine(vocab_size=300).client, tokenizer))
    messages = [{"role": "user", "content": "Hi"}]
    return await chat.prepare(Conversation(messages=messages, **fields), options or Options(), "id")


def prompt_of(prepared: PreparedTurns) -> str:
    return prepared.generator.tokenizer.decode(prepared.request.prompt, skip_special_tokens=False)


def has_grammar(prepared: PreparedTurns) -> bool:
    return prepared.request.params.constraint is not None


async def test_tools_are_shown_by_the_template_where_it_knows_them() -> None:
    assert prompt_of(await prepare(HERMES, tools=use_of())).startswith('{"type": "function"')
    assert prompt_of(await prepare(PLAIN, tools=use_of())).startswith("[system]You can call these functions:")
    # A template that shows tools in a format that is not known would lead the model away from the grammar.
    assert prompt_of(await prepare(WITH_TOOLS, tools=use_of())).startswith("[system]You can call these functions:")


async def test_keywords_that_cannot_be_obeyed_are_ignored_or_refused() -> None:
    words = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    parameters = {"type": "object", "properties": {"words": words}}
    loose = Tool("f", None, parameters, "tools.0.x")
    assert (await prepare(HERMES, tools=use_of([loose]))).ignored == ("tools.0.x.uniqueItems",)
    assert prompt_of(await prepare(HERMES, tools=use_of([loose]))).count("uniqueItems") == 1
    with pytest.raises(InvalidOption, match="uniqueItems") as error:
        await prepare(HERMES, tools=use_of([replace(loose, strict=True)]))
    assert error.value.param == "tools.0.x"


async def test_only_tools_need_a_grammar_and_a_parser() -> None:
    plain = await prepare(HERMES)
    assert (has_grammar(plain), plain.new_parser) == (False, None)
    called = await prepare(HERMES, tools=use_of())
    assert has_grammar(called)
    assert called.new_parser is not None


async def test_without_a_template_there_is_no_chat() -> None:
    with pytest.raises(NoChatTemplate):
        await prepare(None)


@pytest.mark.parametrize(
    ("template", "use", "ends", "grammar", "begins_in_thoughts"),
    [
        (SWITCHED, ReasoningUse(), "<think></think>", False, False),
        (SWITCHED, ReasoningUse(enabled=True), "Hi", False, False),
        (SWITCHED, ReasoningUse(effort="none"), "<think></think>", False, False),
        (SWITCHED, ReasoningUse(effort="low"), "Hi", True, False),
        (SWITCHED, ReasoningUse(effort="high"), "Hi", False, False),
        (SWITCHED, ReasoningUse(enabled=False, budget=9), "<think></think>", False, False),
        (ALWAYS, ReasoningUse(), "<think>\n", False, True),
        (ALWAYS, ReasoningUse(budget=7), "<think>\n", True, True),
        (ALWAYS, ReasoningUse(enabled=False), "<think>\n", True, True),  # ended at once by the grammar
        (EFFORTS, ReasoningUse(effort="medium"), "medium", False, False),
        (PLAIN, ReasoningUse(effort="none"), "Hi", False, False),
        (PLAIN, ReasoningUse(enabled=False), "Hi", False, False),
    ],
)
async def test_wishes_for_thoughts(
    template: str, use: ReasoningUse, ends: str, grammar: bool, begins_in_thoughts: bool
) -> None:
    prepared = await prepare(THOUGHTS + template if template in (SWITCHED, ALWAYS) else template, reasoning=use)
    assert prompt_of(prepared).endswith(ends)
    assert has_grammar(prepared) == grammar
    assert (prepared.new_parser is not None and prepared.new_parser().in_reasoning) == begins_in_thoughts


@pytest.mark.parametrize("use", [ReasoningUse(enabled=True), ReasoningUse(effort="low"), ReasoningUse(budget=5)])
async def test_a_model_that_does_not_reason_says_so(use: ReasoningUse) -> None:
    with pytest.raises(InvalidOption, match="does not reason"):
        await prepare(PLAIN, reasoning=use)


@pytest.mark.parametrize("effort", ["none", "minimal", "low", "medium", "high", "xhigh"])
async def test_every_effort_is_taken(effort: Effort) -> None:
    await prepare(THOUGHTS + ALWAYS, reasoning=ReasoningUse(effort=effort))


async def test_variables_of_the_template() -> None:
    assert prompt_of(await prepare(PLAIN + "{{ date }}", variables={"date": "today"})).endswith("today")
    assert prompt_of(await prepare(PLAIN, variables={"enable_thinking": False})).endswith("Hi")
    both = await prepare(SWITCHED, variables={"enable_thinking": False}, reasoning=ReasoningUse(enabled=True))
    assert prompt_of(both).endswith("Hi")
    for name in ("date", "messages", "tools", "self", "continue_final_message"):
        with pytest.raises(InvalidOption, match="no such variable"):
            await prepare(HERMES, variables={name: "x"})
