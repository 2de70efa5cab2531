"""Audio files become mono samples of 16,000 a second; nothing that a file declares costs memory."""

import struct
import tracemalloc
from contextlib import suppress

import numpy as np
import pytest
from numpy.typing import NDArray

from service.errors import MalformedFile
from service.tasks.speech.audio.decoding import decode
from tests.tasks.speech import sounds


def samples(data: bytes) -> NDArray[np.float32]:
    return np.concatenate(list(decode(data)))


@pytest.mark.parametrize(("kind", "tolerance"), [("WAV", 1e-4), ("FLAC", 1e-4), ("OGG", 0.05), ("MP3", 0.05)])
def test_formats_have_the_samples_that_were_written(kind: str, tolerance: float) -> None:
    written = sounds.chirps(2.5)
    read = samples(sounds.file(written, kind))
    assert abs(len(read) - len(written)) <= (0 if kind in ("WAV", "FLAC") else 1200)
    length = min(len(read), len(written))
    assert np.sqrt(np.mean(np.square(read[:length] - written[:length]))) < tolerance


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"])
def test_kinds_of_numbers_in_wav_files(subtype: str) -> None:
    written = sounds.chirps(1.0)
    read = samples(sounds.file(written, subtype=subtype))[: len(written)]
    assert np.abs(read - written[: len(read)]).max() < 0.1


def test_channels_are_averaged() -> None:
    left, right = sounds.chirps(1.0), sounds.chirps(1.0, seed=2)
    read = samples(sounds.file(np.stack((left, right, left), axis=1), subtype="FLOAT"))
    assert np.allclose(read, (2 * left + right) / 3, atol=1e-6)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_other_rates_are_resampled_to_the_same_tone(rate: int) -> None:
    time = np.arange(3 * rate) / rate
    tone = np.asarray(np.sin(2 * np.pi * 440 * time), np.float32)
    read = samples(sounds.file(tone, rate=rate, subtype="FLOAT"))
    assert abs(len(read) - 3 * sounds.RATE) <= 2
    expected = np.sin(2 * np.pi * 440 * np.arange(len(read)) / sounds.RATE)
    assert np.abs(read - expected)[1000:-1000].max() < 0.01


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"RIFF",
        b"RIFF\0\0\0\0WAVE",
        b"fLaC" + bytes(100),
        b"OggS" + bytes(100),
        b"ID3" + bytes(100),
        b"\xff\xfb" + bytes(1000),
        b"FORM\0\0\0\x20AIFF" + bytes(100),
        sounds.file(sounds.chirps(0.5), "AIFF"),
        sounds.file(np.full(100, np.nan, np.float32), subtype="FLOAT"),
        sounds.file(np.zeros((100, 17), np.float32)),
        sounds.file(np.zeros((100, 16), np.float32), rate=96_000),
        sounds.file(np.zeros(100, np.float32), rate=1000),
    ],
)
def test_what_is_no_audio_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedFile):
        samples(data)


def test_a_file_without_samples_is_refused() -> None:
    with pytest.raises(MalformedFile, match="no samples"):
        samples(sounds.file(np.zeros(0, np.float32)))


def test_a_cut_file_has_the_samples_before_the_cut() -> None:
    written = sounds.chirps(1.0)
    whole = sounds.file(written, subtype="FLOAT")
    assert len(samples(whole[: len(whole) // 2])) <= len(written) // 2 + 1


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_changed_bytes_end_in_samples_or_in_a_refusal(kind: str) -> None:
    data = sounds.file(sounds.chirps(0.5), kind)
    chance = np.random.default_rng(4)
    for _ in range(60):
        changed = bytearray(data)
        for place in chance.integers(0, min(len(data), 400), 3):
            changed[place] = chance.integers(256)
        with suppress(MalformedFile):
            assert samples(bytes(changed)).dtype == np.float32


def test_a_declared_length_reserves_no_memory() -> None:
    data = bytearray(sounds.file(sounds.chirps(0.5)))
    place = data.index(b"data") + 4
    data[place : place + 4] = struct.pack("<I", 0x7FFF_FFF0)
    tracemalloc.start()
    try:
        assert len(samples(bytes(data))) == 8000
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
