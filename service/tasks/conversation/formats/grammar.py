"""The grammar of a turn: reasoning, then text, calls of tools, or a structure.

Calls may begin anywhere in the text. From the mark on, the grammar follows the format of the calls and the schema of
the tool, so arguments always validate. Marks that the tokenizer has as one token are that token, as models write them.
"""

import json
import re
from collections.abc import Mapping, Sequence

from service.errors import InvalidOption
from service.tasks.conversation.formats.parameter_grammar import ParameterGrammar
from service.tasks.conversation.formats.reasoning import ReasoningFormat
from service.tasks.conversation.formats.tool import ToolUse
from service.tasks.conversation.formats.tool_format import ToolFormat
from service.tasks.structure.structure import Structure, lark_schemas

MOST_CALLS = 32  # in a turn. Small models repeat themselves
_SPACE = "[ \\n]{0,24}"  # in a call that a model puts into the text, as JSON with or without indents


class TurnGrammar:
    """Writes the rules of one turn in llguidance's Lark notation. ``added_tokens`` maps the texts of tokens to ids."""

    def __init__(self, added_tokens: Mapping[str, int]) -> None:
        self._added_tokens = added_tokens
        self._spaced_schemas: list[str] = []  # of the arguments of calls that stand in the text, by tool
        self._rules = ["%llguidance {}", "TEXT: /(.|\\n)*/"]

    def structure(
        self,
        *,
        reasoning: ReasoningFormat | None,
        in_reasoning: bool,
        budget: int | None,
        format: ToolFormat | None,
        use: ToolUse,
        answer: Structure | None,
        schemas: Sequence[str] = (),
    ) -> Structure | None:
        """What the text of the turn has to be; None if it may be anything.

        ``budget`` is the most tokens of the reasoning, and ``answer`` what the text after it has to be. ``schemas`` are
        those of the arguments of the callable tools, as ``schema_text`` writes them.
        """
        calls = format is not None and use.is_active
        if not calls and budget is None and (answer is None or reasoning is None):
            return answer
        endings = []
        if calls:
            assert format is not None
            endings += self._calls(format, use, schemas, with_text=answer is None)
        if answer is not None:
            endings.append("@answer")
        elif not calls:
            endings.append("TEXT")
        self._rule("ending", " | ".join(endings))
        self._rule("start", self._start(reasoning, in_reasoning=in_reasoning, budget=budget))
        source = "\n".join(self._rules)
        param = answer.param if answer is not None and not calls else "tools"
        if answer is None:
            return Structure(source, param, names_tokens=True)
        return answer.within(source, param, name="answer")

    def _start(self, reasoning: ReasoningFormat | None, *, in_reasoning: bool, budget: int | None) -> str:
        if reasoning is None:
            return "ending"
        self._rules.append("GAP: /\\n{1,2}/")
        end = self._literal(reasoning.end)
        limit = "" if budget is None else f"max_tokens={budget}"
        if reasoning.end in self._added_tokens:
            self._rules.append(f"thoughts{f'[{limit}]' if limit else ''}: TEXT")
            rest = f"{end} GAP? ending" if budget == 0 else f"thoughts {end} GAP? ending"
        elif budget is None:
            self._rules.append(f"thoughts[lazy]: TEXT {end}")
            rest = "thoughts GAP? ending"
        else:
            message = "the model's marks of reasoning are no tokens, so its length cannot be limited"
            raise InvalidOption(message, param="reasoning")
        if in_reasoning:
            return rest
        return f"ending | {self._literal(reasoning.begin)} {rest}"

    def _calls(self, format: ToolFormat, use: ToolUse, schemas: Sequence[str], *, with_text: bool) -> list[str]:
        """The alternatives of a turn with tools: text, text with calls after it, or calls alone."""
        after = self._literal(format.after)
        written = None
        if format.parameters is not None:
            written = ParameterGrammar(format.parameters, self._added_tokens, self._literal)
        for i, (tool, schema) in enumerate(zip(use.callable, schemas, strict=True)):
            head = self._literal(tool.name + format.between)
            if written is not None:
                self._rules += written.rules(f"arguments_{i}", schema, tool.param)
                self._rule(f"call_{i}", f"{head} arguments_{i} {after}")
                continue
            strict, spaced = lark_schemas(schema, None, _SPACE)
            self._rule(f"call_{i}", f"{head} %json {strict} {after}")
            self._spaced_schemas.append(spaced)
        self._rule("call", _any("call", use))
        rest = "call"
        if use.parallel and format.separator is not None:
            following = f"{self._literal(format.separator)} {self._literal(format.before)} call"
            rest += f" ({following}){{0,{MOST_CALLS - 1}}}"
        rest += f" {self._literal(format.closing)}"
        if use.mode == "required" or not with_text:
            return [f"{self._literal(format.first)} {rest}"]
        endings = ["TEXT"]
        if (mark := format.mark) is not None:
            self._rules.append(f"spelled_mark[lazy]: TEXT {_quoted(mark)}")
            endings.append(f"spelled_mark {self._literal(format.first.removeprefix(mark))} {rest}")
            if mark in self._added_tokens:
                endings.append(f"TEXT {self._literal(format.first)} {rest}")
        if format.has_objects:
            endings.append(self._objects(use))
        return endings

    def _objects(self, use: ToolUse) -> str:
        """Calls that are objects in the text. They are recognized by all that comes before the arguments."""
        self._rules += [
            f'OPEN: /\\{{{_SPACE}"name"{_SPACE}:{_SPACE}"/',
            f'MIDDLE: /"{_SPACE},{_SPACE}"(arguments|parameters)"{_SPACE}:/',
            f"SPACE: /{_SPACE}/",
            f"CLOSE: /{_SPACE}\\}}/",
            f"FENCE: /{_SPACE}(```)?/",
        ]
        for i, (tool, schema) in enumerate(zip(use.callable, self._spaced_schemas, strict=True)):
            self._rules.append(f"head_{i}[lazy]: TEXT OPEN {_quoted(tool.name)} MIDDLE")
            self._rule(f"object_{i}", f"head_{i} SPACE %json {schema} CLOSE")
        self._rule("object", _any("object", use))
        return f"object (object){{0,{MOST_CALLS - 1}}} TEXT" if use.parallel else "object FENCE"

    def _rule(self, name: str, body: str) -> None:
        self._rules.append(f"{name}: {body}")

    def _literal(self, text: str) -> str:
        """The rule of these words: texts, and the ids of the tokens among them."""
        tokens = sorted((token for token in self._added_tokens if token in text), key=len, reverse=True)
        if not tokens:
            return _quoted(text)
        pieces = re.split("(" + "|".join(map(re.escape, tokens)) + ")", text)
        return " ".join(
            f"<[{self._added_tokens[piece]}]>" if piece in self._added_tokens else _quoted(piece)
            for piece in pieces
            if piece
        )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if text else ""


def _any(name: str, use: ToolUse) -> str:
    return " | ".join(f"{name}_{i}" for i in range(len(use.callable)))
