"""The interface between a served model and the files and processes from which it is made."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from model_store.types import LocalModel
from service.models.capabilities import Capability
from service.serving.runtime import Runtime


class ModelSource(Protocol):
    """Finds the files of one model, and makes its runtime. All methods may take seconds: call them in a thread."""

    def find(self) -> LocalModel | None:
        """The model on this disk, or None. Raises ModelStoreError."""

    def fetch(self) -> LocalModel:
        """The model, which is downloaded first if it is not on this disk. Raises ModelStoreError."""

    def capabilities(self, local: LocalModel) -> frozenset[Capability]:
        """What the model can do, found from its files. Raises OSError or ValueError if they cannot be read."""

    def build(self, local: LocalModel, adapters: Mapping[str, Path]) -> Runtime:
        """A runtime whose process is not started yet. Raises ProcessError if the model cannot be served.

        ``adapters`` are the directories of the adapters that are loaded with the model, by name.
        """
