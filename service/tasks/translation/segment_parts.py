"""The texts between the marks of a segment, translated apart: the way of a segment whose marks a model does not keep.

The right words are then in tags, in a less fluent text; benchmarks/README.md has the figures.
"""

from service.engine.protocol.outputs import FinishReason
from service.tasks.generation.choice import Choice
from service.tasks.translation.documents.marks.markers import marker, split_at_markers
from service.tasks.translation.documents.marks.unit import Unit


class SegmentParts:
    """Owns the translations of the ``texts`` of one unit while they are decoded; ``choices`` are theirs, in order.

    A text without letters is none of them, and stays.
    """

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self._between, self._marks = split_at_markers(unit.text)
        self.texts = [text.strip() for text in self._between if _has_words(text)]
        self.choices = [Choice() for _ in self.texts]

    @property
    def is_complete(self) -> bool:
        """Whether all texts are translated."""
        return all(choice.finish is not None for choice in self.choices)

    @property
    def finish(self) -> FinishReason:
        """Why the whole has ended: a text was cut, or none was."""
        cut = any(choice.finish is FinishReason.LENGTH for choice in self.choices)
        return FinishReason.LENGTH if cut else FinishReason.STOP

    @property
    def written(self) -> str:
        """The translations with the markers between them, and white space as in the source.

        Words for which the model wrote nothing stay.
        """
        pairs = zip(self.texts, self.choices, strict=True)
        translated = iter([choice.text.strip() or text for text, choice in pairs])
        parts = [_around(text, next(translated)) if _has_words(text) else text for text in self._between]
        return parts[0] + "".join(marker(n) + part for n, part in zip(self._marks, parts[1:], strict=True))


def _has_words(text: str) -> bool:
    return any(map(str.isalpha, text))


def _around(source: str, translation: str) -> str:
    """The translation with the white space around the source."""
    begin, end = len(source) - len(source.lstrip()), len(source.rstrip())
    return source[:begin] + translation + source[end:]
