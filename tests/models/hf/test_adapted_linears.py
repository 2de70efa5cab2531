"""The updates of adapters on transformers' modules: which rows and which modules change."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from service.errors import UnsupportedAdapter
from service.models.contracts.lora import LinearShape
from service.models.hf.adapted_linears import AdaptedLinears
from service.models.hf.causal_lm import CausalLM
from service.models.lora.read_adapter import read_adapter
from tests.engine.tiny_models import build_model
from tests.models.lora.adapter_files import write_adapter


class TwoLayers(nn.Module):
    """A model of two linear layers, one expert and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.head = nn.Linear(6, 5), nn.Linear(5, 4, bias=False), nn.Linear(4, 9)
        self.experts = nn.ModuleList([nn.Linear(4, 4)])

    def get_output_embeddings(self) -> nn.Module:
        return self.head

    def forward(self, x: torch.Tensor) -> Any:
        return self.second(self.first(x))


@torch.inference_mode()
def test_only_the_rows_of_an_adapter_change(tmp_path: Path) -> None:
    model = TwoLayers()
    linears = AdaptedLinears(model)
    assert linears.shapes == {"first": LinearShape(5, 6), "second": LinearShape(4, 5)}
    adapter = read_adapter(write_adapter(tmp_path, linears.shapes, rank=3, lora_alpha=6), linears.shapes)
    x = torch.randn(1, 7, 6)
    alone = model(x)
    assert linears.load(5, adapter) == 4 * 3 * (5 + 6 + 4 + 5)
    assert torch.equal(model(x), alone)
    rows = torch.tensor([1, 4])
    with linears.computing(7, [(5, rows)]):
        adapted = model(x)
    first, second = adapter.updates["first"], adapter.updates["second"]
    merged = TwoLayers()
    merged.load_state_dict(model.state_dict())
    for module, update in ((merged.first, first), (merged.second, second)):
        module.weight += 2 * update.b @ update.a
    torch.testing.assert_close(adapted[:, rows], merged(x)[:, rows], rtol=0, atol=1e-5)
    others = [0, 2, 3, 5, 6]
    assert torch.equal(adapted[:, others], alone[:, others])
    linears.unload(5)
    assert not any(module._forward_hooks for module in model.modules())


@torch.inference_mode()
def test_a_model_that_computes_other_rows_is_refused(tmp_path: Path) -> None:
    """As experts do that compute only the rows that chose them."""
    model = CausalLM(build_model("llama"))
    part: Any = model.module.get_submodule("model.layers.1.mlp.down_proj")
    part.register_forward_pre_hook(lambda module, inputs: (inputs[0][:, :3].repeat(1, 2, 1),))
    part.register_forward_hook(lambda module, inputs, output: output[:, :4])
    adapter = read_adapter(write_adapter(tmp_path, model.linears), model.linears)
    with pytest.raises(UnsupportedAdapter, match="computes 6 rows in a step of 4"):
        model.load_adapter(1, adapter)
    assert not model.module.get_submodule("model.layers.0.self_attn.q_proj")._forward_hooks
