"""The plain model families: one class for each, with the fields of ``config.json`` that only this family has.

To add a family, write its class here and enter it in ``service.models.families``. The tag is transformers'
``model_type``.
"""

from typing import Any, Literal

from service.models.plain_configs.plain_config import PlainConfig
from service.models.plain_configs.rope_parameters import Count

_QKV = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"}
_O = {"self_attn.o_proj"}
_MLP = {"mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"}


class Llama(PlainConfig, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="llama"):
    attention_bias: bool = False
    mlp_bias: bool = False
    pretraining_tp: Any = None  # no effect on the numbers

    architecture = "LlamaForCausalLM"

    @property
    def biased_matrices(self) -> set[str]:
        return (_QKV | _O if self.attention_bias else set()) | (_MLP if self.mlp_bias else set())


class Mistral(PlainConfig, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="mistral"):
    sliding_window: Count | None  # of all layers

    architecture = "MistralForCausalLM"

    @property
    def windows(self) -> list[int | None]:
        return [self.sliding_window] * self.num_hidden_layers


class _Qwen(PlainConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Some layers have a window: those that ``layer_types`` names, or else those from ``max_window_layers`` on."""

    use_sliding_window: bool = False
    sliding_window: Count | None = 4096
    max_window_layers: int = 28
    layer_types: list[Literal["full_attention", "sliding_attention"]] | None = None

    @property
    def windows(self) -> list[int | None]:
        if not self.use_sliding_window:
            return [None] * self.num_hidden_layers
        if self.layer_types is None:
            slides = [number >= self.max_window_layers for number in range(self.num_hidden_layers)]
        else:
            slides = [layer_type == "sliding_attention" for layer_type in self.layer_types]
        return [self.sliding_window if slide else None for slide in slides]


class Qwen2(_Qwen, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="qwen2"):
    head_dim: Count = 0  # 0 stands for an absent field; transformers treats null differently, so null is refused

    architecture = "Qwen2ForCausalLM"

    @property
    def biased_matrices(self) -> set[str]:
        return _QKV


class Qwen3(_Qwen, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="qwen3"):
    head_dim: Count
    attention_bias: bool = False

    architecture = "Qwen3ForCausalLM"
    qk_norm = True

    @property
    def biased_matrices(self) -> set[str]:
        return _QKV | _O if self.attention_bias else set()
