"""Audio files as samples: wav, flac, ogg and mp3, decoded by libsndfile in blocks.

A file is a stranger's. Only files that begin like one of these formats reach libsndfile, what a header declares
reserves no memory, and the samples of a file are never all in memory.
"""

import io
from collections.abc import Iterator

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from service.errors import MalformedFile

SAMPLING_RATE = 16_000  # of Whisper's models, in samples per second

_BLOCK_NUMBERS = 1 << 17  # that are decoded at a time, in all channels
_MOST_CHANNELS = 16
_RATES = range(4_000, 384_001)  # samples per second
_MOST_RATE = 768_000  # numbers per second, in all channels: it bounds the time for a second of a recording
_FORMATS = frozenset({"WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3", "MPEG"})
_NOT_AUDIO = "the file is not audio that can be read; wav, flac, ogg and mp3 are"


def decode(data: bytes) -> Iterator[NDArray[np.float32]]:
    """The samples of a file in blocks: mono, 16,000 a second, mostly from -1 to 1, float32. No block is empty.

    Channels are averaged. Raises MalformedFile if the file is no audio, is broken, or has no samples.
    """
    if not _begins_like_audio(data):
        raise MalformedFile(_NOT_AUDIO)
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            if file.format not in _FORMATS:
                raise MalformedFile(_NOT_AUDIO)
            rate = file.samplerate * file.channels
            if file.samplerate not in _RATES or file.channels > _MOST_CHANNELS or rate > _MOST_RATE:
                raise MalformedFile(
                    f"the file has {file.channels} channels with {file.samplerate} samples a second; up to "
                    f"{_MOST_CHANNELS} are read, with {_RATES.start} to {_RATES.stop - 1}, and {_MOST_RATE} in all"
                )
            is_empty = True
            for block in _resampled(_mono_blocks(file), file.samplerate):
                is_empty = False
                yield block
    except soundfile.SoundFileError as error:
        raise MalformedFile(_NOT_AUDIO) from error
    if is_empty:
        raise MalformedFile("the file has no samples")


def _mono_blocks(file: soundfile.SoundFile) -> Iterator[NDArray[np.float32]]:
    frames = max(1, _BLOCK_NUMBERS // file.channels)
    while len(block := file.read(frames, dtype="float32", always_2d=True)):
        mono = block.mean(axis=1, dtype=np.float32)
        if not np.isfinite(mono).all():
            raise MalformedFile("the file has samples that are not numbers")
        yield mono


def _resampled(blocks: Iterator[NDArray[np.float32]], rate: int) -> Iterator[NDArray[np.float32]]:
    if rate == SAMPLING_RATE:
        yield from blocks
        return
    stream = soxr.ResampleStream(rate, SAMPLING_RATE, 1, dtype="float32")
    for block in blocks:
        if len(resampled := stream.resample_chunk(block)):
            yield resampled
    if len(rest := stream.resample_chunk(np.zeros(0, np.float32), last=True)):
        yield rest


def _begins_like_audio(data: bytes) -> bool:
    """Whether the first bytes are those of a wav, flac, ogg or mp3 file."""
    if data[:4] in (b"RIFF", b"RF64"):
        return data[8:12] == b"WAVE"
    is_mpeg_frame = len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0
    return data[:4] in (b"fLaC", b"OggS") or data[:3] == b"ID3" or is_mpeg_frame
