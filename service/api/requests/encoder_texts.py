"""The limits of texts for an encoder."""

from collections.abc import Sequence

from service.api.requests.options import check_limit
from service.settings import Settings


def check_texts(param: str, texts: Sequence[str], settings: Settings) -> None:
    """Raises ApiError for more texts, or longer ones, than the operator allows."""
    check_limit(param, len(texts), settings.max_inputs, "texts")
    check_length(param, texts, settings)


def check_length(param: str, texts: Sequence[str], settings: Settings) -> None:
    """Raises ApiError for longer texts than the operator allows."""
    check_limit(param, max(map(len, texts), default=0), settings.max_input_length, "characters in a text")
