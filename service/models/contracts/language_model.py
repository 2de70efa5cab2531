"""The interface of a loaded model to the engine.

A model is computed in two halves: the hidden states of all rows of a step, and the logits of the rows that need them.
The attention is computed in different places. A ``TorchModel`` gets an attention object with each call. A
``NativeModel`` and an ``EncoderDecoder`` compute the attention themselves, over the keys and values of a store that is
attached once.
"""

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

import torch
from torch import Tensor

from service.models.contracts.attention import Attention
from service.models.contracts.key_value_store import KeyValueStore
from service.models.contracts.lora import AdapterRows, LinearShape, LoraAdapter
from service.models.contracts.step_view import Ints, SourceView, StepView

FindLikeliest = Callable[[Tensor, int], tuple[Tensor, Tensor]]
"""From logits [R, V], float32, and k: the ids and the log probabilities [R, k] of each row's k likeliest tokens.

The likeliest ones come first, and of equal ones that with the lower id. A row that has a NaN or +inf, or only -inf,
yields NaN.
"""


class LanguageModel(Protocol):
    """The part of the interface that all models have."""

    @property
    def architecture(self) -> str:
        """The name of transformers' model class."""
        ...

    @property
    def vocab_size(self) -> int:
        """V, the number of logits of a row."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """The number type of weights that are not quantized, and of keys and values."""
        ...

    @property
    def quantization(self) -> str:
        """How most weights of the linear layers are quantized: none, int8, int4, or a block format such as q4_k."""
        ...

    @property
    def weights_bytes(self) -> int:
        """Bytes of all weights. Tied weights count once."""
        ...

    def logits(self, hidden: Tensor) -> Tensor:
        """The logits [R, V] of ``hidden`` [R, hidden_size]."""
        ...

    @property
    def find_likeliest(self) -> FindLikeliest | None:
        """A faster way than torch's to the likeliest tokens, if there is one."""
        ...

    @property
    def linears(self) -> Mapping[str, LinearShape]:
        """The linear layers that an adapter may change, by the names that they have in transformers' model."""
        ...

    def load_adapter(self, number: int, adapter: LoraAdapter) -> int:
        """Keep the adapter under this number, which steps name. Return the bytes of its weights.

        Raises UnsupportedAdapter.
        """
        ...

    def unload_adapter(self, number: int) -> None:
        """Forget the adapter."""
        ...


class TorchModel(LanguageModel, Protocol):
    """A model whose layers call the attention object that the engine passes in."""

    @property
    def has_encoder(self) -> Literal[False]: ...

    @property
    def backend(self) -> Literal["torch"]: ...

    @property
    def device(self) -> torch.device: ...

    def hidden(self, input_ids: Tensor, positions: Tensor, attention: Attention, adapters: AdapterRows = ()) -> Tensor:
        """The last hidden states [T, hidden_size] of ``input_ids`` [T] at ``positions`` [T].

        ``adapters`` are the rows that have an adapter.
        """
        ...


class NativeModel(LanguageModel, Protocol):
    """A model that computes attention itself, on the CPU."""

    @property
    def has_encoder(self) -> Literal[False]: ...

    @property
    def backend(self) -> Literal["native"]: ...

    @property
    def build(self) -> str:
        """The name of the build of the kernels."""
        ...

    @property
    def build_reason(self) -> str:
        """Why this build was chosen, in words."""
        ...

    def attach_store(self, store: KeyValueStore) -> None:
        """Read and write the keys and values of ``store`` from now on."""
        ...

    def copy_blocks(self, copies: Ints) -> None:
        """Copy whole blocks of the store: ``copies`` [C, 2] are from which, and to which.

        No block is written twice, and none is both read and written.
        """
        ...

    def hidden(self, step: StepView) -> Tensor:
        """The last hidden states [T, hidden_size] of ``step``, float32."""
        ...

    def all_finite(self, hidden: Tensor) -> bool:
        """Whether every number of ``hidden`` [T, hidden_size], float32, is finite."""
        ...


class EncoderDecoder(LanguageModel, Protocol):
    """A model that continues text for a source. The kernels compute it on the CPU, torch on any device.

    A layer of the store holds the keys and values of the decoder layer's own tokens and those of sources, in blocks of
    their own. Both have the same heads.
    """

    @property
    def has_encoder(self) -> Literal[True]: ...

    @property
    def backend(self) -> Literal["torch", "native"]: ...

    @property
    def build(self) -> str:
        """The name of the build of the kernels; empty: torch computes."""
        ...

    @property
    def build_reason(self) -> str:
        """Why this build was chosen, in words."""
        ...

    @property
    def device(self) -> torch.device: ...

    @property
    def feature_channels(self) -> int:
        """The numbers of a frame, if sources are features; 0: they are tokens."""
        ...

    def attach_store(self, store: KeyValueStore) -> None:
        """Read and write the keys and values of ``store`` from now on."""
        ...

    def encode(self, sources: SourceView) -> Tensor:
        """Write the keys and values of the sources into their blocks, for every layer of the decoder.

        Returns the encoder's last hidden states [S, hidden_size].
        """
        ...

    def copy_blocks(self, copies: Ints) -> None:
        """As ``NativeModel.copy_blocks``."""
        ...

    def hidden(self, step: StepView) -> Tensor:
        """The last hidden states [T, hidden_size] of ``step``. Its ``source_lengths`` and ``source_blocks`` exist."""
        ...

    def all_finite(self, hidden: Tensor) -> bool:
        """Whether every number of ``hidden`` [T, hidden_size] is finite."""
        ...
