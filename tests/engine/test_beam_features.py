"""Beam searches with what a request may have beside: each feature alone, with transformers' results."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LogitsProcessor

from service.engine.protocol.beam_params import BeamParams
from service.engine.protocol.forbidden_sequences import ForbiddenSequences
from service.engine.protocol.outputs import Hypothesis
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from tests.engine.draft_models import drafted, drafting_driver, save_draft_model
from tests.engine.peft_adapters import PeftReference
from tests.engine.tiny_models import NATIVE_SHAPE, VOCAB_SIZE, build_model, save_model
from tests.engine.workloads import Driver, Reference, make_request

NUM_BEAMS, MOST, END = 4, 10, 415  # a likely token
ALLOWED = tuple(range(3, VOCAB_SIZE, 3))
BIAS = {number: (number % 7 - 3) / 2 for number in range(3, VOCAB_SIZE)}
FORBIDDEN = ((5,), (8, 9), *((number,) for number in range(10, 30, 4)))


class Penalties(LogitsProcessor):
    """The penalties of tokens that are in the output, which transformers lacks."""

    def __init__(self, prompt: int, presence: float, frequency: float) -> None:
        self._prompt, self._presence, self._frequency = prompt, presence, frequency

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        counts = torch.zeros_like(scores)
        output = input_ids[:, self._prompt :]
        counts.scatter_add_(1, output, torch.ones_like(output, dtype=scores.dtype))
        return scores - self._presence * (counts > 0) - self._frequency * counts


# The sampling parameters of a feature, and transformers' options for it, of a prompt with so many tokens.
FEATURES: dict[str, tuple[dict[str, Any], Callable[[int], dict[str, Any]]]] = {
    "min_tokens": ({"min_tokens": 7}, lambda _: {"min_new_tokens": 7}),
    "logit_bias": (
        {"logit_bias": BIAS},
        lambda _: {"sequence_bias": [[[token], bias] for token, bias in BIAS.items()]},
    ),
    "bad words": (
        {"forbidden": ForbiddenSequences(FORBIDDEN)},
        lambda _: {"bad_words_ids": [list(each) for each in FORBIDDEN]},
    ),
    "allowed tokens": (
        {"allowed_token_ids": (*ALLOWED, END)},
        lambda _: {"prefix_allowed_tokens_fn": lambda *_: [*ALLOWED, END]},
    ),
    "repetition_penalty": ({"repetition_penalty": 1.5}, lambda _: {"repetition_penalty": 1.5}),
    "penalties": (
        {"presence_penalty": 0.7, "frequency_penalty": 0.4},
        lambda prompt: {"logits_processor": [Penalties(prompt, 0.7, 0.4)]},
    ),
    "no stop token": ({"stop_token_ids": ()}, lambda _: {"eos_token_id": None}),
    "a seed": ({"seed": 77}, lambda _: {}),
}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return Reference("llama", tmp_path_factory.mktemp("llama"), **NATIVE_SHAPE)


def request(name: str, prompt: tuple[int, ...], *, adapter: str = "", **params: Any) -> Request:
    beams = BeamParams(num_beams=NUM_BEAMS, num_return=NUM_BEAMS)
    values: dict[str, Any] = {"max_tokens": MOST, "temperature": 0.0, "stop_token_ids": (END,), "beams": beams} | params
    return Request(id=name, prompt=prompt, adapter=adapter, params=SamplingParams(**values))


@torch.inference_mode()
def found_by_transformers(model: Any, prompt: tuple[int, ...], **options: Any) -> list[tuple[list[int], float]]:
    ids = torch.tensor([prompt])
    found = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        num_beams=NUM_BEAMS,
        num_return_sequences=NUM_BEAMS,
        max_new_tokens=MOST,
        pad_token_id=END,
        output_scores=True,
        return_dict_in_generate=True,
        **({"eos_token_id": END} | options),
    )
    rows = found.sequences[:, len(prompt) :].tolist()
    return list(zip(rows, found.sequences_scores.tolist(), strict=True))


def check(found: tuple[Hypothesis, ...], due: list[tuple[list[int], float]]) -> None:
    assert len(found) == len(due)
    for hypothesis, (tokens, score) in zip(found, due, strict=True):
        assert list(hypothesis.tokens) == tokens[: len(hypothesis.tokens)]
        assert set(tokens[len(hypothesis.tokens) :]) <= {END}
        assert hypothesis.score == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_with_beams(feature: str, native: bool, reference: Reference) -> None:
    params, options = FEATURES[feature]
    config: dict[str, Any] = {"block_size": 0} if native else {"native_kernels": False}
    driver = Driver(reference.path, num_blocks=200, **config)
    requests = [request(f"{number}", reference.prompts[number], **params) for number in range(4)]
    others = [make_request(f"greedy {number}", reference.prompts[number]) for number in range(2)]
    runs = driver.run([(place, each) for place, each in enumerate(requests + others)])
    plain = [found_by_transformers(reference.model, each.prompt) for each in requests]
    due = [found_by_transformers(reference.model, each.prompt, **options(len(each.prompt))) for each in requests]
    assert (due != plain) == (feature != "a seed")
    for each, expected in zip(requests, due, strict=True):
        check(runs[each.id].outputs[-1].hypotheses, expected)


def test_a_draft_model_beside_beams(reference: Reference, tmp_path: Path) -> None:
    """Greedy sequences in the same steps are guessed; beams are not."""
    draft = save_draft_model(tmp_path, noise=0.0, **NATIVE_SHAPE)
    driver = drafting_driver(reference.path, draft, num_blocks=400)
    searches = [request(f"{number}", reference.prompts[number]) for number in range(3)]
    greedy = [make_request(f"greedy {number}", reference.prompts[number]) for number in range(3)]
    runs = driver.run([(place // 2, each) for place, each in enumerate(searches + greedy)])
    for each in searches:
        check(runs[each.id].outputs[-1].hypotheses, found_by_transformers(reference.model, each.prompt))
    for each in greedy:
        assert runs[each.id].tokens == reference.greedy(each.prompt)
    assert drafted(driver) > 0


def test_an_adapter_with_beams(tmp_path: Path) -> None:
    model = build_model("llama", **NATIVE_SHAPE)
    save_model(model, tmp_path)
    configs = {"one": {"r": 4, "target_modules": "all-linear"}, "two": {"r": 3, "target_modules": ["q_proj"]}}
    peft = PeftReference(model, tmp_path / "adapters", configs)
    driver = Driver(tmp_path, adapters=peft.paths, num_blocks=400)
    prompt = tuple(range(5, 25))
    runs = driver.run([(0, request(name, prompt, adapter=name)) for name in configs])
    results = []
    for name in configs:
        peft.model.set_adapter(name)
        results.append(found_by_transformers(peft.model, prompt))
        check(runs[name].outputs[-1].hypotheses, results[-1])
    assert results[0] != results[1]


def test_a_cached_prompt_with_beams(reference: Reference) -> None:
    driver = Driver(reference.path, num_blocks=400)
    prompt = max(reference.prompts, key=len)
    first = driver.run_one(request("first", prompt))
    again = driver.run_one(request("again", prompt))
    assert (first.outputs[0].num_cached, again.outputs[0].num_cached > 0) == (0, True)
    for run in (first, again):
        check(run.outputs[-1].hypotheses, found_by_transformers(reference.model, prompt))
