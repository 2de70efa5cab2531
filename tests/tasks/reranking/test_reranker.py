"""The re-ranker over a scripted encoder: pairs, activations, cuts."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.encoder.messages import EncoderInput, Head
from service.errors import InputTooLong, UnsupportedModel
from service.tasks.encoding.truncation import Truncation
from service.tasks.reranking.reranker import Reranker, RerankingOptions
from tests.encoder.tiny_readers import tiny_reader
from tests.fakes.encoder import ScriptedEncoder

PAIRS = [("When?", "The café opens at eight."), ("When?", "It rains."), ("Who?", "Ada Lund")]
IDENTITY = "torch.nn.modules.linear.Identity"


def logit(each: EncoderInput) -> list[float]:
    """The number of tokens of the second text, around 0."""
    return [float(each.types.count(1) - 4)]


def reranker(path: Path, encoder: ScriptedEncoder, files: dict[str, dict[str, Any]] | None = None) -> Reranker:
    """A re-ranker of a tiny model. ``files`` are JSON files; their fields are added to those that are there."""
    tiny_reader("bert", path)
    for name, fields in (files or {}).items():
        own = json.loads((path / name).read_text()) if (path / name).exists() else {}
        (path / name).write_text(json.dumps(own | fields))
    return Reranker.load(encoder.client, path)


def scripted() -> ScriptedEncoder:
    return ScriptedEncoder(logit, head=Head.CLASSIFICATION, labels=("LABEL_0",))


async def scores(task: Reranker, pairs: list[tuple[str, str]] = PAIRS, **options: Any) -> Any:
    prepared = await task.prepare(pairs, RerankingOptions(**options), request_id="rank-1", param="documents")
    with await prepared.start() as encoding:
        return await encoding.result()


@pytest.mark.parametrize(
    ("files", "function"),
    [
        ({}, lambda x: 1 / (1 + np.exp(-x))),
        ({"config.json": {"sbert_ce_default_activation_function": IDENTITY}}, lambda x: x),
        ({"config.json": {"sentence_transformers": {"activation_fn": IDENTITY}}}, lambda x: x),
        ({"config.json": {"sentence_transformers": {"activation_fn": "torch.nn.Tanh"}}}, np.tanh),
        ({"config_sentence_transformers.json": {"activation_fn": IDENTITY}}, lambda x: x),
        ({"config.json": {"sbert_ce_default_activation_function": "evil.Code"}}, lambda x: 1 / (1 + np.exp(-x))),
    ],
)
async def test_the_activation_is_that_of_the_checkpoint(tmp_path: Path, files: Any, function: Any) -> None:
    task = reranker(tmp_path, scripted(), files)
    raw = await scores(task, raw=True)
    assert len({*raw.tolist()}) == 3
    np.testing.assert_allclose(await scores(task), function(raw), atol=1e-6)


def test_an_unknown_activation_and_a_default_prompt_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match="ReLU"):
        reranker(tmp_path / "a", scripted(), {"config.json": {"sbert_ce_default_activation_function": "torch.nn.ReLU"}})
    config = {"prompts": {"query": "q: "}, "default_prompt_name": "query"}
    with pytest.raises(UnsupportedModel, match="prompt"):
        reranker(tmp_path / "b", scripted(), {"config_sentence_transformers.json": config})


async def test_documents_are_cut_or_refused(tmp_path: Path) -> None:
    encoder = scripted()
    task = reranker(tmp_path, encoder)
    long = [("When?", "Ada " * 200)]
    await scores(task, long)
    assert len(encoder.requests[-1].inputs[0].tokens) == 64
    await scores(task, long, max_tokens_per_text=5)
    assert encoder.requests[-1].inputs[0].types.count(1) == 5 + 1
    with pytest.raises(InputTooLong):
        await scores(task, long, truncation=Truncation.NONE)
