"""What follows from the layout of an encoder-decoder, whoever computes it."""

from collections.abc import Mapping
from typing import Literal

from service.errors import UnsupportedAdapter
from service.models.contracts.encoder_decoder_layout import EncoderDecoderLayout
from service.models.contracts.lora import LinearShape, LoraAdapter


class EncoderDecoderFacts:
    """The part of ``language_model.EncoderDecoder`` that computes nothing."""

    layout: EncoderDecoderLayout
    architecture: str

    @property
    def has_encoder(self) -> Literal[True]:
        return True

    @property
    def feature_channels(self) -> int:
        """As ``EncoderDecoder.feature_channels``."""
        return 0 if self.layout.features is None else self.layout.features.channels

    @property
    def vocab_size(self) -> int:
        return self.layout.vocab_size

    @property
    def linears(self) -> Mapping[str, LinearShape]:
        """Empty: no adapter can change these models."""
        return {}

    def load_adapter(self, number: int, adapter: LoraAdapter) -> int:
        """Raises UnsupportedAdapter."""
        raise UnsupportedAdapter(f"{self.architecture} is computed without adapters")

    def unload_adapter(self, number: int) -> None:
        """There is no adapter to forget."""
