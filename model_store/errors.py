"""What the model store raises.

ModelStoreError
├── UnknownModel          the name is neither in the catalogue nor a path nor a hub id
├── ModelRefused          it is a model, but not one that can be served; the message says why
├── IncompleteModel       a directory lacks files that a model needs; the message names them
├── CorruptModel          stored files differ from what was pulled; nothing was deleted
├── NotEnoughSpace        the disk is too small; both numbers are in the message
├── NoSource              every source failed; `failures` holds each one's reason
└── SourceError           one source cannot give the bytes, so the next one is tried
    ├── Offline           the network is switched off by a setting
    └── ChecksumMismatch  the bytes are not those that were asked for
"""

from collections.abc import Sequence


class ModelStoreError(Exception):
    """Root of the model store's errors. The message is meant for the user as it is."""


class UnknownModel(ModelStoreError):
    """No model is meant by this name."""


class ModelRefused(ModelStoreError):
    """The model is known but cannot be served: pickled weights, remote code, an unsupported architecture."""


class IncompleteModel(ModelStoreError):
    """A directory is not a whole model."""


class CorruptModel(ModelStoreError):
    """Files of a pulled model were changed or lost. Only the user removes them."""


class NotEnoughSpace(ModelStoreError):
    """The file system has less room than the next step needs."""


class NoSource(ModelStoreError):
    """No source gave the artifact. ``failures`` are pairs of source and reason, in the order of the attempts."""

    def __init__(self, name: str, failures: Sequence[tuple[str, str]]) -> None:
        self.failures = tuple(failures)
        lines = "".join(f"\n  {source}: {reason}" for source, reason in self.failures)
        super().__init__(f"cannot get {name}, every source failed:{lines}")


class SourceError(ModelStoreError):
    """One source failed; another may have the same bytes."""


class Offline(SourceError):
    """A setting forbids the network."""


class ChecksumMismatch(SourceError):
    """The bytes, or what the source declares of them, differ from what the catalogue pins."""
