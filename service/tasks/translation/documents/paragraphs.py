"""The paragraphs of a text, and their parts: a sentence around a message is composed, or the message cuts it."""

from collections.abc import Iterable, Iterator, Sequence

from service.tasks.translation.documents.fragments.fragment import Fragment, FragmentKind
from service.tasks.translation.documents.fragments.fragment_run import FragmentRun
from service.tasks.translation.documents.marks.protected_terms import ProtectedTerms
from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.documents.message_sentence import message_parts
from service.tasks.translation.documents.paragraph import Paragraph, SentenceSplitter
from service.tasks.translation.documents.parts import Part

# A part with its start and end in the text.
PlacedPart = tuple[Part, int, int]


class ParagraphReader:
    """Reads the fragments of a text as parts of a document."""

    def __init__(self, text: str, split: SentenceSplitter, terms: ProtectedTerms) -> None:
        self._text = text
        self._split = split
        self._terms = terms

    def parts(self, fragments: Iterable[Fragment], position: int, *, cuts: int = 2) -> Iterator[PlacedPart]:
        """The parts of fragments of which the first one begins at ``position``.

        A message cuts its paragraph unless it is in a sentence with other words that can go into its branches. What is
        left of the paragraph, and the branches, may have other sentences; after some ``cuts`` all messages cut them.
        """
        for paragraph, start in _paragraphs(fragments, position):
            messages = {index for index, fragment in enumerate(paragraph) if fragment.message is not None}
            parts: list[PlacedPart] = []
            composed: set[int] = set()
            has_sentence = len(messages) > 1 or any(fragment.kind is FragmentKind.TEXT for fragment in paragraph)
            is_tried = has_sentence and (cuts > 0 or not messages)
            if is_tried:
                parts = self._parts(paragraph, start, composed)
            if composed == messages:
                yield from parts
                continue
            rest: list[Fragment] = []
            for index, fragment in enumerate(paragraph):
                rest += [fragment] if fragment.message is None or index in composed else fragment.message.parts
            yield from self.parts(rest, start, cuts=cuts - is_tried)

    def _parts(self, fragments: Sequence[Fragment], start: int, composed: set[int]) -> list[PlacedPart]:
        """The parts of a paragraph. The indexes of the messages in composed sentences are added to ``composed``."""
        run = FragmentRun(fragments, start)
        parts: list[PlacedPart] = []
        for part, begin, end in Paragraph(self._text, fragments, start, self._terms).parts(self._split):
            messages = [i for i in range(*run.indexes(begin, end)) if fragments[i].message is not None]
            if not messages:
                parts.append((part, begin, end))
            elif isinstance(part, Unit) and (sentence := message_parts(list(run.cut(begin, end)), begin, self._terms)):
                parts += sentence
                composed.update(messages)
        return parts


def _paragraphs(fragments: Iterable[Fragment], position: int) -> Iterator[tuple[list[Fragment], int]]:
    """The fragments between two breaks, and where they begin in the text. Paragraphs without text are left out.

    The first fragment begins at ``position``.
    """
    paragraph: list[Fragment] = []
    begin = position
    for fragment in [*fragments, Fragment(FragmentKind.BREAK, "")]:
        if fragment.kind is FragmentKind.BREAK:
            if any(each.kind is FragmentKind.TEXT or each.message is not None for each in paragraph):
                yield paragraph, begin
            paragraph, begin = [], position + len(fragment.source)
        else:
            paragraph.append(fragment)
        position += len(fragment.source)
