"""The tensors of an encoder-decoder on a device, as its layout names them."""

from collections.abc import Iterator

from torch import Tensor

from service.models.contracts.decoder_layout import LinearPart, Norm
from service.models.contracts.encoder_decoder_layout import CodecLayer, EncoderDecoderLayout, Stack
from service.models.encoder_decoder.checkpoint import Checkpoint
from service.models.encoder_decoder.positions import position_table
from service.models.encoder_decoder.relative_bias import bias_by_distance


class StackTensors:
    """What the encoder or the decoder has beside its layers."""

    def __init__(self, stack: Stack, layout: EncoderDecoderLayout, checkpoint: Checkpoint, *, both_ways: bool) -> None:
        """``both_ways``: tokens see those behind them."""
        self.embeddings: Tensor | None = None  # [V, hidden_size]
        self.positions: Tensor | None = None  # [positions, hidden_size]
        if stack.embeddings:
            self.embeddings = checkpoint.load(f"{checkpoint.first_of(stack.embeddings)}.weight")
        if stack.positions is not None:
            table = position_table(stack.positions, layout.hidden_size, checkpoint)
            self.positions = table.to(checkpoint.dtype)
        self._biases: dict[str, Tensor] = {}  # [heads, distances], by the name of their table
        for layer in stack.layers:
            if layer.bias is not None and layer.bias.table not in self._biases:
                table = checkpoint.load(layer.bias.table, (layer.bias.buckets, layout.heads))
                self._biases[layer.bias.table] = bias_by_distance(layer.bias, table, both_ways=both_ways)

    def bias(self, layer: CodecLayer) -> Tensor | None:
        """The bias of a layer's scores by distance, as ``relative_bias`` makes it."""
        return None if layer.bias is None else self._biases[layer.bias.table]


class Tensors:
    """All tensors, on the device of the checkpoint."""

    def __init__(self, layout: EncoderDecoderLayout, checkpoint: Checkpoint) -> None:
        """Raises UnsupportedModel if the checkpoint lacks one, or if one has another shape."""
        self._by_name: dict[str, Tensor] = {}
        for part in layout.matrices:
            self._load(checkpoint, part.name, (part.outputs, part.inputs))
        for norm in _norms(layout):
            self._load(checkpoint, norm.name, (layout.hidden_size,))
        if layout.features is not None:
            for name in (layout.features.first, layout.features.second):
                self._load(checkpoint, name)
        self.encoder = StackTensors(layout.encoder, layout, checkpoint, both_ways=True)
        self.decoder = StackTensors(layout.decoder, layout, checkpoint, both_ways=False)
        head = checkpoint.first_of(layout.head)
        self.head = checkpoint.load(f"{head}.weight", (layout.vocab_size, layout.hidden_size))
        self.logit_bias = None if layout.logit_bias is None else checkpoint.find(layout.logit_bias)  # [1, V]

    @property
    def num_bytes(self) -> int:
        """Bytes of all tensors. Those that stand for the same weights count once."""
        stacks = [tensor for stack in (self.encoder, self.decoder) for tensor in (stack.embeddings, stack.positions)]
        found = [*self._by_name.values(), self.head, *(tensor for tensor in stacks if tensor is not None)]
        return sum({tensor.data_ptr(): tensor.nbytes for tensor in found}.values())

    def of(self, module: LinearPart | Norm | str) -> tuple[Tensor, Tensor | None]:
        """The weight and the bias of a module."""
        name = module if isinstance(module, str) else module.name
        return self._by_name[f"{name}.weight"], self._by_name.get(f"{name}.bias")

    def _load(self, checkpoint: Checkpoint, name: str, shape: tuple[int, ...] | None = None) -> None:
        self._by_name[f"{name}.weight"] = checkpoint.load(f"{name}.weight", shape)
        bias = checkpoint.find(f"{name}.bias")
        if bias is not None:
            self._by_name[f"{name}.bias"] = bias


def _norms(layout: EncoderDecoderLayout) -> Iterator[Norm]:
    """All normalizations of the layout."""
    for stack in (layout.encoder, layout.decoder):
        yield from (norm for norm in (stack.embedding_norm, stack.norm) if norm is not None)
        for layer in stack.layers:
            yield from (layer.attention_norm, layer.mlp_norm)
            if layer.cross is not None:
                yield layer.cross.norm
