"""A clock that a test moves, in the place of the module ``time``."""


class Clock:
    """``now`` is the monotonic time in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now
