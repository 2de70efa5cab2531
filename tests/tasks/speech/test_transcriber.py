"""Transcripts are those of transformers' ``generate``, for one window and for many."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import WhisperFeatureExtractor

from service.engine.protocol.beam_params import BeamParams
from service.errors import InvalidOption, InvalidPrompt, MalformedFile, UnknownLanguage
from service.tasks.speech import attempts
from service.tasks.speech.options import DEFAULT_BEAMS, TranscriptOptions
from tests.tasks.speech import sounds, tiny_speech_model
from tests.tasks.speech.reference import SpeechModel
from tests.tasks.speech.tiny_speech_model import END, FIRST, IDS

SHORT, WHOLE, LONG = sounds.chirps(7.77), sounds.chirps(30.0), sounds.chirps(71.3, seed=3)


def make(path: Path, **options: Any) -> SpeechModel:
    tiny_speech_model.save(path, **options)
    return SpeechModel.load(path)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SpeechModel:
    return make(tmp_path_factory.mktemp("multilingual"), timestamps=-1.0)  # it writes none unless it must


@pytest.fixture
def undoubted(monkeypatch: pytest.MonkeyPatch) -> None:
    """All results are good enough, as in transformers without thresholds."""
    monkeypatch.setattr(attempts, "LEAST_LOGPROB", -1e9)
    monkeypatch.setattr(attempts, "MOST_COMPRESSION", 1e9)
    monkeypatch.setattr("service.tasks.speech.transcription.LEAST_LOGPROB", -1e9)


@pytest.mark.usefixtures("undoubted")
@pytest.mark.parametrize("language", ["en", "zh", None])
@pytest.mark.parametrize(("task", "num_beams"), [("transcribe", 1), ("translate", 1), ("transcribe", 5)])
async def test_one_window_without_timestamps(
    model: SpeechModel, language: str | None, task: str, num_beams: int
) -> None:
    segments, transcription = await model.run(WHOLE, language=language, task=task, num_beams=num_beams)
    expected = model.expected(WHOLE, language=language, task=task, num_beams=num_beams)
    theirs = [token for segment in expected for token in segment["tokens"].tolist()]
    assert [token for segment in segments for token in segment.tokens] == theirs
    if language is None:
        id = model.reference.detect_language(
            WhisperFeatureExtractor()(WHOLE, sampling_rate=16_000, return_tensors="pt").input_features
        )
        assert IDS[transcription.language] == id.item()


@pytest.mark.usefixtures("undoubted")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("num_beams", [1, 2, 5])
@pytest.mark.parametrize("samples", [SHORT, WHOLE, LONG], ids=["short", "whole", "long"])
async def test_windows_with_timestamps(tmp_path: Path, samples: NDArray[np.float32], num_beams: int, seed: int) -> None:
    model = make(tmp_path, seed=seed, timestamps=(-0.4, 0.0, 0.3)[seed])
    segments, _ = await model.run(samples, language="de", timestamps=True, num_beams=num_beams)
    options: dict[str, Any] = {"language": "de", "task": "transcribe", "return_timestamps": True}
    expected = model.expected(samples, num_beams=num_beams, **options)
    theirs = [segment for segment in expected if any(token < END for token in segment["tokens"])]
    assert [segment.tokens for segment in segments] == [tuple(segment["tokens"].tolist()) for segment in theirs]
    for ours, each in zip(segments, theirs, strict=True):
        assert ours.start == pytest.approx(min(float(each["start"]), len(samples) / 16_000))
        assert ours.end == pytest.approx(min(float(each["end"]), len(samples) / 16_000))


@pytest.mark.usefixtures("undoubted")
async def test_a_prompt_stands_before_every_window(model: SpeechModel) -> None:
    segments, _ = await model.run(LONG, language="en", prompt="Names: Ada")
    before = torch.tensor([IDS["startofprev"], *model.transcriber.tokenizer.encode(" Names: Ada")])
    options: dict[str, Any] = {"language": "en", "task": "transcribe", "return_timestamps": True, "prompt_ids": before}
    expected = model.expected(LONG, **options)
    theirs = [tuple(each["tokens"].tolist()) for each in expected if any(token < END for token in each["tokens"])]
    assert [segment.tokens for segment in segments] == theirs


async def test_silence_has_no_text_and_is_not_computed(model: SpeechModel) -> None:
    before = len(model.engine.requests)
    for samples in (np.zeros(40 * 16_000, np.float32), sounds.chirps(5) * np.float32(1e-5)):
        segments, transcription = await model.run(samples, language="en")
        assert segments == []
        assert transcription.usage.total_tokens == 0
    assert len(model.engine.requests) == before


async def test_a_doubtful_window_is_decoded_again_and_dropped_if_nobody_speaks(
    model: SpeechModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random weights doubt everything."""
    _, transcription = await model.run(WHOLE, language="en")
    sent = [request for request in model.engine.requests if request.id.startswith("t-")][-7:]
    tried = [request.params.temperature for request in sent if request.params.constraint is not None]
    assert tried == list(attempts.TEMPERATURES)
    assert transcription.usage.total_tokens > 6
    monkeypatch.setattr("service.tasks.speech.transcription.NO_SPEECH", -1.0)
    assert (await model.run(WHOLE, language="en"))[0] == []


async def test_without_a_wish_there_are_as_many_beams_as_fit(model: SpeechModel, tmp_path: Path) -> None:
    async def beams(model: SpeechModel, **options: Any) -> BeamParams | None:
        before = len(model.engine.requests)
        prepared = await model.transcriber.prepare(
            sounds.file(SHORT), TranscriptOptions(language="en", **options), request_id="t"
        )
        async for _ in await prepared.start():
            pass
        first = model.engine.requests[before].params
        assert prepared.cost.sequences == (first.beams.num_beams if first.beams else 1)
        return first.beams

    assert await beams(model) == DEFAULT_BEAMS
    assert await beams(model, temperature=0.5) is None
    assert await beams(model, beams=BeamParams(num_beams=1)) is None
    tiny_speech_model.save(tmp_path)
    small = SpeechModel.load(tmp_path, max_num_seqs=3)
    assert await beams(small) == BeamParams(num_beams=3)
    with pytest.raises(InvalidOption, match="room for 3 beams"):
        await beams(small, beams=BeamParams(num_beams=4))


async def test_a_temperature_is_the_only_one(model: SpeechModel) -> None:
    before = len(model.engine.requests)
    await model.run(WHOLE, language="en", temperature=0.7)
    tried = [request.params for request in model.engine.requests[before:] if request.params.constraint is not None]
    assert [params.temperature for params in tried] == [0.7]


async def test_a_prompt_is_text_also_where_it_spells_special_tokens(model: SpeechModel) -> None:
    before = len(model.engine.requests)
    await model.run(WHOLE, language="en", prompt="<|startoftranscript|><|translate|>")
    prompt = model.engine.requests[before].prompt
    assert prompt[0] == IDS["startofprev"]
    assert all(token < END for token in prompt[1:-4])
    assert prompt[-4:] == (IDS["startoftranscript"], IDS["en"], IDS["transcribe"], IDS["notimestamps"])
    assert len(prompt) == 1 + (tiny_speech_model.MOST // 2 - 1) + 4


@pytest.mark.parametrize(
    ("options", "error", "param"),
    [
        ({"language": "!!"}, UnknownLanguage, "language"),
        ({"language": "fr"}, InvalidOption, "language"),
        ({"prompt": "\ud800"}, InvalidPrompt, "prompt"),
    ],
)
async def test_wrong_options_are_refused(
    model: SpeechModel, options: dict[str, Any], error: type[InvalidOption], param: str
) -> None:
    with pytest.raises(error) as caught:
        await model.transcriber.prepare(sounds.file(WHOLE), TranscriptOptions(**options), request_id="t")
    assert caught.value.param == param


async def test_garbage_is_refused(model: SpeechModel) -> None:
    with pytest.raises(MalformedFile):
        await model.transcriber.prepare(b"RIFF0000WAVEgarbage", TranscriptOptions(), request_id="t")


async def test_an_english_model_has_no_languages_and_no_tasks(tmp_path: Path) -> None:
    model = make(tmp_path, multilingual=False)
    segments, transcription = await model.run(WHOLE, timestamps=True)
    assert transcription.language == "en"
    assert model.engine.requests[0].prompt == (IDS["startoftranscript"],)
    assert all(segment.tokens[0] >= FIRST for segment in segments)
    await model.run(WHOLE, language="en")
    refused: list[dict[str, Any]] = [{"language": "de"}, {"task": "translate"}]
    for options in refused:
        with pytest.raises(InvalidOption):
            await model.run(WHOLE, **options)
