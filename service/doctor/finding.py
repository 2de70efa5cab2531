"""What a check has found."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How good it is."""

    OK = "ok"
    WARNING = "warning"  # the service works, but not as well as it could
    PROBLEM = "problem"  # the service cannot be started


@dataclass(frozen=True, slots=True)
class Finding:
    """The facts, in words, and what to do about them; ``advice`` is empty if there is nothing to do."""

    status: Status
    facts: str
    advice: str = ""


def ok(facts: str) -> Finding:
    """A finding with which all is well."""
    return Finding(Status.OK, facts)


def warning(facts: str, advice: str) -> Finding:
    """A finding that does not keep the service from starting."""
    return Finding(Status.WARNING, facts, advice)


def problem(facts: str, advice: str) -> Finding:
    """A finding that does."""
    return Finding(Status.PROBLEM, facts, advice)
