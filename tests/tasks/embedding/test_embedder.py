"""The embedder over a scripted encoder: prompts, dimensions, lengths, tokens and similarity."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.errors import InvalidOption, InvalidPrompt, UnsupportedModel
from service.tasks.embedding.embedder import Embedder, EmbeddingOptions
from service.tasks.encoding.tokenizer import EncoderTokenizer
from tests.fakes.encoder import ScriptedEncoder
from tests.tasks.embedding.checkpoints import write_checkpoint

PROMPTS = {"prompts": {"query": "when ", "passage": "the ", "Clustering": "cafe "}, "default_prompt_name": None}


def embedder(path: Path, encoder: ScriptedEncoder | None = None, **files: Any) -> Embedder:
    return Embedder.load((encoder or ScriptedEncoder()).client, write_checkpoint(path, **files))


async def vectors(task: Embedder, texts: list[str], **options: Any) -> Any:
    prepared = await task.prepare(texts, EmbeddingOptions(**options), request_id="embd-1")
    with await prepared.start() as encoding:
        return await encoding.result()


@pytest.mark.parametrize(
    ("options", "prompt"),
    [
        ({}, ""),
        ({"prompt_name": "passage"}, "the "),
        ({"input_type": "query"}, "when "),
        ({"input_type": "search_query"}, "when "),
        ({"input_type": "document"}, "the "),
        ({"input_type": "search_document"}, "the "),
        ({"input_type": "clustering"}, "cafe "),
        ({"input_type": "classification"}, ""),
    ],
)
async def test_the_prompt_stands_before_the_text(tmp_path: Path, options: dict[str, str], prompt: str) -> None:
    encoder = ScriptedEncoder()
    task = embedder(tmp_path, encoder, config=PROMPTS)
    await vectors(task, ["lighthouse"], **options)
    tokenizer = EncoderTokenizer.load(tmp_path)
    assert encoder.requests[0].inputs[0] == tokenizer.single.around(*await tokenizer.tokens([prompt + "lighthouse"]))


async def test_the_default_prompt_is_for_texts_of_no_type(tmp_path: Path) -> None:
    encoder = ScriptedEncoder()
    task = embedder(tmp_path, encoder, config={"prompts": {"s2s": "the "}, "default_prompt_name": "s2s"})
    for options in ({}, {"prompt_name": "s2s"}, {"input_type": "classification"}, {"input_type": "query"}):
        await vectors(task, ["lighthouse"], **options)
    lengths = [len(request.inputs[0].tokens) for request in encoder.requests]
    assert lengths[0] == lengths[1] == lengths[2] > lengths[3]


async def test_an_unknown_prompt_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    task = embedder(tmp_path, config=PROMPTS)
    with pytest.raises(InvalidOption, match="Clustering, passage, query") as caught:
        await vectors(task, ["a"], prompt_name="secret")
    assert caught.value.param == "prompt_name"
    assert "secret" not in str(caught.value)


def test_prompts_that_would_do_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match="special token"):
        embedder(tmp_path / "a", config={"prompts": {"query": "[SEP] "}})
    with pytest.raises(UnsupportedModel, match="mean"):
        embedder(tmp_path / "b", config=PROMPTS, include_prompt=False)
    with pytest.raises(UnsupportedModel, match="default prompt"):
        embedder(tmp_path / "c", config={"prompts": {}, "default_prompt_name": "query"})
    embedder(tmp_path / "d", config={"prompts": {"query": "", "document": None}}, include_prompt=False)


async def test_vectors_are_cut_and_keep_their_length(tmp_path: Path) -> None:
    normalizing = embedder(tmp_path / "a")
    whole = await vectors(normalizing, ["The café opens.", "When?"])
    assert whole.shape == (2, 4)
    cut = await vectors(normalizing, ["The café opens.", "When?"], dimensions=2)
    np.testing.assert_allclose(np.linalg.norm(cut, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(cut[:, 0] * whole[:, 1], cut[:, 1] * whole[:, 0], atol=1e-6)
    plain = embedder(tmp_path / "b", modules=("Transformer", "Pooling"))
    raw = await vectors(plain, ["The café opens.", "When?"])
    np.testing.assert_array_equal(await vectors(plain, ["The café opens.", "When?"], dimensions=2), raw[:, :2])
    unit = await vectors(plain, ["When?"], normalize=True)
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1, atol=1e-6)
    assert (await vectors(normalizing, ["When?"], dimensions=4)).tolist() == whole[1:].tolist()


@pytest.mark.parametrize(
    ("options", "param"),
    [({"dimensions": 5}, "dimensions"), ({"dimensions": 3}, "dimensions"), ({"normalize": False}, "normalize")],
)
async def test_vectors_that_the_model_does_not_have_are_refused(
    tmp_path: Path, options: dict[str, Any], param: str
) -> None:
    task = embedder(tmp_path, matryoshka_dimensions=[2])
    for options_of_prepare in (options, options | {"prompt_name": None}):
        with pytest.raises(InvalidOption) as caught:
            await vectors(task, ["a"], **options_of_prepare)
        assert caught.value.param == param
    for dimensions in (2, 4):
        assert (await vectors(task, ["a"], dimensions=dimensions)).shape == (1, dimensions)


async def test_tokens_are_computed_without_a_prompt(tmp_path: Path) -> None:
    encoder = ScriptedEncoder()
    task = embedder(tmp_path, encoder, config=PROMPTS | {"default_prompt_name": "query"})
    prepared = await task.prepare_tokens([[2, 7, 8, 3]], EmbeddingOptions(dimensions=1), request_id="embd-1")
    with await prepared.start() as encoding:
        assert (await encoding.result()).shape == (1, 1)
    assert encoder.requests[0].inputs[0].tokens == (2, 7, 8, 3)
    with pytest.raises(InvalidPrompt):
        await task.prepare_tokens([[7, 8]], EmbeddingOptions(), request_id="embd-2")


async def test_similarity_is_the_cosine_and_computes_each_text_once(tmp_path: Path) -> None:
    encoder = ScriptedEncoder()
    task = embedder(tmp_path, encoder)
    pairs = [("When?", "When?"), ("When?", "The café opens."), ("The café opens.", "It rains")]
    prepared = await task.prepare_similarity(pairs, EmbeddingOptions(), request_id="score-1", param="text_1")
    with await prepared.start() as encoding:
        scores = await encoding.result()
    assert len(encoder.requests[0].inputs) == 3
    each = dict(
        zip(
            ["When?", "The café opens.", "It rains"],
            await vectors(task, ["When?", "The café opens.", "It rains"]),
            strict=True,
        )
    )
    for (left, right), score in zip(pairs, scores, strict=True):
        a, b = each[left], each[right]
        assert score == pytest.approx(float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)), abs=1e-6)
