"""A served adapter: a request that names the adapter as its model gets the base model with the adapter's matrices."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from service.errors import ModelUnavailable
from service.models.capabilities import GENERATIVE, Capability
from service.serving.leases import Leases

if TYPE_CHECKING:
    from service.serving.model import ServedModel

T = TypeVar("T")


class ServedAdapter:
    """An adapter of the model ``base``, in the directory ``path``. It is loaded and unloaded with the model."""

    def __init__(self, name: str, base: "ServedModel", path: Path) -> None:
        self.name = name
        self.base = base
        self.path = path
        self.leases = Leases()

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the base model can do."""
        return self.base.capabilities & GENERATIVE

    @property
    def fingerprint(self) -> str:
        """An identifier of the service, the model and the adapter."""
        identity = f"{self.base.fingerprint}/{self.name}/{self.path}"
        return "fp_" + blake2b(identity.encode(), digest_size=5).hexdigest()

    @property
    def reason(self) -> str:
        """Why the adapter cannot be used; empty: it can, whenever the model can."""
        return self.base.adapters.failure(self.name)

    @property
    def memory(self) -> int:
        """Bytes of the adapter's matrices; 0 while it is not loaded."""
        return self.base.adapters.memory(self.name)

    def may_have(self, capability: Capability) -> bool:
        """Whether the adapter has the capability, as far as is known."""
        return capability in GENERATIVE and self.base.may_have(capability)

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Keep the adapter and its model loaded until the block ends. Raises ModelUnavailable."""
        if self.reason:
            raise ModelUnavailable("failed", f"the adapter cannot be used: {self.reason}")
        with self.base.lease(), self.leases.hold():
            yield

    def task(self, kind: type[T]) -> T:
        """The task of this kind, done with the adapter. Raises ModelUnavailable unless the model is loaded."""
        return self.base.runtime.adapter_task(self.name, kind)
