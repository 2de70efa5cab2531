"""Question marks and exclamation marks that a translation lost, and questions that it made."""

import re

_QUESTION = re.compile(
    r"[?？؟;\u037e]|[吗嗎呢么麼吧][。.!！”\"]*$|[かの][。.]*$|ไหม|ไหน|หรือ|อะไร|ใคร|ทำไม|เมื่อไ|อย่างไร|เท่าไ|กี่"
)
_ENDS_AS_QUESTION = re.compile(r"[?？؟][\"'”’»）)」』\]\s]*$")
_EXCLAMATION = re.compile(r"[!！]")
_ENDS_AS_EXCLAMATION = re.compile(r"[!！][\"'”’»）)」』\]\s]*$")


def changes_question(source: str, translation: str) -> bool:
    """Whether one text ends as a question, and the other has no sign of one."""
    return any(
        _ENDS_AS_QUESTION.search(one) is not None and _QUESTION.search(other) is None
        for one, other in ((source, translation), (translation, source))
    )


def loses_exclamation(source: str, translation: str) -> bool:
    """Whether the source ends as an exclamation, and the translation has no mark of one."""
    return _ENDS_AS_EXCLAMATION.search(source) is not None and _EXCLAMATION.search(translation) is None
