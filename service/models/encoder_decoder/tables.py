"""The tables of the encoder or the decoder that are read or computed once: absolute positions, and relative biases."""

from service.models.contracts.encoder_decoder_layout import EncoderDecoderLayout, Stack
from service.models.encoder_decoder.checkpoint import Checkpoint
from service.models.encoder_decoder.positions import position_table
from service.models.encoder_decoder.relative_bias import bias_by_distance
from service.models.native.encoder_decoder_weights import StackTables


def encoder_tables(layout: EncoderDecoderLayout, checkpoint: Checkpoint) -> StackTables:
    """Those of the encoder, whose tokens see all others."""
    return _tables(layout.encoder, layout, checkpoint, both_ways=True)


def decoder_tables(layout: EncoderDecoderLayout, checkpoint: Checkpoint) -> StackTables:
    """Those of the decoder, whose tokens see the ones before them."""
    return _tables(layout.decoder, layout, checkpoint, both_ways=False)


def _tables(stack: Stack, layout: EncoderDecoderLayout, checkpoint: Checkpoint, *, both_ways: bool) -> StackTables:
    biases = {layer.bias.table: layer.bias for layer in stack.layers if layer.bias is not None}
    positions = None
    if stack.positions is not None:
        positions = position_table(stack.positions, layout.hidden_size, checkpoint)
    return StackTables(
        positions=positions,
        biases={
            name: bias_by_distance(bias, checkpoint.load(name, (bias.buckets, layout.heads)), both_ways=both_ways)
            for name, bias in biases.items()
        },
    )
