"""Maps positions in the shown text of a paragraph to positions in the source text."""

from bisect import bisect_right

from service.tasks.translation.documents.fragments.fragment import Fragment


class SourceMap:
    """Collects the fragments of a paragraph that are shown. ``length`` is the length of the shown text so far."""

    def __init__(self) -> None:
        self.length = 0
        self._starts: list[int] = []  # where each fragment begins in the shown text
        self._fragments: list[tuple[int, Fragment]] = []  # where each begins in the source, and the fragment

    def add(self, fragment: Fragment, begin: int) -> None:
        """Append a fragment that begins at ``begin`` in the source."""
        self._starts.append(self.length)
        self._fragments.append((begin, fragment))
        self.length += len(fragment.shown)

    @property
    def shown(self) -> str:
        """The shown text of the paragraph."""
        return "".join(fragment.shown for _, fragment in self._fragments)

    def to_source_start(self, position: int) -> int:
        """The start in the source of a span that begins at ``position`` in the shown text: behind the tags there."""
        return self._to_source(position, is_end=False)

    def to_source_end(self, position: int) -> int:
        """The end in the source of a span that ends at ``position`` in the shown text: before the tags there."""
        return self._to_source(position, is_end=True)

    def _to_source(self, position: int, *, is_end: bool) -> int:
        index = bisect_right(self._starts, position - 1 if is_end else position) - 1
        if index < 0:
            return self._fragments[0][0]
        begin, fragment = self._fragments[index]
        offset = position - self._starts[index]
        if len(fragment.shown) != len(fragment.source):  # an entity or a run of white space cannot be cut
            offset = len(fragment.source) if offset >= len(fragment.shown) or is_end else 0
        return begin + offset
