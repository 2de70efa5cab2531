"""Patterns of module names in ``adapter_config.json``, matched as peft does.

They are regular expressions of a stranger, so their length and the time of all matches together are limited.
"""

import time
from collections.abc import Callable, Iterable

import regex

from service.errors import UnsupportedAdapter

_MAX_LENGTH = 1000
_SECONDS = 2.0


class NamePatterns:
    """Matches names against the patterns of one adapter."""

    def __init__(self) -> None:
        self._end = time.monotonic() + _SECONDS

    def match(self, pattern: str, name: str) -> "regex.Match[str] | None":
        """The match of ``pattern`` at the beginning of ``name``. Raises UnsupportedAdapter."""
        return self._search(regex.match, pattern, name)

    def matches_whole(self, pattern: str, name: str) -> bool:
        """Whether ``pattern`` matches all of ``name``. Raises UnsupportedAdapter."""
        return self._search(regex.fullmatch, pattern, name) is not None

    def first_match(self, patterns: Iterable[str], name: str) -> str | None:
        """The first of ``patterns`` that matches ``name``, or the end of it after a dot. Raises UnsupportedAdapter."""
        return next((key for key in patterns if self.match(rf"(.*\.)?({key})$", name)), None)

    def _search(
        self, search: Callable[..., "regex.Match[str] | None"], pattern: str, name: str
    ) -> "regex.Match[str] | None":
        if len(pattern) > _MAX_LENGTH:
            raise UnsupportedAdapter(f"adapter_config.json: a pattern has more than {_MAX_LENGTH} characters")
        try:
            return search(pattern, name, timeout=max(0.001, self._end - time.monotonic()))
        except regex.error as error:
            raise UnsupportedAdapter(f"adapter_config.json: a pattern is not a regular expression: {error}") from None
        except TimeoutError:
            raise UnsupportedAdapter("adapter_config.json: its patterns take too long to match") from None


def ends_with_any(name: str, ends: frozenset[str]) -> bool:
    """Whether ``name`` is one of ``ends``, or ends with a dot and one of them."""
    parts = name.split(".")
    return any(".".join(parts[first:]) in ends for first in range(len(parts)))
