"""Which tokens would repeat an n-gram: a run of n tokens that the sequence has already."""

from collections.abc import Iterator


def completing_tokens(tokens: list[int], size: int) -> Iterator[int]:
    """The tokens that would end a repeated n-gram of ``size`` >= 1 tokens after ``tokens``, some of them repeatedly.

    They are those that ``NoRepeatNGramLogitsProcessor`` of transformers forbids. Runs may overlap.
    """
    if size == 1:
        yield from tokens
        return
    if len(tokens) < size:
        return
    suffix = tokens[1 - size :]
    place, end = size - 3, len(tokens) - 1
    while True:
        try:
            place = tokens.index(suffix[-1], place + 1, end)  # the list is searched by its own code: prompts are long
        except ValueError:
            return
        if tokens[place + 2 - size : place + 1] == suffix:
            yield tokens[place + 1]
