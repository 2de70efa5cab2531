"""A recording as windows of features, read twice with bounded memory.

The features of a recording depend on its loudest frame, so the whole file is decoded before the first window is read.
Nothing is kept: the file is decoded again as the windows are read.
"""

import asyncio
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from service.errors import MalformedFile
from service.tasks.speech.audio.decoding import SAMPLING_RATE, decode
from service.tasks.speech.audio.spectrogram import HOP, Spectrogram, scaled

LONGEST = 2 * 60 * 60  # seconds of a recording
FRAMES_PER_SECOND = SAMPLING_RATE // HOP
_SILENCE = -7.0  # the logarithm of the power of the loudest mel in a window where nothing can be heard
_SLICE_SECONDS = 0.2  # after which a thread asks whether anybody still wants its work

Frames = NDArray[np.float32]  # [n, mels]


class Recording:
    """An audio file that was decoded once. Use ``Recording.open``."""

    def __init__(self, data: bytes, spectrogram: Spectrogram, window: int) -> None:
        """``window`` is the number of frames that the encoder reads at once."""
        self.num_samples = 0
        self._data = data
        self._spectrogram = spectrogram
        self._window = window
        self._peak = -np.inf
        self._read = self._frames()
        self._buffer = np.zeros((0, spectrogram.mels), np.float32)
        self.is_silent = False  # whether nothing can be heard in the last window that was read
        self._first = 0  # the frame that the buffer begins with

    @classmethod
    async def open(cls, data: bytes, spectrogram: Spectrogram, window: int) -> "Recording":
        """Decode the file once, in a thread. A cancelled caller ends the thread's work soon.

        Raises MalformedFile if the file is no audio, has no samples, or is longer than ``LONGEST``.
        """
        recording = cls(data, spectrogram, window)
        measuring = recording._measure()
        while await asyncio.to_thread(_advance, measuring):
            pass
        return recording

    @property
    def seconds(self) -> float:
        """The length of the recording."""
        return self.num_samples / SAMPLING_RATE

    @property
    def num_frames(self) -> int:
        """The frames of the recording; at least one."""
        return max(1, self.num_samples // HOP)

    @property
    def num_held(self) -> int:
        """The frames that are in memory."""
        return len(self._buffer)

    async def window(self, start: int) -> Frames:
        """The features of the window that begins with frame ``start``: [window, mels]. Zeros follow the last frame.

        ``start`` never decreases from call to call. The work is done in a thread.
        """
        return await asyncio.to_thread(self._take, start)

    def _take(self, start: int) -> Frames:
        parts, count = [self._buffer], len(self._buffer)
        while self._first + count < start + self._window and (frames := next(self._read, None)) is not None:
            parts.append(frames)
            count += len(frames)
            while len(parts) > 1 and self._first + len(parts[0]) <= start:
                dropped = len(parts.pop(0))
                self._first, count = self._first + dropped, count - dropped
        frames = np.concatenate(parts)[max(0, start - self._first) :]
        self._buffer, self._first = frames, start
        features = np.zeros((self._window, self._spectrogram.mels), np.float32)
        self.is_silent = bool(frames[: self._window].max(initial=-np.inf) < _SILENCE)
        found = scaled(frames[: self._window], self._peak)
        features[: len(found)] = found
        return features

    def _measure(self) -> Iterator[None]:
        """Decode everything once, and find the length and the loudest frame."""
        for frames in self._frames(count_samples=True):
            self._peak = max(self._peak, float(frames.max(initial=-np.inf)))
            yield

    def _frames(self, *, count_samples: bool = False) -> Iterator[Frames]:
        blocks = self._counted() if count_samples else decode(self._data)
        return self._spectrogram.frames(blocks)

    def _counted(self) -> Iterator[NDArray[np.float32]]:
        for block in decode(self._data):
            self.num_samples += len(block)
            if self.num_samples > LONGEST * SAMPLING_RATE:
                raise MalformedFile(f"the recording is longer than {LONGEST // 60} minutes")
            yield block


def _advance(work: Iterator[None]) -> bool:
    """Work for a short time. Returns False when nothing is left."""
    until = time.monotonic() + _SLICE_SECONDS
    return any(time.monotonic() > until for _ in work)
