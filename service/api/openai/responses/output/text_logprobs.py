"""The log probabilities of the tokens that make the text of a turn, without those of thoughts, calls and marks."""

from collections.abc import Iterable

from service.api.openai.logprobs import ChatTokenLogprob
from service.tasks.conversation.parsing.turn import Parts


class TextLogprobs:
    """Holds the tokens that have completed no part yet: the text of a mark is held back until it is clear."""

    def __init__(self) -> None:
        self._held: list[ChatTokenLogprob] = []

    def feed(self, tokens: Iterable[ChatTokenLogprob], parts: Parts) -> list[ChatTokenLogprob]:
        """The tokens of the text in ``parts``, of which ``tokens`` are the newest."""
        self._held += tokens
        if not (parts.text or parts.reasoning or parts.calls):
            return []
        held, self._held = self._held, []
        return _covering(held, parts.text.encode(), is_last=not parts.calls) if parts.text else []


def _covering(tokens: list[ChatTokenLogprob], text: bytes, *, is_last: bool) -> list[ChatTokenLogprob]:
    """The tokens whose bytes hold the text, which is the last of several parts, or the first.

    All tokens, if their bytes are no text.
    """
    written = b"".join(bytes(token.bytes) for token in tokens)
    start = written.rfind(text) if is_last else written.find(text)
    if start < 0:
        return tokens
    covering, place = [], 0
    for token in tokens:
        begin, place = place, place + len(token.bytes)
        if begin < start + len(text) and place > start:
            covering.append(token)
    return covering
