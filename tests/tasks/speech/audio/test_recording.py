"""Windows of recordings have the features that transformers' feature extractor computes."""

import numpy as np
import pytest
from numpy.typing import NDArray
from transformers import WhisperFeatureExtractor
from transformers.audio_utils import mel_filter_bank

from service.errors import MalformedFile
from service.tasks.speech.audio import recording as recordings
from service.tasks.speech.audio.mel_filters import mel_filters
from service.tasks.speech.audio.recording import Recording
from service.tasks.speech.audio.spectrogram import Spectrogram
from tests.tasks.speech import sounds

SHORT = {
    "chirps": sounds.chirps(8.3),
    "whole window": sounds.chirps(30.0),
    "silence": np.zeros(50_000, np.float32),
    "tone": np.asarray(np.sin(np.arange(48_000) * 0.3), np.float32),
}


async def opened(samples: NDArray[np.float32], mels: int = 80) -> Recording:
    return await Recording.open(sounds.file(samples, subtype="FLOAT"), Spectrogram(mels), 3000)


def whole(samples: NDArray[np.float32], mels: int = 80) -> NDArray[np.float32]:
    """The features of a whole recording: [frames, mels]."""
    extractor = WhisperFeatureExtractor(feature_size=mels)
    features = extractor(samples, sampling_rate=16_000, truncation=False, padding="longest")["input_features"]
    return np.asarray(features[0].T)


@pytest.mark.parametrize("mels", [80, 128])
def test_filters_are_slaneys(mels: int) -> None:
    theirs = mel_filter_bank(201, mels, 0.0, 8000.0, 16_000, norm="slaney", mel_scale="slaney")
    assert np.abs(mel_filters(mels, 201, 8000.0).T - theirs).max() < 1e-7


@pytest.mark.parametrize("mels", [80, 128])
@pytest.mark.parametrize("name", SHORT)
async def test_zeros_follow_a_short_recording(name: str, mels: int) -> None:
    samples = SHORT[name]
    theirs = whole(samples, mels)
    recording = await opened(samples, mels)
    assert recording.seconds == len(samples) / 16_000
    assert recording.num_frames == len(theirs) == len(samples) // 160
    ours = await recording.window(0)
    assert (ours.dtype, ours.shape) == (np.float32, (3000, mels))
    assert np.abs(ours[: len(theirs)] - theirs).max() < 1e-4
    assert not ours[len(theirs) :].any()


async def test_a_click_is_shorter_than_a_frame() -> None:
    recording = await opened(np.full(100, 0.5, np.float32))
    assert not (await recording.window(0)).any()
    assert recording.is_silent
    assert (recording.num_frames, recording.seconds) == (1, 100 / 16_000)


async def test_windows_of_a_long_recording_begin_anywhere() -> None:
    samples = sounds.chirps(75.37)
    theirs = whole(samples)
    recording = await opened(samples)
    assert recording.num_frames == len(theirs) == 7537
    for start in (0, 0, 17, 2990, 2991, 6000, 7536):
        ours, expected = await recording.window(start), theirs[start : start + 3000]
        assert np.abs(ours[: len(expected)] - expected).max() < 1e-4
        assert not ours[len(expected) :].any()


async def test_a_recording_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "LONGEST", 60)
    await opened(np.zeros(60 * 16_000, np.float32))
    with pytest.raises(MalformedFile, match="longer than 1 minutes"):
        await opened(np.zeros(60 * 16_000 + 1, np.float32))


async def test_a_long_recording_is_never_in_memory() -> None:
    recording = await opened(sounds.chirps(200))
    held = []
    for start in range(0, recording.num_frames, 2500):
        await recording.window(start)
        held.append(recording.num_held)
    assert max(held) < 3000 + 1500
