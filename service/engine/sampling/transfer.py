"""Copies short lists of numbers to the device, and back."""

import numpy as np
import torch
from torch import Tensor


def to_device(values: list[int] | list[float], dtype: torch.dtype, device: torch.device) -> Tensor:
    """``values`` as a tensor on ``device``. On CUDA the copy is queued, and the host does not wait for it."""
    tensor = torch.from_numpy(np.array(values)).to(dtype)  # numpy reads lists in less than half of torch's time
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def to_host(tokens: Tensor, peaks: Tensor) -> list[tuple[int, float]]:
    """The members of ``tokens`` [n] int64 and ``peaks`` [n] float32 in pairs, by one transfer."""
    if tokens.device.type == "cpu":
        return list(zip(tokens.tolist(), peaks.tolist(), strict=True))
    return [(int(token), peak) for token, peak in torch.stack((tokens.double(), peaks.double()), dim=1).tolist()]
