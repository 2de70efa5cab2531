"""A transformers language model in two halves: the hidden states of all rows, and the logits of some rows.

The second half is everything that the model's own ``forward`` does after its decoder: head, scaling, soft cap. It runs
unchanged, with the decoder replaced by given hidden states. So logits can be computed for the rows that need them, in
slices that fit into memory, without knowledge of any architecture's head.
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn

from service.models.contracts.attention import Attention


class CausalLM:
    """Wraps a ``...ForCausalLM`` module in evaluation mode."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.config: Any = module.config
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

    def hidden(self, input_ids: Tensor, positions: Tensor, attention: Attention) -> Tensor:
        """The last hidden states [T, hidden_size] of ``input_ids`` [T] at ``positions`` [T]."""
        output = self._decoder(
            input_ids=input_ids[None], position_ids=positions[None], use_cache=False, paged_attention=attention
        )
        self._output_class = type(output)
        hidden: Tensor = output.last_hidden_state[0]
        return hidden

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
