"""Models whose hidden states exceed the numbers of float16 compute in it what transformers computes in it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM

from service.engine.protocol.outputs import FinishReason
from tests.engine.encoder_decoder.test_families import make_engine, request, sources
from tests.engine.encoder_decoder.tiny_encoder_decoders import START, VOCAB_SIZE, load_reference, next_logits, save

LARGEST = torch.finfo(torch.float16).max


def grow(path: Path, *, factor: float, ends: tuple[str, ...]) -> None:
    """Multiply the matrices with these names."""
    model = load_reference(path)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(ends):
                parameter.mul_(factor)
    model.save_pretrained(path)


def largest_state(model: Any, source: list[int]) -> float:
    """The largest number of the hidden states between the layers of a model in float32."""
    with torch.inference_mode():
        found = model(
            input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([[START]]), output_hidden_states=True
        )
    # The last ones are normalized.
    states = [*found.encoder_hidden_states[1:-1], *found.decoder_hidden_states[1:-1]]
    return max(float(state.abs().max()) for state in states)


def logprobs(path: Path, source: list[int], dtype: str) -> tuple[list[int], list[torch.Tensor]]:
    """What the engine generates greedily in 6 steps, and the log probabilities of all tokens at each."""
    engine = make_engine(path, dtype=dtype)
    engine.add(request(0, source, [START], max_tokens=6, logprobs=VOCAB_SIZE))
    tokens, rows = [], []
    while engine.has_work:
        for output in engine.step().outputs:
            assert output.finish is not FinishReason.ERROR, output.error
            assert output.logprob is not None
            tokens.append(output.logprob.token)
            rows.append(torch.tensor([value for _, value in sorted(output.logprob.top)]))
    return tokens, rows


def due(model: Any, source: list[int], tokens: list[int]) -> list[torch.Tensor]:
    return [
        next_logits(model, source, [START, *tokens[:count]]).float().log_softmax(-1) for count in range(len(tokens))
    ]


def worst(found: list[torch.Tensor], expected: list[torch.Tensor]) -> float:
    return max(float((ours - theirs).abs().max()) for ours, theirs in zip(found, expected, strict=True))


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[str, float, tuple[str, ...]], Path]:
    def make(name: str, factor: float, ends: tuple[str, ...]) -> Path:
        save(name, tmp_path)
        grow(tmp_path, factor=factor, ends=ends)
        return tmp_path

    return make


@pytest.mark.parametrize("name", ["t5", "gated t5", "mt5", "umt5"])
def test_the_sums_of_t5_may_be_larger(name: str, saved: Callable[..., Path]) -> None:
    path = saved(name, 30_000, ("wo.weight",))
    source = sources(name)[2]
    in_float32 = load_reference(path)
    assert largest_state(in_float32, source) > 2 * LARGEST
    in_float16 = AutoModelForSeq2SeqLM.from_pretrained(path, attn_implementation="eager", dtype=torch.float16).eval()
    tokens, found = logprobs(path, source, "float16")
    exact, rounded = due(in_float32, source, tokens), due(in_float16, source, tokens)
    assert worst(found, rounded) < 0.15  # two roundings of the same numbers
    assert worst(found, exact) < 1.5 * worst(rounded, exact)


def test_other_sums_are_bounded(saved: Callable[..., Path]) -> None:
    """In the encoder, as in transformers."""
    path = saved("pegasus", 30_000, ("encoder.layers.1.fc2.weight",))
    source = sources("pegasus")[2]
    in_float16 = AutoModelForSeq2SeqLM.from_pretrained(path, attn_implementation="eager", dtype=torch.float16).eval()
    tokens, rows = logprobs(path, source, "float16")
    assert worst(rows, due(in_float16, source, tokens)) < 0.05


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_other_types_need_no_bound(dtype: str, saved: Callable[..., Path]) -> None:
    path = saved("t5", 30_000, ("wo.weight",))
    source = sources("t5")[2]
    tokens, found = logprobs(path, source, dtype)
    assert worst(found, due(load_reference(path), source, tokens)) < (1e-3 if dtype == "float32" else 0.5)
