"""Real weights write speech down as transformers does, and as well as it was measured."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model_store.types import LocalModel
from service.tasks.speech import attempts
from service.tasks.speech.audio.decoding import decode
from tests.models_fixture import whisper_base, whisper_tiny  # noqa: F401
from tests.tasks.speech.reference import SpeechModel

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="Debian's espeak-ng speaks"),
]

SENTENCES = (
    "The library is open every day from nine to five. Visitors can read books, and ask for help at the desk.",
    "The weather in the mountains changes quickly. In the morning the sun was shining, but in the afternoon a heavy "
    "storm came from the north.",
    "The train to London leaves in the evening. Please bring your ticket and your passport to the station.",
    "A river flows through the middle of the old town. Many people walk along its banks in the summer and watch the "
    "boats.",
)
GERMAN = "Guten Morgen. Das Wetter ist heute sehr schön, und wir gehen zusammen in den Park."


def spoken(text: str, path: Path, voice: str = "en-gb") -> NDArray[np.float32]:
    subprocess.run(["espeak-ng", "-v", voice, "-s", "140", "-w", path / "a.wav", text], check=True)
    return np.concatenate(list(decode((path / "a.wav").read_bytes())))


def words(text: str) -> list[str]:
    return re.sub(r"[^\w']+", " ", text.lower()).split()


def errors(reference: list[str], words: list[str]) -> int:
    """Words to insert, delete or replace."""
    row = list(range(len(words) + 1))
    for number, wanted in enumerate(reference, 1):
        diagonal, row[0] = row[0], number
        for place, word in enumerate(words, 1):
            diagonal, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, diagonal + (word != wanted))
    return row[-1]


@pytest.fixture(scope="module")
def model(request: pytest.FixtureRequest) -> SpeechModel:
    stored: LocalModel = request.getfixturevalue(request.param)
    return SpeechModel.load(stored.path)


@pytest.mark.parametrize("num_beams", [1, 5])
@pytest.mark.parametrize("model", ["whisper_tiny", "whisper_base"], indirect=True)
async def test_segments_of_a_long_recording_are_those_of_transformers(
    model: SpeechModel, num_beams: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "LEAST_LOGPROB", -1e9)
    monkeypatch.setattr(attempts, "MOST_COMPRESSION", 1e9)
    samples = spoken(" ".join(SENTENCES), tmp_path)
    assert len(samples) > 480_000
    segments, _ = await model.run(samples, language="en", num_beams=num_beams)
    language = {"language": "en", "task": "transcribe"} if model.transcriber.checkpoint.languages else {}
    theirs = model.expected(samples, return_timestamps=True, num_beams=num_beams, **language)
    assert [segment.tokens for segment in segments] == [tuple(each["tokens"].tolist()) for each in theirs]
    assert [segment.end for segment in segments] == pytest.approx([float(each["end"]) for each in theirs])


@pytest.mark.parametrize("model", ["whisper_base"], indirect=True)
async def test_languages_are_found_and_translated(model: SpeechModel, tmp_path: Path) -> None:
    samples = spoken(GERMAN, tmp_path, "de")
    segments, transcription = await model.run(samples, timestamps=True)
    assert transcription.language == "de"
    assert "Guten Morgen" in "".join(segment.text for segment in segments)
    translated, _ = await model.run(samples, task="translate", timestamps=True)
    assert "Good morning" in "".join(segment.text for segment in translated)


@pytest.mark.parametrize(
    ("model", "num_beams", "most"),
    [("whisper_tiny", 1, 8), ("whisper_base", 1, 10), ("whisper_tiny", 5, 7), ("whisper_base", 5, 8)],
    indirect=["model"],
)
async def test_words_are_written_as_well_as_they_were_measured(
    model: SpeechModel, tmp_path: Path, num_beams: int, most: int
) -> None:
    """``most`` is what faster-whisper has with one beam, and what we had with five, where it has 6 and 6."""
    wrong = 0
    for text in SENTENCES:
        segments, _ = await model.run(spoken(text, tmp_path), language="en", timestamps=True, num_beams=num_beams)
        wrong += errors(words(text), words("".join(segment.text for segment in segments)))
    assert wrong <= most
