"""Patterns that begin with lookaheads, as several patterns without. zod writes its e-mail address in this way."""

import re

_LITERAL = r"(?:\\[^\w\s]|[^\\\[\](){}.*+?|^$])"
_LOOKAHEAD = re.compile(
    rf"\(\?(?:=(?P<found>\.\*{_LITERAL}{{1,20}})|!(?P<before>\.\*)?(?P<forbidden>{_LITERAL}{{1,20}}))\)"
)
_GROUPED = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:[:=!]|<[=!]))?|\)|\|", re.DOTALL)
_ANY = "(?s:.*)"


def without_lookaheads(pattern: str) -> list[str] | None:
    """Patterns that hold together where the pattern holds. None: it has no lookaheads, or others than these.

    Known are texts that must not come first (``(?!ab)``), or must or must not come anywhere (``(?=.*a)``, ``(?!.*ab)``,
    of at most two characters).
    """
    if not pattern.startswith("^(?"):
        return None
    place, parts = 1, list[str]()
    while found := _LOOKAHEAD.match(pattern, place):
        place = found.end()
        if found["found"] is not None:
            parts.append(f"^{found['found']}")
            continue
        letters = [each.removeprefix("\\") for each in re.findall(_LITERAL, found["forbidden"])]
        part = _not_first(letters) if found["before"] is None else _not_within(letters)
        if part is None:
            return None
        parts.append(f"^{part}$")
    body = pattern[place:]
    return None if not parts or _has_alternatives_or_lookarounds(body) else [f"^{body}", *parts]


def _not_first(letters: list[str]) -> str:
    """All texts that do not begin with these letters."""
    rest = ""
    for letter in reversed(letters):
        inner = f"|{_escaped(letter)}{rest}" if rest else ""
        rest = f"(?:|[^{_escaped(letter)}]{_ANY}{inner})"
    return rest


def _not_within(letters: list[str]) -> str | None:
    """All texts without these letters; None if there are more than two."""
    first, *others = map(_escaped, letters)
    if not others:
        return f"[^{first}]*"
    if len(others) > 1:
        return None
    second = others[0]
    if first == second:
        return f"(?:[^{first}]|{first}[^{first}])*{first}?"
    return f"(?:[^{first}]|{first}+[^{first}{second}])*{first}*"


def _has_alternatives_or_lookarounds(body: str) -> bool:
    depth = 0
    for found in _GROUPED.finditer(body):
        token = found[0]
        if token.startswith("(?") and token != "(?:":
            return True
        depth += token.startswith("(") - (token == ")")
        if token == "|" and depth == 0:
            return True
    return False


def _escaped(character: str) -> str:
    return f"\\x{{{ord(character):X}}}"
