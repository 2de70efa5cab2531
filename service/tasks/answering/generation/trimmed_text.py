"""Text that arrives in pieces, without white space at its ends."""


class TrimmedText:
    """Joins pieces. White space is held back until text follows it."""

    def __init__(self) -> None:
        self.text = ""
        self._space = ""

    def add(self, piece: str) -> str:
        """Add a piece. Returns what it adds to ``text``."""
        piece = self._space + piece
        if not self.text:
            piece = piece.lstrip()
        added = piece.rstrip()
        self._space = piece[len(added) :]
        self.text += added
        return added
