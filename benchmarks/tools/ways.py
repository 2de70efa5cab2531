"""Two ways to ask for calls. The prompt and the parser are the same; the constraint is the difference."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.quality.client import QualityClient, Replies, Reply
from benchmarks.tools.calls import Call
from benchmarks.tools.questions import ToolQuestion
from service.tasks.conversation.formats.tool import ToolUse
from service.tasks.conversation.parsing.parser import TurnParser
from service.tasks.conversation.parsing.shape import TurnShape
from service.tasks.conversation.parsing.turn import Turn, TurnDelta
from service.tasks.conversation.style import TurnStyle
from service.tasks.generation.choice import Delta
from service.tasks.text.tokenizer import Tokenizer

MOST_TOKENS = 256
TRIVIUM, FREE = "Trivium", "without constraint"


@dataclass(frozen=True, slots=True)
class Way:
    """How the questions are asked, and how the calls of a reply are read."""

    ask: Callable[[QualityClient, Sequence[ToolQuestion]], Replies]
    read: Callable[[Reply, ToolQuestion], list[Call]]


def ways(tokenizer: Tokenizer) -> dict[str, Way]:
    """The ways by name. ``tokenizer`` is that of the served model, which has a chat template."""
    assert tokenizer.chat_template is not None
    style = TurnStyle.from_template(tokenizer.chat_template)
    free = _Free(tokenizer, style)
    return {TRIVIUM: Way(_ask, _read), FREE: Way(free.ask, free.read)}


def _ask(client: QualityClient, questions: Sequence[ToolQuestion]) -> Replies:
    bodies: list[dict[str, Any]] = [
        {
            "messages": question.messages,
            "tools": [tool.declaration() for tool in question.tools],
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
        }
        for question in questions
    ]
    return client.post("/v1/chat/completions", bodies)


def _read(reply: Reply, question: ToolQuestion) -> list[Call]:
    calls = reply.body["choices"][0]["message"].get("tool_calls", [])
    return [(call["function"]["name"], call["function"]["arguments"]) for call in calls]


@dataclass(frozen=True, slots=True)
class _Free:
    """The prompt of the service as a completion, whose text is read as the service reads turns."""

    tokenizer: Tokenizer
    style: TurnStyle

    def ask(self, client: QualityClient, questions: Sequence[ToolQuestion]) -> Replies:
        bodies: list[dict[str, Any]] = [
            {
                "prompt": self._prompt(question),
                "temperature": 0,
                "max_tokens": MOST_TOKENS,
                "add_special_tokens": False,
                "skip_special_tokens": False,
            }
            for question in questions
        ]
        return client.post("/v1/completions", bodies)

    def read(self, reply: Reply, question: ToolQuestion) -> list[Call]:
        use = ToolUse(tools=question.tools, callable=question.tools)
        parser = TurnParser(TurnShape(self.style.reasoning, self.style.tools, use), in_reasoning=False)
        turn = Turn()
        for parts in (parser.feed(reply.body["choices"][0]["text"]), parser.finish()):
            turn.add(TurnDelta(parts, Delta(0, 0, ""), parser.num_calls))
        return [(call.name, call.arguments) for call in turn.calls]

    def _prompt(self, question: ToolQuestion) -> str:
        messages = self.style.messages(question.messages, question.tools)
        return self.tokenizer.render_chat(messages, **self.style.variables(question.tools))
