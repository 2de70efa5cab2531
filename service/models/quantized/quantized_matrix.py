"""A quantized matrix in the files of a checkpoint."""

from collections.abc import Callable
from dataclasses import dataclass

from service.errors import UnsupportedModel
from service.models.contracts.stored_matrix import StoredMatrix
from service.models.tensor_files import TensorFiles


@dataclass(slots=True, frozen=True)
class QuantizedMatrix:
    """The place of a quantized matrix in the files, and its shape. ``load`` reads the matrix."""

    shape: list[int]  # [n, k] of the matrix that it stands for
    parts: tuple[str, ...]  # the names of its tensors in the files
    load: Callable[[], StoredMatrix]  # raises UnsupportedModel for content that is not read exactly


def require_parts(files: TensorFiles, expected: dict[str, tuple[list[int], set[str]]]) -> None:
    """Raises UnsupportedModel unless ``files`` has tensors of these names, shapes and number types."""
    for name, (shape, kinds) in expected.items():
        if name not in files:
            raise UnsupportedModel(f"the quantized checkpoint lacks {name}")
        found = files.shape(name), files.number_type(name)
        if found[0] != shape or found[1] not in kinds:
            wanted = f"{' or '.join(sorted(kinds))} {shape}"
            raise UnsupportedModel(f"the quantized checkpoint's {name} is {found[1]} {found[0]}, not {wanted}")


def group_size(configured: int, k: int, name: str) -> int:
    """The weights in a group of a row of ``k``; a ``configured`` -1 is the whole row. Raises UnsupportedModel."""
    size = k if configured == -1 else configured
    if size <= 0 or k % size:
        raise UnsupportedModel(f"{name}: groups of {configured} weights do not divide rows of {k}")
    return size
