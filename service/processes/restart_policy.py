"""The restart policy: when a child process counts as stuck, and how often and how soon it is started again."""

from msgspec import Struct

_LONGEST_PAUSE = 30.0  # seconds


class RestartPolicy(Struct, frozen=True):
    """How long a child process may make no progress, and how often in a row it is restarted in vain.

    ``service.settings`` owns the defaults.
    """

    stall_seconds: float
    max_restarts: int


class RestartCounter:
    """Counts the exits of a process. Exits in a row without progress are restarts in vain."""

    def __init__(self, max_restarts: int) -> None:
        self.exits = 0
        self.in_vain = 0
        self._max_restarts = max_restarts

    def record_exit(self, *, made_progress: bool) -> None:
        """Count an exit. Progress resets the count of restarts in vain."""
        self.exits += 1
        self.in_vain = 0 if made_progress else self.in_vain + 1

    @property
    def is_exhausted(self) -> bool:
        """Whether the process should not be started again."""
        return self.in_vain > self._max_restarts

    @property
    def pause(self) -> float:
        """Seconds to wait before the next start. The first restart in vain comes at once, later ones back off."""
        return 0.0 if self.in_vain < 2 else min(2.0 ** (self.in_vain - 3), _LONGEST_PAUSE)
