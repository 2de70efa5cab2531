"""Adapters of transformers' modules: their updates are added to the outputs of linear modules.

Modules with an adapter have a forward hook. Rows without an adapter keep the numbers of the module. Arithmetic is
float32, as in peft.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.nn.functional import linear
from torch.utils.hooks import RemovableHandle
from transformers.pytorch_utils import Conv1D

from service.models.contracts.lora import AdapterRows, LinearShape, LoraAdapter, LowRankUpdate


class AdaptedLinears:
    """Owns the weights of adapters, by number, and the hooks of the modules that they change."""

    def __init__(self, module: nn.Module) -> None:
        """``module`` is the model. Its output layer, and what only chosen experts compute, cannot have adapters."""
        head = module.get_output_embeddings()  # type: ignore[operator]
        self._modules = {
            name: each
            for name, each in module.named_modules()
            if isinstance(each, nn.Linear | Conv1D) and each is not head and "experts" not in name.split(".")
        }
        self._updates: dict[str, dict[int, LowRankUpdate]] = {}  # module -> number of the adapter -> its update
        self._hooks: dict[str, RemovableHandle] = {}
        self._rows: AdapterRows = ()
        self._num_rows = 0

    @property
    def shapes(self) -> dict[str, LinearShape]:
        """The linear layers that an adapter may change."""
        return {name: _shape(module) for name, module in self._modules.items()}

    def load(self, number: int, adapter: LoraAdapter) -> int:
        """Keep an adapter on the device of the model. Return the bytes of its weights."""
        num_bytes = 0
        for name, update in adapter.updates.items():
            module = self._modules[name]
            a, b = (tensor.to(module.weight.device) for tensor in (update.a, update.b))
            num_bytes += a.nbytes + b.nbytes
            updates = self._updates.setdefault(name, {})
            updates[number] = LowRankUpdate(a, b, update.scaling)
            if name not in self._hooks:
                self._hooks[name] = module.register_forward_hook(partial(self._add_updates, updates))
        return num_bytes

    def unload(self, number: int) -> None:
        """Forget an adapter."""
        for name in [name for name, updates in self._updates.items() if number in updates]:
            del self._updates[name][number]
            if not self._updates[name]:
                del self._updates[name]
                self._hooks.pop(name).remove()

    @contextmanager
    def computing(self, num_rows: int, rows: AdapterRows) -> Iterator[None]:
        """In this context the modules compute ``num_rows`` rows, of which ``rows`` have adapters."""
        self._num_rows, self._rows = num_rows, rows
        try:
            yield
        finally:
            self._rows = ()

    def _add_updates(
        self, updates: dict[int, LowRankUpdate], module: nn.Module, inputs: tuple[Any, ...], output: Tensor
    ) -> None:
        """The hook of one module. Raises ValueError if the module does not compute every row once, in order."""
        for number, rows in self._rows:
            if (update := updates.get(number)) is None:
                continue
            x: Tensor = inputs[0]
            if x.shape[-2] != self._num_rows:
                raise ValueError(f"a linear layer computes {x.shape[-2]} rows in a step of {self._num_rows}")
            change = linear(linear(x.index_select(-2, rows).float(), update.a), update.b) * update.scaling
            output.index_copy_(-2, rows, (output.index_select(-2, rows) + change).to(output.dtype))


def _shape(module: nn.Linear | Conv1D) -> LinearShape:
    if isinstance(module, nn.Linear):
        return LinearShape(outputs=module.out_features, inputs=module.in_features)
    inputs, outputs = module.weight.shape
    return LinearShape(outputs=outputs, inputs=inputs)
