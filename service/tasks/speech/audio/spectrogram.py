"""The log-mel spectrogram that Whisper's encoder reads, computed block by block.

It is that of transformers' ``WhisperFeatureExtractor``: frames of 400 samples, 160 apart, in a Hann window; the first
frame is centred on the first sample, and the ends are mirrored. A frame is the decimal logarithm of the powers of its
mels. ``scaled`` brings them to the range that the model was trained on, which depends on the loudest of the recording.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from service.tasks.speech.audio.decoding import SAMPLING_RATE
from service.tasks.speech.audio.mel_filters import mel_filters

HOP = 160  # samples between two frames
WINDOW = 400  # samples of a frame
_HALF = WINDOW // 2
_FLOOR = 1e-10  # the least power
_RANGE = 8.0  # what is quieter than the loudest by this many powers of ten is raised to that
_FRAMES_AT_ONCE = 512


class Spectrogram:
    """Log-mel frames of 16,000 samples a second, ``mels`` numbers each."""

    def __init__(self, mels: int) -> None:
        self.mels = mels
        self._filters = mel_filters(mels, _HALF + 1, SAMPLING_RATE / 2).T.copy()
        self._hann = np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW), np.float32)

    def frames(self, blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """The frames of a recording, one for each 160 whole samples: float32 arrays [n, mels], not scaled yet.

        A recording of at most 200 samples is continued with silence.
        """
        held = np.zeros(0, np.float32)  # padded samples that a later frame needs
        samples = 0
        begun = False
        for block in blocks:
            held = np.concatenate((held, block))
            samples += len(block)
            if not begun:
                if len(held) <= _HALF:
                    continue
                held, begun = np.concatenate((held[_HALF:0:-1], held)), True
            count = (len(held) - WINDOW) // HOP + 1
            if count > 0:
                yield from self._logarithms(held, count)
                held = held[count * HOP :]
        if not begun:
            held = np.concatenate((held, np.zeros(_HALF + 1 - len(held), np.float32)))
            held = np.concatenate((held[_HALF:0:-1], held))
        done = (samples + _HALF - len(held)) // HOP if begun else 0
        held = np.concatenate((held, held[-2 : -_HALF - 2 : -1]))
        yield from self._logarithms(held, samples // HOP - done)

    def _logarithms(self, samples: NDArray[np.float32], count: int) -> Iterator[NDArray[np.float32]]:
        frames = sliding_window_view(samples, WINDOW)[::HOP]
        for start in range(0, count, _FRAMES_AT_ONCE):
            part = frames[start : min(start + _FRAMES_AT_ONCE, count)]
            spectrum = np.fft.rfft(part * self._hann)
            powers = np.square(spectrum.real) + np.square(spectrum.imag)
            yield np.log10(np.maximum(powers @ self._filters, np.float32(_FLOOR)))


def scaled(frames: NDArray[np.float32], peak: float) -> NDArray[np.float32]:
    """The features of frames of a recording whose largest number is ``peak``: float32, of the same shape."""
    return (np.maximum(frames, np.float32(peak - _RANGE)) + np.float32(4.0)) / np.float32(4.0)
