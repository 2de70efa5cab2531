"""Prompts for a server that takes only text."""

from collections.abc import Callable

from service.tasks.text.tokenizer import Tokenizer


def text_maker(tokenizer: Tokenizer) -> Callable[[list[int]], str]:
    """A function from token ids to a text that the tokenizer encodes as about as many tokens.

    Random tokens often end inside a character. The replacement for such a part is several tokens, so the text is cut
    to the length of the prompt.
    """

    def make_text(prompt: list[int]) -> str:
        tokens = tokenizer.encode(tokenizer.decode(prompt), add_special_tokens=False)
        return tokenizer.decode(tokens[: len(prompt)])

    return make_text
