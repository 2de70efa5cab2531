"""Beam searches among other requests find what ``generate`` of transformers finds, and give all blocks back."""

from collections.abc import Callable, Collection
from functools import cache
from typing import Any

import pytest
import torch

from service.engine.protocol.beam_params import BeamParams
from service.engine.protocol.outputs import FinishReason
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.errors import RequestTooLarge
from service.models.native import kernels
from tests.engine.phrase_graphs import phrase_graph
from tests.engine.tiny_models import NATIVE_SHAPE, VOCAB_SIZE
from tests.engine.workloads import Driver, Reference, make_request, short_of_memory_driver

SHAPES: dict[str, dict[str, Any]] = {"llama": NATIVE_SHAPE, "gpt2": {}, "gemma2": {}}
# The options of transformers, the number of a prompt, and the most tokens.
SEARCHES: list[tuple[dict[str, Any], int, int]] = [
    ({"num_beams": 2}, 4, 9),
    ({"num_beams": 4, "length_penalty": 2.0, "early_stopping": "never"}, 1, 11),
    ({"num_beams": 3, "length_penalty": -0.5, "early_stopping": True}, 4, 8),
    ({"num_beams": 8, "no_repeat_ngram_size": 2, "repetition_penalty": 1.2}, 2, 7),
    ({"num_beams": 5, "early_stopping": True}, 3, 6),
]
CONFIGS: dict[str, dict[str, Any]] = {
    "default": {"num_blocks": 400},
    "chunks of 3, no prefix cache": {"num_blocks": 400, "prefill_chunk": 3, "prefix_caching": False},
    "budget of 9": {"num_blocks": 400, "max_batch_tokens": 9},
    "few blocks": {"num_blocks": 44, "prefill_chunk": 5},
}
CASES = [(arch, name) for arch in ("llama", "gpt2") for name in CONFIGS] + [("gemma2", "few blocks")]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Reference]:
    return cache(lambda arch: Reference(arch, tmp_path_factory.mktemp(arch), **SHAPES[arch]))


def stops_of(reference: Reference, number: int) -> tuple[int, ...]:
    """Stop tokens that a search meets: likely ones, behind the prompt and three tokens later."""
    prompt = reference.prompts[number]
    tokens = reference.greedy(prompt)
    second = reference.logprobs((*prompt, *tokens[:3]))[-1].topk(3).indices[2]
    return tuple({tokens[5], int(second)})


@cache
def search(reference: Reference, place: int) -> list[tuple[list[int], float]]:
    """What transformers finds: the tokens and the score of each beam."""
    options, number, count = SEARCHES[place]
    ids = torch.tensor([reference.prompts[number]])
    with torch.inference_mode():
        found = reference.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=count,
            num_return_sequences=options["num_beams"],
            eos_token_id=list(stops_of(reference, number)),
            pad_token_id=VOCAB_SIZE - 1,
            output_scores=True,
            return_dict_in_generate=True,
            **options,
        )
    rows = found.sequences[:, ids.shape[1] :].tolist()
    return list(zip(rows, found.sequences_scores.tolist(), strict=True))


def beam_request(reference: Reference, place: int, name: str, **fields: Any) -> Request:
    options, number, count = SEARCHES[place]
    of_beams = {key: options[key] for key in ("num_beams", "length_penalty", "early_stopping") if key in options}
    params = SamplingParams(
        max_tokens=count,
        temperature=0.0,
        stop_token_ids=stops_of(reference, number),
        beams=BeamParams(num_return=options["num_beams"], **of_beams),
        **{key: value for key, value in options.items() if key not in of_beams},
    )
    return Request(id=name, prompt=reference.prompts[number], params=params, **fields)


def check_searches(driver: Driver, reference: Reference, places: Collection[int] = range(len(SEARCHES))) -> None:
    """Searches, greedy requests and requests that draw, which come while others run."""
    searches = [(place, beam_request(reference, place, f"beams {place}")) for place in places]
    greedy = [(number, make_request(f"greedy {number}", reference.prompts[number])) for number in range(3)]
    drawn = [
        (number + 1, make_request(f"drawn {number}", reference.prompts[number], temperature=1.0, seed=number))
        for number in range(2)
    ]
    runs = driver.run(searches + greedy + drawn)
    for number in range(3):
        assert runs[f"greedy {number}"].tokens == reference.greedy(reference.prompts[number])
    for place, request in searches:
        run, due = runs[request.id], search(reference, place)
        found = run.outputs[-1].hypotheses
        assert not any(output.hypotheses for output in run.outputs[:-1])
        assert run.tokens == list(found[0].tokens)
        assert run.finish is (
            FinishReason.STOP if run.tokens[-1] in request.params.stop_token_ids else FinishReason.LENGTH
        )
        assert len(found) == len(due)
        for hypothesis, (tokens, score) in zip(found, due, strict=True):
            assert [*hypothesis.tokens, *[VOCAB_SIZE - 1] * len(tokens)][: len(tokens)] == tokens
            assert hypothesis.score == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize(("arch", "name"), CASES)
def test_searches_equal_those_of_transformers(arch: str, name: str, reference: Callable[[str], Reference]) -> None:
    driver = Driver(reference(arch).path, **CONFIGS[name])
    check_searches(driver, reference(arch))
    assert (sum(stats.num_preempted for stats in driver.stats) > 0) == (name == "few blocks")


@pytest.mark.skipif(kernels.load() is None, reason="there is no compiler, or no AVX2")
@pytest.mark.parametrize("num_blocks", [200, 17])
def test_the_kernels_find_the_same(num_blocks: int, reference: Callable[[str], Reference]) -> None:
    driver = Driver(reference("llama").path, block_size=0, num_blocks=num_blocks)
    assert driver.runner.info.backend == "native"
    check_searches(driver, reference("llama"))
    assert (sum(stats.num_preempted for stats in driver.stats) > 0) == (num_blocks == 17)


def test_short_memory_changes_no_search(reference: Callable[[str], Reference]) -> None:
    """Steps fail and are computed in parts, and parts of them not at all."""
    driver, forward_pass = short_of_memory_driver(reference("gpt2").path, num_blocks=400)
    check_searches(driver, reference("gpt2"), (0, 2))
    assert forward_pass.failures > 5


def test_what_is_certain_is_sent_and_never_taken_back(reference: Callable[[str], Reference]) -> None:
    ref = reference("llama")
    driver = Driver(ref.path, num_blocks=400)
    driver.engine.add(beam_request(ref, 1, "a"))
    sent: list[int] = []
    steps_with_tokens = 0
    while driver.engine.has_work:
        outputs = driver.engine.step().outputs
        steps_with_tokens += bool(outputs)
        sent += [output.token for output in outputs if output.token is not None]
    assert sent == list(outputs[-1].hypotheses[0].tokens)
    assert steps_with_tokens > 1
    # Another engine, to which some tokens are known as sent, sends the others.
    driver = Driver(ref.path, num_blocks=400)
    for count in (1, len(sent) // 2, len(sent) - 1):
        run = driver.run_one(beam_request(ref, 1, "again", generated=tuple(sent[:count])))
        assert run.tokens == sent[count:]
        for again, first in zip(run.outputs[-1].hypotheses, outputs[-1].hypotheses, strict=True):
            assert again.tokens == first.tokens
            assert again.score == pytest.approx(first.score, rel=1e-5)  # torch's sums depend on the shape of a batch


def test_an_abort_frees_the_blocks_of_all_beams(reference: Callable[[str], Reference]) -> None:
    ref = reference("llama")
    driver = Driver(ref.path, num_blocks=400)
    for steps in (0, 1, 2, 5):
        driver.engine.add(beam_request(ref, 3, "x"))
        for _ in range(steps):
            driver.engine.step()
        assert driver.engine.abort("x")
        assert driver.engine.blocks_used == 0
        assert not driver.engine.has_work


def test_a_search_that_can_never_fit_is_refused(reference: Callable[[str], Reference]) -> None:
    ref = reference("llama")
    request = beam_request(ref, 3, "x")
    with pytest.raises(RequestTooLarge, match="8 beams"):
        Driver(ref.path, num_blocks=400, max_num_seqs=7).engine.add(request)
    with pytest.raises(RequestTooLarge, match="8 beams"):
        Driver(ref.path, num_blocks=20).engine.add(request)


PHRASES = tuple((5 + n % 2, 7, *range(10 + n % 3, 12 + n)) for n in range(12))  # they begin alike


@pytest.mark.parametrize(("num_beams", "num_blocks"), [(2, 400), (4, 400), (8, 400), (2, 20), (4, 28)])
def test_each_beam_follows_the_constraint(
    num_beams: int, num_blocks: int, reference: Callable[[str], Reference]
) -> None:
    """A token graph, as transformers' constraint by a function of the tokens. Few blocks: preemptions."""
    ref = reference("llama")
    graph, stop = phrase_graph(*PHRASES), 40

    def allowed(_: int, tokens: torch.Tensor) -> list[int]:
        nodes = graph.advance(frozenset(graph.start_nodes), tokens[len(prompt) :].tolist())
        return sorted(graph.allowed_tokens(nodes, (stop,))) or [stop]

    driver = Driver(ref.path, num_blocks=num_blocks)
    params = SamplingParams(
        max_tokens=12,
        temperature=0.0,
        stop_token_ids=(stop,),
        constraint=graph,
        beams=BeamParams(num_beams=num_beams, num_return=2),
    )
    requests = [Request(id=f"{number}", prompt=ref.prompts[number], params=params) for number in range(3)]
    runs = driver.run([(0, request) for request in requests])
    for request in requests:
        prompt = request.prompt
        ids = torch.tensor([prompt])
        with torch.inference_mode():
            due = ref.model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                do_sample=False,
                max_new_tokens=12,
                num_beams=num_beams,
                num_return_sequences=2,
                eos_token_id=stop,
                pad_token_id=stop,
                prefix_allowed_tokens_fn=allowed,
                output_scores=True,
                return_dict_in_generate=True,
            )
        found = runs[request.id].outputs[-1].hypotheses
        for hypothesis, tokens, score in zip(
            found, due.sequences[:, len(prompt) :].tolist(), due.sequences_scores.tolist(), strict=True
        ):
            assert list(hypothesis.tokens) == tokens[: len(hypothesis.tokens)]
            assert set(tokens[len(hypothesis.tokens) :]) <= {stop}
            assert hypothesis.score == pytest.approx(score, abs=1e-4)
    assert (sum(stats.num_preempted for stats in driver.stats) > 0) == (num_blocks < 400)
