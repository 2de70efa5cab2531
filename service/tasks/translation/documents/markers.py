"""The markers that stand in a text for what a model must not touch: ``[1]``, ``[2]`` and so on.

Of 15 English sentences with one to four marks each, put into French and Chinese by Qwen2.5-Coder-0.5B, greedily, so
many came back with every mark once: ``[1]`` 29 of 30, ``{1}`` 26, ``<1>`` with ``</1>`` 24, ``<x1/>`` 23, ``⟦1⟧`` 23.
With an example that shows such marks, ``[1]`` and ``⟦1⟧`` 27, ``<1>`` with ``</1>`` 23, ``<x1/>`` 22, ``{1}`` 21.

What looks like a marker in the text itself becomes a mark of its own, so no marker is mistaken for it.
"""

import re

# Chinese models set the brackets of their script. White space in markers is theirs as well.
PATTERN = r"[\[【⟦［]\s*+[0-9]++\s*+[\]】⟧］]"
_MARKER = re.compile(PATTERN.replace("[0-9]++", "([0-9]++)"))


def marker(number: int) -> str:
    return f"[{number}]"


def split_at_markers(text: str) -> tuple[list[str], list[int]]:
    """What stands around the markers in ``text``, and their numbers; the former are one more.

    A number of more digits than any marker has is 0, which none has.
    """
    pieces = _MARKER.split(text)
    return pieces[::2], [int(number) if len(number) < 10 else 0 for number in pieces[1::2]]
