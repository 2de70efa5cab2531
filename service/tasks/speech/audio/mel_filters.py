"""Filters that turn the powers of frequencies into those of mels: Slaney's scale and area (Auditory Toolbox, 1998)."""

import numpy as np
from numpy.typing import NDArray

_LINEAR_HERTZ = 200 / 3  # of a mel, below the break
_BREAK_HERTZ = 1000.0
_BREAK_MEL = _BREAK_HERTZ / _LINEAR_HERTZ
_LOG_STEP = np.log(6.4) / 27  # of a mel, above the break


def mel_filters(count: int, frequencies: int, highest: float) -> NDArray[np.float32]:
    """``count`` triangles over ``frequencies`` from 0 to ``highest`` hertz: float32, [count, frequencies]."""
    mels = np.linspace(0, _to_mel(highest), count + 2)
    corners = np.where(mels < _BREAK_MEL, mels * _LINEAR_HERTZ, _BREAK_HERTZ * np.exp(_LOG_STEP * (mels - _BREAK_MEL)))
    distances = corners[:, None] - np.linspace(0, highest, frequencies)
    widths = np.diff(corners)[:, None]
    rising, falling = -distances[:-2] / widths[:-1], distances[2:] / widths[1:]
    triangles = np.maximum(0, np.minimum(rising, falling))
    areas = 2 / (corners[2:] - corners[:-2])
    return np.asarray(triangles * areas[:, None], np.float32)


def _to_mel(hertz: float) -> float:
    if hertz < _BREAK_HERTZ:
        return hertz / _LINEAR_HERTZ
    return float(_BREAK_MEL + np.log(hertz / _BREAK_HERTZ) / _LOG_STEP)
