"""The check of quantization measures the engine that serves: its numbers are the engine's own."""

import json
import math
from pathlib import Path

import pytest

from benchmarks.quantization import texts
from benchmarks.quantization.benchmark import Weights, agreement, likelihood, measure
from benchmarks.serving.results import RESULTS
from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.models.native import kernels as native
from service.tasks.text.tokenizer import Tokenizer
from tests.engine.configs import engine_config
from tests.engine.stepping import prompt
from tests.engine.tiny_models import tiny_model

pytestmark = pytest.mark.skipif(native.load() is None, reason="there is no compiler, or no AVX2")

PASSAGES = [prompt(40, seed) for seed in range(3)]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> EngineConfig:
    path = tiny_model("llama", tmp_path_factory.mktemp("llama"), head_dim=32, max_position_embeddings=512)
    return engine_config(path, device="cpu", num_blocks=64, threads=1)


@pytest.fixture(scope="module")
def kinds(config: EngineConfig) -> list[Weights]:
    return [Weights(kind, config) for kind in ("float32", "bfloat16", "int8")]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for names in texts.LANGUAGES.values():
        for name in names:
            lines = [f"{name} has line {number}." for number in range(400)]
            squad = {"data": [{"paragraphs": [{"context": line} for line in lines]}]}
            (tmp_path / name).write_text("\n".join(lines) if name.endswith(".txt") else json.dumps(squad))
    mix = [{"task": "generate", "prompt": f"Say {number}."} for number in range(20)]
    (tmp_path / texts.PROMPTS).write_text("\n".join(map(json.dumps, mix)))
    return tmp_path


def test_perplexity_is_of_the_log_probabilities_that_the_service_tells(
    config: EngineConfig, kinds: list[Weights]
) -> None:
    engine = Engine(ModelRunner(config), config)
    losses = []
    for number, passage in enumerate(PASSAGES):
        params = SamplingParams(max_tokens=0, prompt_logprobs=0)
        engine.add(Request(id=f"{number}", prompt=tuple(passage), params=params))
    while engine.has_work:
        for output in engine.step().outputs:
            losses += [-each.logprob for each in output.prompt_logprobs if each]
    found = likelihood("m", kinds[:1], "English", PASSAGES)
    assert found[0].tokens == len(losses) == 3 * 39
    assert found[0].perplexity == pytest.approx(math.exp(sum(losses) / len(losses)), rel=1e-5)


def test_fewer_bits_are_further_from_the_reference(kinds: list[Weights]) -> None:
    reference, half, eight = likelihood("m", kinds, "English", PASSAGES)
    assert (reference.weights, half.weights, eight.weights) == ("float32", "bfloat16", "int8")
    assert (reference.difference, reference.error, reference.top1) == (0, 0, 1)
    assert reference.divergence == pytest.approx(0, abs=1e-9)
    assert 0 < half.divergence < 0.01
    assert 0 < eight.divergence < 0.01
    assert eight.error > 0
    assert eight.perplexity == pytest.approx(reference.perplexity * (1 + eight.difference / 100))


def test_agreement_is_up_to_the_first_difference(kinds: list[Weights]) -> None:
    asked = [prompt(9, seed) for seed in range(12)]
    reference, eight = agreement("m", [kinds[0], kinds[2]], asked, 48, (2,))
    assert (reference.same, reference.whole) == (1, 1)
    due, answers = kinds[0].write(asked, 48, (2,)), kinds[2].write(asked, 48, (2,))
    assert due != answers, "the seeds show nothing"
    places = [
        next((place for place in range(len(a)) if a[place : place + 1] != b[place : place + 1]), len(a))
        for a, b in zip(due, answers, strict=True)
    ]
    assert eight.tokens == sum(map(len, due))
    assert eight.same == pytest.approx(sum(places) / eight.tokens)
    assert eight.whole == sum(a == b for a, b in zip(due, answers, strict=True)) / 12


def test_passages_are_spread_over_the_text_and_prompts_are_chats(config: EngineConfig, data: Path) -> None:
    tokenizer = Tokenizer.load(Path(config.model_path))
    passages = texts.passages(data, "English", tokenizer, tokens=100, length=20)
    assert [len(passage) for passage in passages] == [20] * 5
    assert "ntrex.src.eng.txt" in tokenizer.decode(passages[0] + passages[1])
    assert "xquad.en.json" in tokenizer.decode(passages[-1])
    first, second = (tokenizer.decode(ids) for ids in texts.prompts(data, tokenizer, count=2))
    assert "Say 0." in first
    assert "Say 10." in second
    assert first.rstrip().endswith("assistant")


def test_a_missing_file_is_named(data: Path) -> None:
    assert texts.missing(data) == []
    (data / "xquad.zh.json").unlink()
    assert texts.missing(data) == ["xquad.zh.json"]


def test_everything_is_written(
    config: EngineConfig,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert RESULTS.name == "results"
    monkeypatch.setattr("benchmarks.serving.results.RESULTS", tmp_path / "results")
    measure(config, name="tiny", data=data, kinds=["float32", "int8"], tokens=512, prompts=2, output_tokens=4)
    (path,) = (tmp_path / "results").iterdir()
    rows = json.loads(path.read_text())["results"]
    assert [row["language"] for row in rows[:6:2]] == list(texts.LANGUAGES)
    assert [row["weights"] for row in rows] == ["float32", "int8"] * 4
    assert rows[0]["tokens"] == 2 * 255
    assert "French" in capsys.readouterr().out
