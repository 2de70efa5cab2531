"""The tensors of an encoder-decoder on a device, as its layout names them."""

from collections.abc import Iterator

import torch
from torch import Tensor

from service.models.contracts.decoder_layout import LinearPart, Norm
from service.models.contracts.encoder_decoder_layout import CodecLayer, EncoderDecoderLayout
from service.models.encoder_decoder.checkpoint import Checkpoint
from service.models.encoder_decoder.tables import decoder_tables, encoder_tables
from service.models.native.encoder_decoder_weights import StackTables


class StackTensors:
    """What the encoder or the decoder has beside its layers."""

    def __init__(self, embeddings: Tensor | None, tables: StackTables, like: Tensor) -> None:
        """All tensors get the type and the device of ``like``."""
        self.embeddings = embeddings  # [V, hidden_size]; None: features are read
        self.positions = None if tables.positions is None else tables.positions.to(like)  # [positions, hidden_size]
        self._biases = {name: bias.to(like) for name, bias in tables.biases.items()}  # [heads, distances]

    def bias(self, layer: CodecLayer) -> Tensor | None:
        """The bias of a layer's scores by distance, as ``relative_bias`` makes it."""
        return None if layer.bias is None else self._biases[layer.bias.table]


class Tensors:
    """All tensors, on ``device``."""

    def __init__(
        self, layout: EncoderDecoderLayout, checkpoint: Checkpoint, device: torch.device, sums: torch.dtype
    ) -> None:
        """The matrices whose results are large have the type of the ``sums`` to which these are added.

        Raises UnsupportedModel if the checkpoint lacks a tensor, or if one has another shape.
        """
        self._checkpoint = checkpoint
        self._device = device
        self._by_name: dict[str, Tensor] = {}  # each is loaded once, so equal names share memory
        for layer in (*layout.encoder.layers, *layout.decoder.layers):
            self._load(layer.down.name, (layer.down.outputs, layer.down.inputs), sums)
        for part in layout.matrices:
            self._load(part.name, (part.outputs, part.inputs))
        for norm in _norms(layout):
            self._load(norm.name, (layout.hidden_size,))
        if layout.features is not None:
            for name in (layout.features.first, layout.features.second):
                self._load(name)
        self.head = self._first_of(layout.head)
        bias = None if layout.logit_bias is None else checkpoint.find(layout.logit_bias)
        self.logit_bias = None if bias is None else bias.to(device)  # [1, V]
        source = self._first_of(layout.encoder.embeddings) if layout.encoder.embeddings else None
        self.encoder = StackTensors(source, encoder_tables(layout, checkpoint), self.head)
        target = self._first_of(layout.decoder.embeddings)
        self.decoder = StackTensors(target, decoder_tables(layout, checkpoint), self.head)

    @property
    def num_bytes(self) -> int:
        """Bytes of all weights. Those that stand for several modules count once."""
        return sum(tensor.nbytes for tensor in self._by_name.values())

    def of(self, module: LinearPart | Norm | str) -> tuple[Tensor, Tensor | None]:
        """The weight and the bias of a module."""
        name = module if isinstance(module, str) else module.name
        return self._by_name[f"{name}.weight"], self._by_name.get(f"{name}.bias")

    def _load(self, name: str, shape: tuple[int, ...] | None = None, dtype: torch.dtype | None = None) -> None:
        if f"{name}.weight" in self._by_name:
            return
        self._by_name[f"{name}.weight"] = self._checkpoint.load(f"{name}.weight", shape, dtype).to(self._device)
        bias = self._checkpoint.find(f"{name}.bias", dtype)
        if bias is not None:
            self._by_name[f"{name}.bias"] = bias.to(self._device)

    def _first_of(self, names: tuple[str, ...]) -> Tensor:
        """The weights of the first of these modules that the checkpoint has."""
        name = self._checkpoint.first_of(names)
        self._load(name)
        return self.of(name)[0]


def _norms(layout: EncoderDecoderLayout) -> Iterator[Norm]:
    """All normalizations of the layout."""
    for stack in (layout.encoder, layout.decoder):
        yield from (norm for norm in (stack.embedding_norm, stack.norm) if norm is not None)
        for layer in stack.layers:
            yield from (layer.attention_norm, layer.mlp_norm)
            if layer.cross is not None:
                yield layer.cross.norm
