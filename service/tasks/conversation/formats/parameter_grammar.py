"""The grammar of arguments that are written one by one."""

import json
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

from service.tasks.conversation.formats.parameters import Parameter, ParameterFormat, parameters
from service.tasks.structure.structure import lark_schemas

_ANY = r"(.|\n)"


class ParameterGrammar:
    """Writes the rules of the arguments in Lark's notation. ``literal`` writes words with their tokens."""

    def __init__(self, format: ParameterFormat, added_tokens: Mapping[str, int], literal: Callable[[str], str]) -> None:
        self._format = format
        self._literal = literal
        self._texts: set[str] = set()  # the rules of texts that are written
        # Behind a text that may be anything, a token is certain, and words are where they come first.
        self._ends_in_token = any(format.end_of_text.startswith(token) for token in added_tokens)

    def rules(self, name: str, schema: str, param: str) -> Iterator[str]:
        """The rule ``name`` of all arguments, and those that it needs.

        ``schema`` is as ``schema_text`` writes it. Raises InvalidOption as ``parameters`` does.
        """
        arguments = parameters(schema, self._format, param)
        for place, argument in enumerate(arguments):
            yield from self._argument(f"{name}_{place}", argument)
        yield f"{name}: {name}_first_0"
        yield from self._sequence(name, "first", arguments, "")
        yield from self._sequence(name, "next", arguments, self._literal(self._format.separator))

    def _sequence(self, name: str, kind: str, arguments: Sequence[Parameter], separator: str) -> Iterator[str]:
        """The arguments from each place on, while none or at least one is written."""
        for place, argument in enumerate(arguments):
            written = f"{separator} {name}_{place} {name}_next_{place + 1}"
            yield f"{name}_{kind}_{place}: {written}{'' if argument.is_required else f' | {name}_{kind}_{place + 1}'}"
        yield f'{name}_{kind}_{len(arguments)}: ""'

    def _argument(self, name: str, argument: Parameter) -> Iterator[str]:
        format = self._format
        head = self._literal(format.before + argument.name + format.between)
        if not argument.is_text:
            [schema] = lark_schemas(json.dumps(argument.schema), None)
            yield f"{name}: {head} %json {schema} {self._literal(format.after)}"
            return
        quote, after = self._literal(format.quote), self._literal(format.after) if format.quote else ""
        yield f"{name}: {head} {quote} {name}_text {after}"
        if argument.texts:
            ends = [self._literal(text + format.end_of_text) for text in argument.texts]
            yield f"{name}_text: {' | '.join(ends)}"
            return
        least, most = argument.schema.get("minLength", 0), argument.schema.get("maxLength", "")
        text = yield from self._text(least, most)
        yield f"{name}_text: {text}"

    def _text(self, least: int, most: int | str) -> Generator[str, None, str]:
        """The rule of a text of this length and of its end. Arguments share it."""
        name = f"text_{least}_{most}"
        if name in self._texts:
            return name
        self._texts.add(name)
        end = self._format.end_of_text
        others = f"~/{_ANY}*{_escaped(end)}{_ANY}*/"
        if not self._ends_in_token:
            yield f"{name.upper()}: /{_ANY}{{{least},{most}}}/ & {others}"
            yield f"{name}[lazy]: {name.upper()} {json.dumps(end, ensure_ascii=False)}"
        elif most == 0:
            yield f"{name}: {self._literal(end)}"
        else:
            yield f"{name.upper()}: /{_ANY}{{{max(least, 1)},{most}}}/ & {others}"
            yield f"{name}: {name.upper()}{'' if least else '?'} {self._literal(end)}"
        return name


def _escaped(text: str) -> str:
    """The text in a regular expression between slashes."""
    return re.escape(text).replace("/", r"\/").replace("\\\n", r"\n")
