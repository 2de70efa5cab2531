"""The text of a block of Markdown, and where it stands in the source.

markdown-it says which lines a block has and which part of them is text, but not where in the line the text begins. The
text of a line is a part of the line, so it is searched there.
"""

from bisect import bisect_right
from dataclasses import dataclass

from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class BlockText:
    """The text of a block. Its lines begin at ``starts`` in the text, and at ``sources`` in the source."""

    text: str
    starts: list[int]
    sources: list[int]

    @classmethod
    def find(
        cls, source: str, token: Token, lines: list[tuple[int, int]], position: int, in_table: bool
    ) -> "BlockText | None":
        """Find the text of ``token`` in its lines of the source, not before ``position``."""
        assert token.map is not None
        content = token.content.replace("|", r"\|") if in_table else token.content
        starts, sources = [], []
        length = 0
        for number, line in enumerate(content.split("\n"), token.map[0]):
            if number >= len(lines):
                return None
            begin, end = lines[number]
            offset = source[begin:end].replace("\0", "\ufffd").find(line, max(0, position - begin))
            if offset < 0:
                return None
            starts.append(length)
            sources.append(begin + offset)
            length += len(line) + 1
        return cls(content, starts, sources)

    @property
    def begin(self) -> int:
        return self.sources[0]

    @property
    def end(self) -> int:
        return self.to_source(len(self.text))

    def to_source(self, position: int) -> int:
        """The position in the source of a position in the text."""
        line = bisect_right(self.starts, position) - 1
        return self.sources[line] + position - self.starts[line]
