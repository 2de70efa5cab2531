"""Sounds made by arithmetic, and files of them."""

import io

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 16_000


def chirps(seconds: float, rate: int = RATE, seed: int = 1) -> NDArray[np.float32]:
    """A tone that rises and falls, with a little noise, and pauses."""
    time = np.arange(int(seconds * rate)) / rate
    tone = np.sin(2 * np.pi * (300 * time + 40 * np.sin(2 * np.pi * time)))
    loud = 0.3 * (np.sin(2 * np.pi * 0.7 * time) > -0.2)
    noise = np.random.default_rng(seed).standard_normal(len(time)) * 0.002
    return np.asarray(tone * loud + noise, np.float32)


def file(samples: NDArray[np.float32], kind: str = "WAV", rate: int = RATE, subtype: str | None = None) -> bytes:
    """The samples, [n] or [n, channels], as a file of this kind."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
    return buffer.getvalue()
