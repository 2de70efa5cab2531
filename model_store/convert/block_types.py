"""The block formats of ggml that are kept: the service reads their bytes as they are.

Weights in all other formats are dequantized. A block holds small integers, and one or two float16 numbers that scale
them. So all weights of a block are finite if those numbers are.
"""

from typing import Any

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from numpy.typing import NDArray

from model_store.convert.gguf_file import GgufTensor
from model_store.errors import ModelRefused

# The bytes of a block that are float16 numbers. A test checks that the service reads all of these formats.
KEPT: dict[Any, slice] = {
    GGMLQuantizationType.Q4_0: slice(0, 2),
    GGMLQuantizationType.Q4_1: slice(0, 4),
    GGMLQuantizationType.Q5_0: slice(0, 2),
    GGMLQuantizationType.Q5_1: slice(0, 4),
    GGMLQuantizationType.Q8_0: slice(0, 2),
    GGMLQuantizationType.Q4_K: slice(0, 4),
    GGMLQuantizationType.Q5_K: slice(0, 4),
    GGMLQuantizationType.Q6_K: slice(208, 210),
    GGMLQuantizationType.IQ4_NL: slice(0, 2),
}


def is_kept(tensor: GgufTensor) -> bool:
    """Whether the tensor is a matrix in a kept format."""
    return tensor.type in KEPT and len(tensor.shape) == 2


def finite_blocks(rows: NDArray[np.uint8], tensor: GgufTensor) -> NDArray[np.uint8]:
    """The packed ``rows`` of a kept matrix. Raises ModelRefused if they hold values that are not numbers."""
    _, block_bytes = GGML_QUANT_SIZES[tensor.type]
    scales = np.ascontiguousarray(rows.reshape(-1, block_bytes)[:, KEPT[tensor.type]]).view(np.float16)
    if not np.isfinite(scales).all():
        raise ModelRefused(f"the GGUF file's {tensor.name} holds values that are not numbers")
    return rows
