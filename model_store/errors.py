"""The errors of the model store.

ModelStoreError
├── UnknownModel          the name is neither in the catalogue nor a path nor a hub id
├── ModelRefused          the model cannot be served; the message says why
├── IncompleteModel       a directory lacks files that a model needs; the message names them
├── CorruptModel          stored files differ from the manifest; nothing was deleted
├── NotEnoughSpace        the disk is too small; the message has both numbers
├── NoSource              every source failed; `failures` holds the reasons
└── SourceError           one source failed, so the next one is tried
    ├── Offline           a setting forbids the network
    └── ChecksumMismatch  the bytes have another size or checksum than expected
"""

from collections.abc import Sequence


class ModelStoreError(Exception):
    """Root of the model store's errors. The message is shown to the user."""


class UnknownModel(ModelStoreError):
    """No model has this name."""


class ModelRefused(ModelStoreError):
    """The model is known but cannot be served: pickled weights, remote code, an unsupported architecture."""


class IncompleteModel(ModelStoreError):
    """A directory does not hold a complete model."""


class CorruptModel(ModelStoreError):
    """Files of a stored model were changed or lost. Only the user removes them."""


class NotEnoughSpace(ModelStoreError):
    """The file system has less free space than the next step needs."""


class NoSource(ModelStoreError):
    """Every source failed. ``failures`` are pairs of source and reason, in the order of the attempts."""

    def __init__(self, name: str, failures: Sequence[tuple[str, str]]) -> None:
        self.failures = tuple(failures)
        lines = "".join(f"\n  {source}: {reason}" for source, reason in self.failures)
        super().__init__(f"cannot get {name}, every source failed:{lines}")


class SourceError(ModelStoreError):
    """One source failed; another may have the same bytes."""


class Offline(SourceError):
    """A setting forbids the network."""


class ChecksumMismatch(SourceError):
    """The bytes, or the size or checksum that the source declares, differ from the catalogue's."""
