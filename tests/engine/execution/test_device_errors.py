"""Errors of torch become OutOfMemory or DeviceLost, or stay as they are."""

import pytest
import torch

from service.engine.execution.device_errors import as_engine_errors
from service.errors import DeviceLost, OutOfMemory


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        torch.AcceleratorError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("std::bad_alloc"),
        MemoryError(),
    ],
    ids=repr,
)
def test_a_failed_allocation_is_out_of_memory(error: Exception) -> None:
    with pytest.raises(OutOfMemory), as_engine_errors():
        raise error


def test_an_allocation_that_the_cpu_refuses_is_out_of_memory() -> None:
    with pytest.raises(OutOfMemory, match="allocate"), as_engine_errors():
        torch.empty(1 << 60)


def test_an_error_that_the_device_keeps_is_a_lost_device() -> None:
    with pytest.raises(DeviceLost, match="illegal memory access"), as_engine_errors():
        raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered\nFor debugging consider")


def test_other_errors_stay_as_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes"), as_engine_errors():
        raise RuntimeError("shapes do not match")
