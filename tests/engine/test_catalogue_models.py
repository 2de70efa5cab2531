"""The engine's greedy tokens are those of transformers with the real weights of the catalogue, in float32.

The long prompt exceeds the sliding window of Gemma 3, and the answers continue beside each other in one batch.
"""

from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer

from model_store.types import LocalModel
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.models.hf.checkpoint import load_language_model
from tests.engine.workloads import Driver
from tests.models_fixture import gemma3, larger_model

__all__ = ["gemma3", "larger_model"]

TEXTS = (
    " ".join(f"In {1900 + n} the town had {n * n % 97 + 3} mills, {n % 7} bridges and a market." for n in range(28)),
    "The capital of France is Paris. The capital of China is",
    "水果有苹果、",
)
TOKENS = 12


def generate_by_transformers(path: Path, prompts: list[list[int]]) -> list[list[int]]:
    """The greedy continuation of each prompt, one at a time."""
    model = load_language_model(str(path), torch.float32)
    continuations = []
    for prompt in prompts:
        options = {"max_new_tokens": TOKENS, "min_new_tokens": TOKENS, "do_sample": False, "pad_token_id": 0}
        output = model.generate(torch.tensor([prompt]), eos_token_id=None, **options)
        continuations.append(output[0, len(prompt) :].tolist())
    return continuations


@pytest.mark.slow
@pytest.mark.timeout(900)  # the larger model, on a busy machine
@pytest.mark.parametrize("fixture", ["gemma3", "larger_model"])
def test_greedy_tokens_are_those_of_transformers(request: pytest.FixtureRequest, fixture: str) -> None:
    model: LocalModel = request.getfixturevalue(fixture)
    tokenizer = AutoTokenizer.from_pretrained(model.path)
    prompts = [tokenizer(text)["input_ids"] for text in TEXTS]
    assert len(prompts[0]) > 560
    expected = generate_by_transformers(model.path, prompts)
    driver = Driver(model.path, dtype="float32", block_size=16, num_blocks=200, prefill_chunk=100)
    params = SamplingParams(max_tokens=TOKENS, temperature=0.0)
    requests = [Request(id=str(n), prompt=tuple(prompt), params=params) for n, prompt in enumerate(prompts)]
    runs = driver.run([(0, each) for each in requests])
    assert [runs[each.id].tokens for each in requests] == expected
