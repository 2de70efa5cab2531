"""A served adapter: a request that names the adapter as its model gets the base model with the adapter's matrices."""

from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from service.models.capabilities import GENERATIVE, Capability

if TYPE_CHECKING:
    from service.serving.model import ServedModel

T = TypeVar("T")


class ServedAdapter:
    """An adapter of the model ``base``, in the directory ``path``. It is loaded with the model, and shares its leases.

    ``reason`` says why the adapter cannot be used; empty: it can, whenever the model can.
    """

    def __init__(self, name: str, base: "ServedModel", path: Path) -> None:
        self.name = name
        self.base = base
        self.path = path
        self.reason = ""

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
    def memory(self) -> int:
        """Bytes of the adapter's matrices; 0 while it is not loaded."""
        return self.base.adapter_memory(self.name)

    def may_have(self, capability: Capability) -> bool:
        """Whether the adapter has the capability, as far as is known."""
        return capability in GENERATIVE and self.base.may_have(capability)

    def task(self, kind: type[T]) -> T:
        """The task of this kind, done with the adapter. Raises ModelUnavailable unless adapter and model are loaded."""
        return self.base.adapter_task(self, kind)
