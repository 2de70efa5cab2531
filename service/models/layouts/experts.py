"""Families with mixtures of experts: Mixtral, Qwen's, OLMoE, Granite's."""

from dataclasses import replace
from typing import Any

from service.models.contracts.decoder_layout import DecoderLayout, Experts, LayerLayout, LinearPart, Rows
from service.models.layouts.llama import granite, llama, qwen3
from service.models.layouts.olmo import with_whole_norms
from service.models.layouts.standard import Shape, rms


def mixtral(config: Any) -> DecoderLayout:
    count = config.num_local_experts
    return _mixed(llama(config), config, count=count, inner=config.intermediate_size, normalized=True)


def qwen2_moe(config: Any) -> DecoderLayout:
    """All rows have a shared expert with a gate. Some layers are dense."""
    layout = _mixed_qwen(llama(config), config)
    shape = Shape.of(config, inner=config.shared_expert_intermediate_size)

    def share(layer: LayerLayout, name: str) -> LayerLayout:
        if layer.experts is None:
            return layer
        return replace(
            layer,
            up=shape.up(f"{name}.shared_expert.gate_proj", f"{name}.shared_expert.up_proj"),
            down=shape.down(f"{name}.shared_expert.down_proj"),
            experts=replace(layer.experts, gate=f"{name}.shared_expert_gate"),
        )

    layers = (share(layer, f"model.layers.{number}.mlp") for number, layer in enumerate(layout.layers))
    return replace(layout, layers=tuple(layers))


def qwen3_moe(config: Any) -> DecoderLayout:
    """Some layers are dense."""
    return _mixed_qwen(qwen3(config), config)


def olmoe(config: Any) -> DecoderLayout:
    layout = llama(config)
    norm = rms(config)
    layers = (with_whole_norms(layer, norm, f"model.layers.{number}") for number, layer in enumerate(layout.layers))
    return _mixed(
        replace(layout, layers=tuple(layers), clip=config.clip_qkv or 0.0),
        config,
        count=config.num_experts,
        inner=config.intermediate_size,
        normalized=config.norm_topk_prob,
    )


def granitemoe(config: Any) -> DecoderLayout:
    return _mixed(
        granite(config),
        config,
        count=config.num_local_experts,
        inner=config.intermediate_size,
        normalized=True,
        block="block_sparse_moe",
        router="router",
    )


def _mixed_qwen(layout: DecoderLayout, config: Any) -> DecoderLayout:
    sparse = {
        number
        for number in range(config.num_hidden_layers)
        if number not in config.mlp_only_layers and (number + 1) % config.decoder_sparse_step == 0
    }
    return _mixed(
        layout,
        config,
        count=config.num_experts,
        inner=config.moe_intermediate_size,
        normalized=config.norm_topk_prob,
        sparse=sparse if config.num_experts > 0 else set(),
    )


def _mixed(
    layout: DecoderLayout,
    config: Any,
    *,
    count: int,
    inner: int,
    normalized: bool,
    block: str = "mlp",
    router: str = "gate",
    sparse: set[int] | None = None,
) -> DecoderLayout:
    """``layout`` with ``count`` experts of ``inner`` columns in the layers ``sparse``; None: in all."""
    hidden = layout.hidden_size

    def mix(layer: LayerLayout, name: str) -> LayerLayout:
        fused = f"{name}.experts.gate_up_proj"
        halves = (Rows(2 * inner, 0, inner), Rows(2 * inner, inner, 2 * inner))
        up = tuple(
            tuple(LinearPart(fused, inner, hidden, half, expert=expert) for half in halves) for expert in range(count)
        )
        down = (LinearPart(f"{name}.experts.down_proj", hidden, inner, expert=expert) for expert in range(count))
        experts = Experts(f"{name}.{router}", up, tuple(down), config.num_experts_per_tok, normalized)
        return replace(layer, up=(), down=None, experts=experts)

    layers = (
        mix(layer, f"model.layers.{number}.{block}") if sparse is None or number in sparse else layer
        for number, layer in enumerate(layout.layers)
    )
    return replace(layout, layers=tuple(layers))
