"""The admissions of all models. Each model has its own, so that a crowd at one model does not keep others waiting."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.api.limits.admission import Admission


class Admissions:
    """Makes an admission with the same limits for each model, and closes all of them when the service stops.

    ``clients`` is the number of admitted requests from the network; lines of batches are none.
    """

    def __init__(self, sequences: int, tokens: int = 0) -> None:
        self.closed = False
        self.clients = 0
        self._limits = (sequences, tokens)
        self._by_model: dict[str, Admission] = {}

    def __getitem__(self, model: str) -> Admission:
        """The admission of the served model with this name."""
        if (admission := self._by_model.get(model)) is None:
            admission = self._by_model[model] = Admission(*self._limits)
            admission.closed = self.closed
        return admission

    @property
    def active(self) -> int:
        """Sequences that are admitted now, of all models."""
        return sum(admission.active for admission in self._by_model.values())

    @contextmanager
    def of_client(self) -> Iterator[None]:
        """Count an admitted request from the network until the block ends."""
        self.clients += 1
        try:
            yield
        finally:
            self.clients -= 1

    def close(self) -> None:
        """Admit no further request: the service is stopping."""
        self.closed = True
        for admission in self._by_model.values():
            admission.close()
