"""Parts that requests share."""

from typing import Any

# The path of a request, and what is sent as JSON.
PathAndBody = tuple[str, Any]

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
SHORT = {"max_tokens": 40}


def messages_with(word: str) -> list[dict[str, str]]:
    """A conversation that carries the word."""
    return [{"role": "system", "content": word}, {"role": "user", "content": word, "name": word}]
