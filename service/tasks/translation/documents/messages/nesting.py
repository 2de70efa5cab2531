"""Nesting: of messages that follow each other in a text, each one goes into every leaf of those before it.

Two messages with the same argument and the same selectors choose the same branch: the second one needs no syntax.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

MOST_LEAVES = 24
# What stands in a place of syntax: its text, or where it is in the source.
_S = TypeVar("_S", str, tuple[tuple[int, int], ...])


class _Leaf(Protocol):
    @property
    def choices(self) -> Mapping[str, int]:
        """The branch that is chosen of each message around the leaf, by the key of the message."""


_L = TypeVar("_L", bound=_Leaf)
_L_co = TypeVar("_L_co", bound=_Leaf, covariant=True)
_S_co = TypeVar("_S_co", str, tuple[tuple[int, int], ...], covariant=True)


class _Message(Protocol[_L_co, _S_co]):
    """``key`` is equal for messages that choose the same branch. If it is not "", a branch is one of the ``leaves``."""

    @property
    def key(self) -> str: ...
    @property
    def leaves(self) -> Sequence[_L_co]: ...
    @property
    def syntax(self) -> Sequence[_S_co]: ...


@dataclass(frozen=True, slots=True)
class Choice(Generic[_L]):
    """A leaf of each message. The text stands in the branch of the one with the number ``innermost``."""

    leaves: tuple[_L, ...] = ()
    innermost: int = -1
    branches: Mapping[str, int] = field(default_factory=dict)

    def with_leaf(self, leaf: _L, *, is_inside: bool) -> "Choice[_L]":
        innermost = len(self.leaves) if is_inside else self.innermost
        return Choice((*self.leaves, leaf), innermost, {**self.branches, **leaf.choices})


def nested(messages: Sequence[_Message[_L, _S]]) -> tuple[list[Choice[_L]], list[_S]] | None:
    """The choices of leaves, and the syntax around them: one string more. None if they are very many."""
    if len(messages) > MOST_LEAVES:
        return None
    choices: list[Choice[_L]] = [Choice()]
    nothing = messages[0].syntax[0][:0]
    syntax = [nothing, nothing]
    for message in messages:
        outer, around = choices, syntax
        choices, syntax = [], around[:1]
        for choice, following in zip(outer, around[1:], strict=True):
            branch = choice.branches.get(message.key)
            if branch is not None:
                choices.append(choice.with_leaf(message.leaves[branch], is_inside=False))
                syntax.append(following)
                continue
            choices += [choice.with_leaf(leaf, is_inside=True) for leaf in message.leaves]
            syntax[-1] += message.syntax[0]
            syntax += message.syntax[1:]
            syntax[-1] += following
        if len(choices) > MOST_LEAVES:
            return None
    return choices, syntax
