"""The runner: the output of each chunk, and that a broken sequence does not affect the others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from service.engine.execution import runner as runner_module
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.outputs import TokenLogprob
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, ChunkOutput, Step
from service.errors import EngineError
from service.models.hf.causal_lm import CausalLM
from tests.engine.configs import engine_config
from tests.engine.stepping import Stepper, prompt, reference_generate, reference_logits
from tests.engine.tiny_models import MAX_MODEL_LEN, VOCAB_SIZE, build_model, save_model

BROKEN = 7  # in the model of `save_poisoned_model`, this token breaks the sequence that has it


def make_runner(path: Path, **config: Any) -> ModelRunner:
    return ModelRunner(engine_config(path, **({"device": "cpu", "block_size": 4} | config)))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gemma2")  # it has windows, soft caps, and scaled and capped logits
    save_model(build_model("gemma2"), path)
    return path


@pytest.fixture(scope="module")
def reference(path: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(path, attn_implementation="eager").eval()


@pytest.fixture
def runner(path: Path) -> ModelRunner:
    return make_runner(path)


@pytest.fixture
def stepper(runner: ModelRunner) -> Stepper:
    return Stepper(runner)


def save_poisoned_model(path: Path, value: float = torch.nan) -> Path:
    model = build_model("llama")
    with torch.no_grad():
        model.get_input_embeddings().weight[BROKEN] = value
    save_model(model, path)
    return path


# Information and settings


def test_info_describes_model_cache_and_limits(runner: ModelRunner) -> None:
    info = runner.info
    assert (info.vocab_size, info.max_model_len, info.architecture) == (VOCAB_SIZE, MAX_MODEL_LEN, "Gemma2ForCausalLM")
    assert (info.device, info.dtype, info.block_size) == ("cpu", "float32", 4)
    assert (info.max_num_seqs, info.max_batch_tokens, info.prefill_chunk) == (64, 512, 256)
    assert info.num_blocks == runner.cache.num_blocks == 64 * MAX_MODEL_LEN // 4
    assert isinstance(runner.model, CausalLM)
    assert info.weights_bytes == sum(p.nbytes for p in runner.model.module.parameters())
    assert info.kv_cache_bytes == runner.cache.num_bytes
    assert list(info.startup_seconds) == ["load", "kv_cache", "warm_up"]
    assert all(seconds > 0 for seconds in info.startup_seconds.values())


def test_configured_values_are_used(path: Path) -> None:
    runner = make_runner(path, max_model_len=50, max_num_seqs=2, max_batch_tokens=33, block_size=8, dtype="bfloat16")
    info = runner.info
    assert (info.max_model_len, info.max_num_seqs, info.max_batch_tokens) == (50, 2, 33)
    assert (info.block_size, info.num_blocks, info.dtype) == (8, 2 * 7, "bfloat16")
    assert info.prefill_chunk == 33
    assert runner.cache.layers[0].key.dtype == torch.bfloat16


@pytest.fixture
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads")
def test_the_configured_threads_are_used(path: Path) -> None:
    for count in (1, 2):
        make_runner(path, threads=count)
        assert torch.get_num_threads() == count


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"device": "tpu"}, "no device 'tpu'|device 'tpu' is not supported"),
        ({"device": "cuda:99"}, "torch sees . CUDA devices"),
        ({"dtype": "int8"}, "dtype 'int8' is not one of auto, bfloat16, float16, float32"),
        ({"max_model_len": MAX_MODEL_LEN + 1}, "max_model_len is 129, but the model's context is 128 tokens"),
        ({"max_num_seqs": -1}, "max_num_seqs is -1: it must not be negative"),
    ],
)
def test_impossible_settings_are_refused(config: dict[str, Any], message: str, path: Path) -> None:
    with pytest.raises(EngineError, match=message):
        make_runner(path, **config)


def test_the_warm_up_leaves_nothing_behind(runner: ModelRunner) -> None:
    assert not any(layer.key.any() or layer.value.any() for layer in runner.cache.layers)


# The outputs of chunks


def test_an_empty_step_yields_nothing(runner: ModelRunner) -> None:
    assert runner.run(Step([])) == []


def test_only_a_chunk_that_ends_at_the_last_token_samples(stepper: Stepper) -> None:
    long = stepper.add(prompt(20))
    assert stepper.step((long, 8)) == [ChunkOutput()]
    assert stepper.step((long, 11)) == [ChunkOutput()]
    (output,) = stepper.step((long, 1))
    assert output == ChunkOutput(token=long.tokens[-1])


def test_a_chunk_of_one_token_that_is_not_the_last_does_not_sample(stepper: Stepper, reference: Any) -> None:
    first, second = stepper.add(prompt(9, 1), "a"), stepper.add(prompt(4, 2), "b")
    stepper.step((first, 4), (second, 3))
    outputs = stepper.step((first, 1), (second, 1))
    assert outputs[0] == ChunkOutput()
    assert [outputs[1].token] == reference_generate(reference, second.request.prompt, 1)[0]


def test_outputs_come_in_the_order_of_the_chunks(stepper: Stepper, reference: Any) -> None:
    sequences = [stepper.add(prompt(length, length), str(length)) for length in (5, 30, 2, 17, 9, 1)]
    stepper.step((sequences[0], 5), (sequences[3], 17))
    # chunks of one token and of more, with short and long contexts, mixed
    outputs = stepper.step(
        (sequences[4], 9),
        (sequences[0], 1),
        (sequences[1], 12),
        (sequences[5], 1),
        (sequences[3], 1),
        (sequences[2], 2),
    )
    for output, sequence in zip(outputs, [sequences[i] for i in (4, 0, 1, 5, 3, 2)], strict=True):
        if sequence is sequences[1]:
            assert output == ChunkOutput()
            continue
        tokens, _ = reference_generate(reference, sequence.request.prompt, sequence.num_generated)
        assert sequence.tokens[sequence.num_prompt :] == tokens
        assert output.token == tokens[-1]


def test_the_real_sampler_gives_the_models_own_log_probabilities(path: Path, reference: Any) -> None:
    runner = make_runner(path)
    params = SamplingParams(max_tokens=1, temperature=0, logprobs=3)
    sequence = Sequence(Request(id="a", prompt=tuple(prompt(9)), params=params), block_table=[5, 3, 8])
    (output,) = runner.run(Step([Chunk(sequence, 0, 9)]))
    expected = reference_logits(reference, prompt(9))[-1].log_softmax(-1)
    assert output.token == int(expected.argmax())
    assert output.logprob is not None
    assert output.logprob.logprob == pytest.approx(float(expected.max()), abs=1e-4)
    assert [token for token, _ in output.logprob.top] == expected.topk(3).indices.tolist()


def test_scoring_yields_no_token(stepper: Stepper) -> None:
    sequence = stepper.add(prompt(6), max_tokens=0, prompt_logprobs=0)
    (output,) = stepper.step((sequence, 6))
    assert output.token is None
    assert len(output.prompt_logprobs) == 5


@pytest.mark.parametrize("chunks", [(30,), (1, 29), (29, 1), (7, 7, 16)])
@pytest.mark.parametrize("slice_rows", [1, 5, 1000])
def test_prompt_logprobs_do_not_depend_on_chunks_or_slices(
    chunks: tuple[int, ...], slice_rows: int, path: Path, reference: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "MAX_LOGITS", slice_rows * VOCAB_SIZE)
    stepper = Stepper(make_runner(path))
    sequence = stepper.add(prompt(30), prompt_logprobs=2)
    beside = stepper.add(prompt(4), "b")
    found: list[TokenLogprob] = []
    for count in chunks:
        outputs = stepper.step((beside, beside.num_tokens - beside.num_computed), (sequence, count))
        assert outputs[0].prompt_logprobs == ()
        found += outputs[1].prompt_logprobs
    expected = reference_logits(reference, prompt(30)).log_softmax(-1)
    assert [entry.token for entry in found] == prompt(30)[1:]
    for entry, row in zip(found, expected, strict=False):
        assert entry.logprob == pytest.approx(float(row[entry.token]), abs=1e-4)
        assert [token for token, _ in entry.top] == row.topk(2).indices.tolist()
    assert stepper.decode(sequence)[0].prompt_logprobs == ()


# Blocks


def test_recomputing_after_a_preemption_changes_nothing(stepper: Stepper, reference: Any) -> None:
    sequence, other = stepper.add(prompt(13)), stepper.add(prompt(22, 2), "b")
    stepper.step((sequence, 13), (other, 22))
    stepper.decode(sequence, other)
    stepper.release(sequence)
    stepper.decode(other)
    stepper.step((sequence, 6), (other, 1))
    stepper.step((sequence, sequence.num_tokens - 6))
    for one in (sequence, other):
        tokens, _ = reference_generate(reference, one.request.prompt, one.num_generated)
        assert one.tokens[one.num_prompt :] == tokens


def test_sequences_may_share_blocks(stepper: Stepper, reference: Any) -> None:
    shared = prompt(12)
    first = stepper.add(shared + prompt(5, 1), "a")
    second = stepper.add(shared + prompt(9, 2), "b")
    stepper.step((first, 17))
    second.block_table.extend(first.block_table[:3])
    second.num_computed = 12
    stepper.step((first, 1), (second, 9))
    stepper.decode(first, second)
    for one in (first, second):
        tokens, _ = reference_generate(reference, one.request.prompt, one.num_generated)
        assert one.tokens[one.num_prompt :] == tokens


# Numbers that are not finite


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_broken_sequence_fails_alone(value: float, tmp_path: Path) -> None:
    save_poisoned_model(tmp_path, value)
    reference = AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation="eager").eval()
    stepper = Stepper(make_runner(tmp_path))
    good, other = stepper.add(prompt(10, 1), "good"), stepper.add(prompt(6, 2), "other")
    single, middle = stepper.add([BROKEN], "single"), stepper.add([*prompt(5), BROKEN, *prompt(8)], "middle")
    outputs = stepper.step((single, 1), (good, 10), (middle, 8), (other, 6))
    assert [bool(output.error) for output in outputs] == [True, False, True, False]
    assert "not finite" in outputs[0].error
    assert outputs[0].token is None
    for layer in stepper.runner.cache.layers:
        assert layer.key.isfinite().all()
        assert layer.value.isfinite().all()

    stepper.release(single)
    stepper.release(middle)
    successor = stepper.add(prompt(14, 3), "successor")  # it gets their blocks
    stepper.step((good, 1), (successor, 14), (other, 1))
    stepper.decode(good, successor, other)
    for one in (good, other, successor):
        tokens, _ = reference_generate(reference, one.request.prompt, one.num_generated)
        assert one.tokens[one.num_prompt :] == tokens


def test_logits_that_are_not_finite_are_an_error_of_the_sequence(tmp_path: Path) -> None:
    model = build_model("llama")
    with torch.no_grad():
        model.get_output_embeddings().weight[5] = torch.nan
    save_model(model, tmp_path)
    runner = make_runner(tmp_path)
    request = Request(id="a", prompt=(9, 8), params=SamplingParams(max_tokens=1))
    (output,) = runner.run(Step([Chunk(Sequence(request, block_table=[0]), 0, 2)]))
    assert output.error
    assert output.token is None
