"""A transformers language model in two halves: the hidden states of all rows, and the logits of some rows.

The second half is everything that the model's own ``forward`` does after its decoder: head, scaling, soft cap. It runs
unchanged, with the decoder replaced by given hidden states. So logits can be computed for the rows that need them, in
slices that fit into memory, without knowledge of any architecture's head.
"""

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn

from service.errors import UnsupportedAdapter, first_line
from service.models.contracts.attention import Attention
from service.models.contracts.lora import AdapterRows, LinearShape, LoraAdapter
from service.models.hf.adapted_linears import AdaptedLinears
from service.models.hf.layer_recorder import LayerRecorder


class CausalLM:
    """Wraps a ``...ForCausalLM`` module in evaluation mode."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.config: Any = module.config
        self._adapted = AdaptedLinears(module)
        self._decoder: Any = module.get_decoder()  # type: ignore[operator]
        self._output_class: type[Any] | None = None  # the class of the decoder's output
        decode = self._decoder.forward

        def forward(*args: Any, given: Tensor | None = None, **kwargs: Any) -> Any:
            if given is not None:
                assert self._output_class is not None, "hidden states come before logits"
                return self._output_class(last_hidden_state=given)
            return decode(*args, **kwargs)

        self._decoder.forward = forward

    @property
    def has_encoder(self) -> Literal[False]:
        return False

    @property
    def backend(self) -> Literal["torch"]:
        return "torch"

    @property
    def vocab_size(self) -> int:
        return int(self.config.vocab_size)

    @property
    def architecture(self) -> str:
        return type(self.module).__name__

    @property
    def device(self) -> torch.device:
        return next(self.module.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        return next(self.module.parameters()).dtype

    @property
    def quantization(self) -> str:
        return "none"

    @property
    def weights_bytes(self) -> int:
        """Bytes of all weights. Tied weights count once."""
        return sum(parameter.nbytes for parameter in self.module.parameters())

    def release_tensor(self, name: str) -> Tensor | None:
        """Remove the tensor ``name`` from the module and return it; None if there is none.

        The native decoder takes the weights one by one this way, so that a model is never in memory twice.
        """
        owner, _, leaf = name.rpartition(".")
        try:
            module = self.module.get_submodule(owner)
        except AttributeError:
            return None
        tensor: Tensor | None = getattr(module, leaf, None)
        if tensor is None:
            return None
        setattr(module, leaf, None)
        return tensor.detach()

    @property
    def linears(self) -> Mapping[str, LinearShape]:
        """The linear layers that an adapter may change."""
        return self._adapted.shapes

    def load_adapter(self, number: int, adapter: LoraAdapter) -> int:
        """As ``LanguageModel.load_adapter``. A tiny forward pass shows whether the model's layers can be changed."""
        num_bytes = self._adapted.load(number, adapter)
        ids = torch.arange(4, device=self.device)
        try:
            self.hidden(ids, ids, LayerRecorder(self.architecture), [(number, ids[1:3])])
        except ValueError as error:
            self._adapted.unload(number)
            raise UnsupportedAdapter(f"{self.architecture}: {first_line(error)}") from None
        return num_bytes

    def unload_adapter(self, number: int) -> None:
        """Forget the adapter."""
        self._adapted.unload(number)

    def hidden(self, input_ids: Tensor, positions: Tensor, attention: Attention, adapters: AdapterRows = ()) -> Tensor:
        """The last hidden states [T, hidden_size] of ``input_ids`` [T] at ``positions`` [T]."""
        with self._adapted.computing(len(input_ids), adapters):
            output = self._decoder(
                input_ids=input_ids[None], position_ids=positions[None], use_cache=False, paged_attention=attention
            )
        self._output_class = type(output)
        hidden: Tensor = output.last_hidden_state[0]
        return hidden

    @property
    def find_likeliest(self) -> None:
        return None

    def logits(self, hidden: Tensor) -> Tensor:
        """The logits [R, V] of ``hidden`` [R, hidden_size]. Call the method ``hidden`` first."""
        logits: Tensor = self.module(inputs_embeds=hidden[None], given=hidden[None]).logits[0]
        return logits

    def undivided_logits(self, input_ids: Tensor, positions: Tensor, attention: Attention) -> Tensor:
        """The logits [T, V] as the model's own ``forward`` computes them. Checks compare the two halves with them."""
        output = self.module(
            input_ids=input_ids[None], position_ids=positions[None], use_cache=False, paged_attention=attention
        )
        logits: Tensor = output.logits[0]
        return logits
