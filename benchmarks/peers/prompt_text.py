"""Prompts for a server that takes only text."""

from collections.abc import Callable

from service.tasks.text.tokenizer import Tokenizer


def as_text(tokenizer: Tokenizer) -> Callable[[list[int]], str]:
    """Token ids to a text that the tokenizer reads as about so many tokens.

    Random tokens end within characters; what stands for such a piece is several tokens, so a text is cut to its length.
    """

    def text(prompt: list[int]) -> str:
        read = tokenizer.encode(tokenizer.decode(prompt), add_special_tokens=False)
        return tokenizer.decode(read[: len(prompt)])

    return text
