"""The structure that a client asks for, and the grammar that it becomes."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Self

from llguidance import LLMatcher
from llguidance.gbnf_to_lark import is_lark_syntax

from service.engine.protocol.grammar import Grammar
from service.engine.protocol.grammar_limits import parser_limits
from service.errors import InvalidOption
from service.tasks.structure.gbnf import lark_from_gbnf
from service.tasks.structure.lark_bounds import check_lark
from service.tasks.structure.reasons import public_reason
from service.tasks.structure.schema_text import bounded, schema_text, too_deep

# One space after commas and colons, as in most JSON that models have seen, and no other white space. So most of an
# object's punctuation is forced, and a model cannot fill its output with white space.
_LAYOUT: Any = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}

MOST_REMEMBERED = 8192  # characters of a schema or a grammar


@dataclass(frozen=True, slots=True)
class Structure:
    """A grammar that is not checked yet. ``param`` is the field that asked for it, which errors name."""

    source: str
    param: str
    names_tokens: bool = False  # a client's grammar must not; those of the service do

    @classmethod
    def json_object(cls, param: str) -> Self:
        """Any JSON object."""
        return cls.json_schema({"type": "object"}, param)

    @classmethod
    def json_schema(cls, schema: Mapping[str, Any] | bool, param: str) -> Self:
        """JSON that validates against a schema. Raises InvalidOption for one that is too long or too deep."""
        try:
            text = json.dumps(schema)
            read = _read_schema if len(text) > MOST_REMEMBERED else _remembered_schema
            return cls.from_text(read(text, param), param)
        except RecursionError:
            raise too_deep(param) from None

    @classmethod
    def from_text(cls, text: str, param: str) -> Self:
        """JSON that validates against a schema of ``schema_text``. Raises InvalidOption for one that is too deep."""
        try:
            return cls(LLMatcher.grammar_from_json_schema(text, overrides=_LAYOUT), param)
        except ValueError:  # llguidance reads 128 levels
            raise too_deep(param) from None

    @classmethod
    def regex(cls, pattern: str, param: str) -> Self:
        """Texts that a regular expression matches as a whole. Raises InvalidOption for one that is too long."""
        return cls(LLMatcher.grammar_from_regex(bounded(pattern, param)), param)

    @classmethod
    def choice(cls, texts: Sequence[str], param: str) -> Self:
        """One of these texts. Raises InvalidOption if they are too long together."""
        alternatives = " | ".join(json.dumps(text, ensure_ascii=False) for text in texts)
        return cls(LLMatcher.grammar_from_lark(bounded(f"start: {alternatives}", param)), param)

    @classmethod
    def grammar(cls, text: str, param: str, syntax: Literal["lark", "gbnf"] | None = None) -> Self:
        """Texts of a context-free grammar, in Lark's notation or in llama.cpp's (GBNF). None: whichever it is.

        Raises InvalidOption for a grammar that is too long or has too large terminals, or in GBNF for one that cannot
        be read.
        """
        text = bounded(text, param)
        if syntax == "gbnf" or (syntax is None and not is_lark_syntax(text)):
            text = lark_from_gbnf(text, param)
        else:
            check_lark(text, param)
        return cls(LLMatcher.grammar_from_lark(text), param)

    def within(self, source: str, param: str, *, name: str) -> Self:
        """This structure as a part of the grammar ``source`` in Lark's notation, which calls it ``@name``."""
        # llguidance describes schemas and expressions in JSON, and everything else in Lark's notation.
        is_json = self.source.startswith("{")
        part = json.loads(self.source)["grammars"][0] if is_json else {"lark_grammar": self.source}
        grammars = [{"name": "start", "lark_grammar": source}, {**part, "name": name}]
        return type(self)(json.dumps({"grammars": grammars}), param, names_tokens=True)

    async def compile(self) -> Grammar:
        """The grammar. Raises InvalidOption if it is not one, is too complex, or has a part that is not supported."""
        return await asyncio.to_thread(self.check)

    def check(self) -> Grammar:
        """As ``compile``, for a thread: it takes up to 20 ms."""
        validate = _validate if len(self.source) > MOST_REMEMBERED else _remembered_validation
        failed, messages = validate(self.source)
        if not self.names_tokens and any("no tokenizer" in message for message in messages):
            message = f"{self.param}: a grammar cannot name tokens, only texts"
            raise InvalidOption(message, param=self.param)
        if failed:
            reason = public_reason(messages[0]) if messages else "it is not a grammar"
            raise InvalidOption(f"{self.param}: {reason}", param=self.param)
        return Grammar(self.source)


def _read_schema(schema: str, param: str) -> str:
    return schema_text(json.loads(schema), param)[0]


def _validate(source: str) -> tuple[bool, list[str]]:
    return LLMatcher.validate_grammar_with_warnings(source, limits=parser_limits())


# Programs send the same schema with every request, so what is found about it is remembered.
_remembered_schema = lru_cache(128)(_read_schema)
_remembered_validation = lru_cache(256)(_validate)


def lark_schemas(schema: str, *spaces: str | None) -> list[str]:
    """A schema of ``schema_text`` as Lark's notation takes it behind ``%json``, once for each pattern of white space.

    None stands for one space after commas and colons.
    """
    checked = json.loads(schema)
    layouts = [_LAYOUT if space is None else {"whitespace_pattern": space} for space in spaces]
    return [json.dumps({"x-guidance": layout, **checked}) for layout in layouts]
